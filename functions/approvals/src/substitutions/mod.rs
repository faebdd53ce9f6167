//! Who decides for whom, while somebody is away.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod view;
