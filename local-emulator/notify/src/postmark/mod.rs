//! Postmark: `POST /email` and `/email/batch`, and its webhooks with basic authentication.
//!
//! Not here: templates, the streams' settings, the account's other operations.

mod error;
mod hooks;
mod send;

pub(crate) use error::{error, usual};
pub(crate) use hooks::tell;
pub(crate) use send::{judge, result};
