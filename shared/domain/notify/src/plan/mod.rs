//! What becomes of an event: who is told, by what, and when.

mod channels;
mod message;
mod recipients;
mod time;

pub use message::{Facts, plan};
pub use recipients::{Audience, audience, message_id};
