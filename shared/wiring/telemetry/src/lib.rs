//! Structured logs, metrics of AI calls and of steps, and the process-wide setup that must come first.
#![warn(missing_docs)]

mod ai;
mod alerts;
mod gen_ai;
mod setup;
mod step;

pub use ai::AiMetrics;
pub use alerts::CountedAlerts;
pub use setup::setup;
pub use step::StepMetrics;
