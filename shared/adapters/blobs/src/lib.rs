//! Object storage (S3, Spaces, the emulator) behind [`BlobStore`](octavo_domain_kernel::BlobStore).
//!
//! Deliberately knows nothing of what is stored or under which keys, and reads no settings of ours. Without explicit
//! credentials it takes what AWS gives a process: a role, or the `AWS_` variables.
//!
//! To add another kind of store: a type of its own file that implements the port, its errors mapped in `error.rs`, and
//! the contract suite in `tests/`.
#![warn(missing_docs)]

mod error;
mod options;
mod store;

pub use options::Options;
pub use store::{OBJECT_BYTES_MAX, S3Blobs};
