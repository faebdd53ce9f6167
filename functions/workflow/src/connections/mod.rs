//! Connections: what HTTP tasks of workflows prove themselves with. `PUT`, `GET` and `DELETE /v1/workflow-connections/{name}`,
//! `GET /v1/workflow-connections`.

pub(crate) mod delete;
pub(crate) mod get;
mod input;
pub(crate) mod list;
pub(crate) mod put;
mod view;
