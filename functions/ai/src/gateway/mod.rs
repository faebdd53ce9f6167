//! The way of a call through the gateway, a step a file:
//!
//! 1. [`ask`]: what the caller asks, and what it wishes of the cache;
//! 2. [`prepare`]: the tenant's policy, safety, tokens, and the targets that can answer;
//! 3. [`cached`]: a kept answer, or the right to find one, or waiting for who has it;
//!    ([`near`]: also the answer to nearly the same question, where the policy wants that);
//! 4. [`reserve`]: rates and budgets;
//! 5. [`dispatch`]: targets in order, breakers, retries, until one begins to answer ([`attempt`] is one request);
//! 6. [`whole`] and [`relay`]: the answer in the caller's form, whole or in pieces;
//! 7. [`settle`]: what was really used goes to the budgets, the breaker, the cache, the ledger and the metrics. A caller
//!    has its answer by then.

mod ask;
mod attempt;
mod cached;
mod dispatch;
mod exchange;
mod fingerprint;
mod headers;
mod near;
mod prepare;
mod relay;
mod reserve;
mod run;
mod settle;
mod transcript;
mod whole;

pub(crate) use ask::{Ask, Wishes};
pub(crate) use exchange::Exchange;
pub(crate) use headers::rate_headers;
pub(crate) use prepare::{candidates, prepare_embedding};
pub(crate) use run::{Completed, answer, answer_prepared, complete};
pub(crate) use transcript::{PURPOSE as TRANSCRIPT_PURPOSE, Transcript};
