//! What is written is read back as it was, whatever is written.

mod requests;
mod streams;
