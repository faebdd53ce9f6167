//! From a model's name to the targets that are tried, in order; retries; the breaker's rule.
//!
//! [`complexity`] says what a request demands, [`resolve`] what may be called for it, [`order`] what is tried first.
//! [`BreakerRule`] says when a target is left alone, [`Backoff`] how long to wait before another attempt.

mod backoff;
mod breaker;
mod complexity;
mod local_breaker;
mod order;
mod resolve;

pub use backoff::{Backoff, parse_retry_after};
pub use breaker::{BreakerRule, COOL_DOWN_MAX, LATENCY_WEIGHT, Phase};
pub use complexity::{Complexity, complexity};
pub use local_breaker::LocalBreaker;
pub use order::order;
pub use resolve::{AllowList, Ask, Candidate, Unroutable, resolve};
