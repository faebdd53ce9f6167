//! How long indices of logs, analytics and the hot part of the audit trail are kept: 30 days unless told otherwise.
//!
//! Of indices that are named by their day alone: `octavo-logs-2026.11.27`. Documents are not among them, because a policy
//! that deletes indices by their age would delete what somebody uploaded. Elasticsearch has ILM, OpenSearch has ISM if
//! its plugin is there; an engine that has neither is swept ([`Lifecycle::sweep`]).
//!
//! To add a kind of index: its variant in `policy.rs`.

mod install;
mod policy;
mod sweep;

pub use install::{Installed, Lifecycle};
pub use policy::{KEPT_DAYS, Kind};
