//! What a long generated document is, how it goes on section by section, and the port of its store. No I/O.
#![warn(missing_docs)]
