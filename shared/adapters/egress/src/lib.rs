//! The border that calls to addresses of a tenant's own choice may not cross: nothing of this machine or its network.
//!
//! One rule for everything that calls where a tenant says (webhooks, HTTP tasks of workflows): [`is_public`] judges an address
//! that stands in a URL, [`PublicOnly`] gives an HTTP client no other for a name, and [`NoPublicAddress`] is how the client's
//! error says so. Knows nothing of URLs, of who may call what, or of operators' exceptions: its users ask first whether the rule
//! is to hold. What is added here must hold for all of them.
#![warn(missing_docs)]

mod address;
mod resolver;

pub use address::is_public;
pub use resolver::{NoPublicAddress, PublicOnly};
