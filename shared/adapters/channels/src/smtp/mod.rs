//! Mail servers, by SMTP (RFC 5321).
//!
//! The commands are lettre's, one by one, so that it is known how far a mail came: until the dot that ends it has left, the
//! server cannot have taken it; from then on only its answer says so.

mod connection;
mod mime;
mod pool;
mod provider;
mod server;
mod verdict;
mod watched;

pub use provider::SMTP_SEND_TIME_MAX;
pub(crate) use provider::Smtp;
