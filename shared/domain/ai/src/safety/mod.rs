//! What is done to prompts before they leave, and to answers before they arrive.
//!
//! [`Redactor`] takes personal data out and [`Redactions`] puts it back; [`BlockList`] refuses; [`mark_source`] and
//! [`suspicion`] keep foreign text from being taken for instructions. All of it is in linear time, whatever the text.

mod blocklist;
mod body;
mod checksum;
mod detect;
mod kinds;
mod phone;
mod places;
mod redact;
mod restore;
mod source;
mod suspicion;

pub use blocklist::BlockList;
pub use body::{find_in_body, redact_body};
pub use kinds::DataKind;
pub use redact::Redactor;
pub use restore::{Redactions, Restorer};
pub use source::{SOURCE_RULES, mark_source};
pub use suspicion::suspicion;
