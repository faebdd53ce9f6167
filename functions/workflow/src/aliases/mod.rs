//! Aliases of state machines.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod list;
pub(crate) mod routing;
pub(crate) mod update;
