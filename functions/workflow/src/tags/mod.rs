//! Tags of state machines and activities.

pub(crate) mod given;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod set;
