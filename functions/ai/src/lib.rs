//! The AI function: a gateway that stock OpenAI and Anthropic clients use unchanged, with the tenant's budgets, ledger,
//! cache and safety around it.
//!
//! Knows nothing of Redis, SQL or HTTP clients: ports of `octavo_domain_ai` do that. Holds nothing that another instance
//! would need: what it keeps in memory (policies of a moment ago, breakers of its own) is there for when the shared state
//! is away.
//!
//! The way of a call is told in `gateway/mod.rs`. `admin/` is what a tenant's administrator sees and sets.
//!
//! To add an operation: its file, its line in `http.rs`, its name in `openapi.rs`, its route in the root manifest. To add
//! a provider that speaks as OpenAI does: configuration only (`infra/settings.md`).
#![warn(missing_docs)]

mod admin;
mod api_keys;
mod chat;
mod completions;
mod deps;
mod embeddings;
mod fault;
mod gateway;
mod http;
mod late;
mod latencies;
mod ledger_writer;
mod local_meter;
mod messages;
mod models;
mod openapi;
mod owed;
mod policies;
mod raised;
mod refusals;
mod responses;
mod rest;

pub use self::http::router;
pub use api_keys::ApiKeys;
pub use completions::{GENERATE_FEATURE, GatewayCompletions};
pub use deps::{Deps, Options, ProviderAccess, Shared, Stores};
pub use fault::AiFault;
pub use late::{QueueRecord, handle_queue, sweep};
pub use openapi::openapi;
