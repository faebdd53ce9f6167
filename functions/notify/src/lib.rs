//! The notify function: who is told of what, by which channel, when and in which words. Knows nothing of SQL, queues or
//! providers' protocols.
//!
//! An event comes by the queue (whoever commits something puts it into its outbox) or by HTTP. The rules of the domain make
//! messages of it, one for each recipient and channel, which are stored before anything is sent. A message that is due is held by
//! one worker at a time. Whether it is still wanted is asked once more at the moment of sending. An attempt is written down
//! before it is made; what becomes of it is stored as soon as it is known, while the lease holds. So a message that a provider
//! took definitely is sent once, whoever dies when; one of which nobody can know is left `unknown`, and is never sent twice by
//! itself (`delivery/`).
//!
//! To add an operation: its file, its line in `http.rs` and `openapi.rs`, its route in the root manifest. To add a channel: a
//! `Channel` in the domain, its words there, a provider in `shared/adapters/channels`, its arm in `delivery/content.rs`.
#![warn(missing_docs)]

mod callbacks;
mod caller;
mod delivery;
mod deps;
mod events;
mod fault;
mod http;
mod inbox;
mod messages;
mod openapi;
mod page;
mod people;
mod preferences;
mod queue;
mod settings;
mod suppressions;
mod targets;
mod templates;
mod unsubscribe;

pub use self::http::router;
pub use delivery::Lanes;
pub use deps::Deps;
pub use fault::NotifyFault;
pub use openapi::openapi;
pub use queue::{QueueRecord, handle_queue};
pub(crate) use unsubscribe::Unsubscribe;
pub use unsubscribe::Unsubscribes;
