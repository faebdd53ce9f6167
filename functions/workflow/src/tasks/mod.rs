//! Tasks that are answered from outside: by token, and by workers of activities.

pub(crate) mod activity_task;
pub(crate) mod failure;
pub(crate) mod heartbeat;
pub(crate) mod success;
mod token;
