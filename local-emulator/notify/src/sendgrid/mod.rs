//! SendGrid: `POST /v3/mail/send`, and its signed event webhook.
//!
//! Not here: templates, attachments' content, suppressions, the account's other operations.

mod error;
mod events;
mod send;

pub(crate) use error::{refuse, usual};
pub(crate) use events::tell;
pub(crate) use send::{accepted, judge};
