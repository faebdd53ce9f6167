//! Activities: names under which workers of any kind take tasks.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod find;
pub(crate) mod list;
