//! Amazon SES, API version 2: `POST /v2/email/outbound-emails` as JSON, signed (SigV4); events by an SNS topic.
//!
//! Not here: templates, lists, identities (every sender is verified), the account's other operations. Events are told to the
//! topic whether a configuration set is named or not.

mod error;
mod events;
mod send;
mod signature;
mod topic;

pub(crate) use error::{refuse, usual};
pub(crate) use events::tell;
pub(crate) use send::{accepted, judge};
pub(crate) use topic::{subscribe, topic};
