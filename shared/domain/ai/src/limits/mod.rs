//! What a tenant allows itself: rates, budgets, models, providers, safety.
//!
//! [`Policy::validate`] says what is wrong with a policy, [`rate_lines`] and [`budget_lines`] which counters a call falls
//! under, [`alerts_crossed`] when a budget's use is worth a word.

mod alerts;
mod lines;
mod policy;
mod validate;

pub use alerts::alerts_crossed;
pub use lines::{BudgetPeriod, Caller, budget_lines, period_of, rate_lines};
pub use policy::{
    AlertLevel, Budget, CachePolicy, Period, Policy, PromptRecord, RateLimit, Routing, SafetyPolicy, Scope,
};
