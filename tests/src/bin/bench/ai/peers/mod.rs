//! Other gateways, measured in the same run on the same providers. What one lacks is not held against it in a table: what
//! each does per request is printed beside the figures.
//!
//! They are installed below `target/bench` from their registries, in the versions named here, once. To add one: a file with
//! a function that installs and starts it, and its case in [`Peer`].

mod litellm;
mod litellm_rs;
mod peer;
mod portkey;

pub(crate) use peer::{Peer, Running};
