//! The comparisons of a JSONPath `Choice` state: 39 operators, and `And`, `Or`, `Not` over them.
//!
//! A comparison with a value of another type does not hold; it is no failure. Looking at a value that is not there is a
//! failure, except for `IsPresent`. To add an operator: `operator.rs`.

mod matching;
mod operator;
mod rule;

pub use rule::{Rule, RuleFault};

#[cfg(test)]
mod tests;
