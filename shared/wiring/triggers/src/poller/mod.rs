//! The poller: an event source mapping from a queue to a function.

mod answer;
mod mapping;
mod run;
mod settle;
mod status;

pub use mapping::{InvalidMapping, Mapping};
pub use run::{Poller, PollerPorts};
pub use status::{LastError, PollerStatus};
