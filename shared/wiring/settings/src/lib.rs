//! The only reader of the environment: typed settings, with an error that names the variable.
//!
//! A setting is read where a process starts, and handed on as a value: nothing else in the repository calls
//! `std::env::var`. To add one: a field in the group it belongs to (one file a group), a line in `infra/settings.md`.
#![warn(missing_docs)]

mod ai;
mod embeddings;
mod environment;
mod groups;
mod links;
mod notify;
mod realtime;
mod workflow;

pub use ai::{Ai, Provider, ProviderForm, Sealing};
pub use embeddings::Embeddings;
pub use environment::{Environment, Secret, SettingsError};
pub use groups::{Blobs, CursorKey, Database, Log, LogFormat, Queues, Redis, Search, Tokens};
pub use links::Links;
pub use notify::Notify;
pub use realtime::{Realtime, RealtimeKeys, announces};
pub use workflow::{Lambda, WorkflowTasks, Workflows};
