//! The items of a distributed `Map`, read from a file (`ItemReader`).
//!
//! A format a file; each takes bytes of anybody's making and gives items, or says in words what is wrong with the bytes.
//! Nothing here trusts a length that a file claims.

mod budget;
mod config;
mod csv;
mod json;
mod parquet;
mod read;

pub(crate) use read::{Unread, read};
