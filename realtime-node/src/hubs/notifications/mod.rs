//! A person's inbox, live.

mod deliver;
mod hub;

#[cfg(test)]
pub(super) use hub::{ARGUMENTS, PUSHES};
pub(crate) use hub::{Notifications, hub, name};
