//! Map runs: the child executions of a distributed `Map`, seen together.

pub(crate) mod describe;
mod find;
pub(crate) mod list;
pub(crate) mod update;
