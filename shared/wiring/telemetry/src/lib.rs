//! Structured logs, metrics of AI calls, and the process-wide setup that must come first.
#![warn(missing_docs)]

mod ai;
mod alerts;
mod gen_ai;
mod setup;

pub use ai::AiMetrics;
pub use alerts::CountedAlerts;
pub use setup::setup;
