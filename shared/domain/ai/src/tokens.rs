//! Counting tokens without a vocabulary.
