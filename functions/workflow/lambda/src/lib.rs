//! The workflow function's wiring: settings into adapters into its ports.
#![warn(missing_docs)]

mod wiring;

pub use wiring::deps;
