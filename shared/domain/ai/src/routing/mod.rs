//! From a model's name to the targets that are tried, in order; retries; the breaker's rule.

mod breaker;

pub use breaker::{BreakerRule, COOL_DOWN_MAX, LATENCY_WEIGHT, Phase};
