//! Twilio: `/2010-04-01/Accounts/{Sid}/Messages.json` (send, list) and `.../Messages/{Sid}.json` (read), and its signed
//! status callbacks.
//!
//! Not here: media, scheduling, other channels, the account's other resources.

mod callback;
mod error;
mod messages;
mod resource;

pub(crate) use callback::tell;
pub(crate) use error::{refuse, usual};
pub(crate) use messages::{accepted, judge};
