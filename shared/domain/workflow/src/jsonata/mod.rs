//! JSONata as the service offers it: `$states`, variables and six more functions; no `$eval`; time, depth and size are
//! bounded; `$now()` and `$millis()` stand still; chance comes from the scope.
//!
//! A template is any JSON in which a text that begins with `{%` and ends with `%}` is an expression. What the
//! expression answers takes its place. The engine's own values never leave this module: answers are plain JSON.
//!
//! Numbers are doubles, as in JSONata: a whole number beyond 2^53 is kept only where an expression names a value
//! without computing (`{% $states.input.id %}`).
//!
//! An expression is read once by each thread, and only what it looks at is turned into the engine's values (`wanted.rs`).
//!
//! What is not bounded: the memory that an expression takes before its time is up, and the time within one of the
//! engine's own functions, which looks at the clock between steps only. Whoever evaluates expressions of strangers runs
//! this in a process whose memory and time are bounded from outside.
//!
//! To add a function: a case in `functions.rs`.

mod convert;
mod engine;
mod fill;
mod functions;
mod shortcut;
mod wanted;

pub(crate) use engine::{begin as begin_signal, spent};
pub use fill::{EXPRESSION_BYTES_MAX, ExpressionFault, Kind, check, expression, fill, fill_as};

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
