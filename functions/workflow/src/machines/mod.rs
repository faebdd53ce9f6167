//! State machines.

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod settings;
pub(crate) mod update;
pub(crate) mod validate;
