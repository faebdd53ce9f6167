//! Versions of state machines.

pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod publish;
