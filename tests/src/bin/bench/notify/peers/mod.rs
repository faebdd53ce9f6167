//! Plain senders of mail, measured in the same run with the same mail to the same server: what sending costs whoever stores
//! nothing. They do far less: no queue, no attempt that is durable before it is made, no failover, no preferences.
//!
//! To add one: a script here, and its case in [`Peer`].

mod lettre_loop;
mod peer;

pub(super) use lettre_loop::plain;
pub(crate) use peer::{Letter, Peer};
