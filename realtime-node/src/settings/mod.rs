//! What the node is told by its environment and by a file; `infra/settings.md` lists it.
//!
//! To add a setting: a member of the group it belongs to, and its line in that list.

mod file;
mod hubs;
mod node;
mod sources;

pub use file::environment;
pub use hubs::HubSettings;
pub use node::Settings;
