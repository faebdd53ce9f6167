//! Where HTTP meets operations: requests, routes, validation, and faults as RFC 9457 problem documents.
//!
//! The one place where an error becomes HTTP, and where it is logged. Knows nothing of sockets, of Lambda (that is
//! `lambda-kit`) or of any feature.
//!
//! To add an endpoint: an operation in its function, a line in that function's `http.rs`, a route in its
//! `lambda/Cargo.toml`. To add a kind of refusal: `FaultKind` in the kernel and its status in `problem.rs`.
#![warn(missing_docs)]

mod describe;
mod entity_tag;
mod fault;
mod objects;
mod page;
mod problem;
mod query;
mod range;
mod request;
mod response;
mod router;

pub use describe::{describe_bytes, describe_refusals};
pub use entity_tag::{EntityTag, if_match, if_none_match};
pub use fault::EdgeFault;
pub use page::{decode_cursor, encode_cursor};
pub use problem::{Problem, ProblemDocument, status};
pub use query::Query;
pub use range::{ByteRange, byte_range};
pub use request::{BODY_BYTES_MAX, Request};
pub use response::{Body, Response};
pub use router::{Handler, Refusals, Router};
