//! The HTTP face: one fallback handler, a table of routes, a file a group of endpoints.
//!
//! Handlers are plain functions from [`Request`] to [`Reply`]; they run on the blocking pool, because all of them may
//! touch the disk. To add an endpoint: a line in `routes::route`, a function in the file of its group, and the query
//! parameters that it knows in its call of [`Request::allow`].

mod aliases;
mod bulk;
mod cat;
mod cluster;
mod documents;
mod indices;
mod lifecycle;
mod query_actions;
mod reindex;
mod request;
pub(crate) mod routes;
mod scrolls;
mod searches;
mod serve;
mod templates;
mod update;

pub(crate) use request::{Reply, Request};
pub(crate) use serve::{App, router};
