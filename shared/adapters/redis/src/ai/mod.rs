//! What instances of the AI gateway share: answers and who finds them, rates and budgets, breakers.
//!
//! Every call of a port is one script on the server (or one pipeline of reads), and so one round trip and one atomic
//! step. Times are the server's own, in microseconds: a Lua number holds them exactly until the year 2255.

mod answers;
mod breaker_view;
mod breakers;
mod limits;
mod meter;
mod meter_keys;
mod rate;
mod reply;
mod tenants;

pub use answers::RedisAnswers;
pub use breakers::RedisBreakers;
pub use limits::{BUDGET_MAX, LEASE_MAX, LINES_MAX, RECLAIM_MAX, RECORD_BYTES_MAX};
pub use meter::RedisMeter;
