//! S3 over a folder, in the process: what the emulator and the tests give to the blobs adapter instead of Amazon's.
//!
//! The protocol, the signatures and the error documents are those of the `s3s` crate, the storage that of `s3s-fs`: an
//! object is a file under its key, written beside and renamed into place, so that a `kill -9` leaves the old object or
//! the new one and never a half. What `s3s-fs` does not have (versions, tags, lifecycle, policies) is answered with
//! S3's own `NotImplemented`. It deliberately knows nothing of Octavo: any S3 client may talk to it.
//!
//! To serve one more S3 operation: implement it on a wrapper around `s3s_fs::FileSystem` (the `s3s::S3` trait has one
//! method an operation) and hand the wrapper to the service in `server.rs`.
#![warn(missing_docs)]

mod options;
mod server;

pub use options::{BUCKET_CHARS_MAX, Options};
pub use server::{Server, StartError};
