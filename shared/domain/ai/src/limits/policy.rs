//! The policy of a tenant, as its administrator writes it.

use crate::models::Tier;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whose use a limit counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The tenant's as a whole.
    #[default]
    Tenant,
    /// Each user's.
    User,
    /// Each API key's.
    Key,
}

/// A rate. At least one of the two must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Whose use it counts.
    #[serde(default)]
    pub scope: Scope,
    /// Only calls of this model: its name in the catalogue, a tier or a family, of the model that answers or as the caller
    /// asked for it; all if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Requests a minute, 1 to 1,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Tokens a minute (input as counted here, and the most that the answer may have), 1 to 1,000,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
}

/// How long a budget lasts. Days and months are those of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// A budget. At least one of the two sums must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Whose use it counts.
    #[serde(default)]
    pub scope: Scope,
    /// How long it lasts.
    pub period: Period,
    /// Tokens, input and output together, 1 to 1,000,000,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// US dollars, as a decimal text: `"25.00"`. Above 0, at most 9,000,000, at most 9 decimal places: what can be counted
    /// exactly in thousand-millionths by any store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "25.00")]
    pub dollars: Option<Decimal>,
}

/// A share of a budget at which an alert is raised, in percent, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct AlertLevel(pub u8);

/// How candidates are ordered. Weights are relative to each other; 0 leaves a thing out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// How much the call's expected cost counts, 0 to 100.
    pub cost_weight: f64,
    /// How much the target's measured time to the first token counts, 0 to 100.
    pub latency_weight: f64,
    /// Providers that go first, in this order, whatever they cost; at most 32.
    pub prefer: Vec<String>,
    /// Tiers are moved up for complex requests and never down below what was asked for.
    pub raise_tier: bool,
    /// A second target is asked as well when the first has not begun to answer after its usual p95.
    pub hedge: bool,
}

impl Default for Routing {
    fn default() -> Self {
        Self { cost_weight: 1.0, latency_weight: 0.1, prefer: Vec::new(), raise_tier: true, hedge: false }
    }
}

/// What is kept, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CachePolicy {
    /// Whether answers are kept at all.
    pub enabled: bool,
    /// Seconds that a completion is kept, 1 to 86,400.
    pub completion_ttl_s: u64,
    /// Seconds that generated sections are kept, 1 to 86,400.
    pub generation_ttl_s: u64,
    /// Also serves an answer to a question that means nearly the same (by embedding); costs an embedding a call.
    pub semantic: bool,
    /// How near it must be: cosine similarity in thousandths, 800 to 1,000.
    pub semantic_threshold_milli: u32,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            completion_ttl_s: 15 * 60,
            generation_ttl_s: 3_600,
            semantic: false,
            semantic_threshold_milli: 970,
        }
    }
}

/// What of prompts and answers goes into the audit trail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptRecord {
    /// Their hashes.
    #[default]
    Hash,
    /// All of them.
    Full,
}

/// What is done to prompts before they leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SafetyPolicy {
    /// Kinds of personal data that are replaced before a prompt leaves and put back into the answer: `email`, `phone`,
    /// `credit_card`, `iban`, `ip_address`, `us_ssn`, or `all`.
    pub redact: Vec<String>,
    /// Words and phrases that refuse a prompt, without regard to case; at most 1,000 of at most 200 characters.
    pub block: Vec<String>,
    /// What of prompts and answers goes into the audit trail.
    pub audit: PromptRecord,
}

/// A tenant's policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Rates, at most 8, and one for each scope and model.
    pub rates: Vec<RateLimit>,
    /// Budgets, at most 8, and one for each scope and period.
    pub budgets: Vec<Budget>,
    /// Shares of every budget at which an alert is raised, in percent, at most 10.
    pub alert_at: Vec<AlertLevel>,
    /// Models that may be used, by name, family or tier, at most 256; all if empty.
    pub models: Vec<String>,
    /// Providers that may be used, at most 32; all if empty.
    pub providers: Vec<String>,
    /// Regions where a provider may process data, at most 32 of 1 to 32 of `a-z`, `0-9` and `-`; all if empty.
    pub regions: Vec<String>,
    /// Other names for models: `gpt-4o` to `standard`. At most 256, of 1 to 128 printable ASCII characters; one that leads to
    /// another is not followed.
    pub aliases: BTreeMap<String, String>,
    /// The tier of requests that name none (generation).
    pub default_tier: Tier,
    /// Whether models without a price may be used while a budget of money is set.
    pub allow_unpriced: bool,
    /// How candidates are ordered.
    pub routing: Routing,
    /// What is kept.
    pub cache: CachePolicy,
    /// What is done to prompts.
    pub safety: SafetyPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rates: Vec::new(),
            budgets: Vec::new(),
            alert_at: vec![AlertLevel(50), AlertLevel(80), AlertLevel(100)],
            models: Vec::new(),
            providers: Vec::new(),
            regions: Vec::new(),
            aliases: BTreeMap::new(),
            default_tier: Tier::Standard,
            allow_unpriced: false,
            routing: Routing::default(),
            cache: CachePolicy::default(),
            safety: SafetyPolicy::default(),
        }
    }
}
