//! Executions searched and acted on by people: routes of our own beside the API's operations.
//!
//! Whoever defines workflows sees and controls all executions of the tenant; everybody else their own.

pub(crate) mod actions;
pub(crate) mod dead;
pub(crate) mod filter;
pub(crate) mod list;
mod parameters;
mod run;
mod view;
