//! What a tenant allows itself: rates, budgets, models, providers, safety.

mod policy;

pub use policy::{
    AlertLevel, Budget, CachePolicy, Period, Policy, PromptRecord, RateLimit, Routing, SafetyPolicy, Scope,
};
