//! From an event to messages that are delivered.
//!
//! What a batch brings is worked tenant by tenant ([`work`]): facts are loaded once for all of it ([`known`]), events are planned
//! ([`plan`]), and what is due by then is delivered: into inboxes in one commit ([`inbox`]), by providers each for itself
//! ([`send`]). What became of a message is stored by whoever holds its lease, as soon as it is known ([`close`]). Whoever dies
//! in between leaves a lease that ends and an attempt without an end: the next one goes on by that.

mod close;
mod content;
mod inbox;
mod known;
mod lanes;
mod plan;
mod reach;
mod send;
mod wanted;
mod work;

pub use lanes::Lanes;
pub(crate) use work::{Job, Task, work};
