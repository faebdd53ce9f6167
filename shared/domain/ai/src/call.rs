//! A line of the ledger: one call of the gateway.

use crate::Usage;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{TenantId, UserId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the platform used AI for: `chat`, `responses`, `messages`, `embeddings`, `generate`, or the caller's own word
/// (`X-Octavo-Feature`). 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Feature(String);

impl Feature {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Feature {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err("expected 1 to 64 characters of a-z, 0-9, -, _ and .".to_owned())
        }
    }
}

impl From<Feature> for String {
    fn from(feature: Feature) -> Self {
        feature.0
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered whole.
    Answered,
    /// Answered and cut off by a limit of tokens.
    Truncated,
    /// Every target failed, or one did after the first piece.
    Failed,
    /// The caller went away; settled with what was sent, or with what the provider reported.
    Cancelled,
    /// The process that ran it died; settled with what had been reserved.
    Abandoned,
}

impl Outcome {
    /// As the ledger and metrics say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Truncated => "truncated",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What the cache had to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheUse {
    /// The answer was kept.
    Hit,
    /// It was not.
    Miss,
    /// An identical request was under way, and its answer served this one too.
    Coalesced,
    /// The cache was not asked: the caller or the policy said so, or it is away.
    Bypass,
}

impl CacheUse {
    /// As the `X-Octavo-Cache` header says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Coalesced => "coalesced",
            Self::Bypass => "bypass",
        }
    }
}

/// One call: what it was, what it used, what it cost. Written once, under its `id`; writing it again changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// UUID version 7: begins with when the call began.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who asked.
    pub user: UserId,
    /// The API key that was used, if one was.
    pub key: Option<Uuid>,
    /// What for.
    pub feature: Feature,
    /// The model as it was asked for: a tier, a family or a name.
    pub asked_model: String,
    /// Which provider answered (or failed last); empty where none was called.
    pub provider: String,
    /// Which model answered, as the catalogue names it; empty where none was called.
    pub model: String,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Tokens. For a hit: none were used.
    pub usage: Usage,
    /// Whether the provider reported the usage; otherwise it was counted here.
    pub usage_reported: bool,
    /// US dollars, exact; none where the model has no price.
    pub cost: Option<Decimal>,
    /// US dollars that the cache saved: what a hit would have cost.
    pub saved: Decimal,
    /// Tokens that the cache saved.
    pub saved_tokens: u64,
    /// Milliseconds to the first piece.
    pub first_token_ms: Option<u32>,
    /// Milliseconds to the end.
    pub duration_ms: u32,
    /// Whether it was streamed.
    pub streamed: bool,
    /// What the cache had to do with it.
    pub cache: CacheUse,
    /// How it ended.
    pub outcome: Outcome,
    /// The class of the last failure, if there was one, also where another target then answered.
    pub error: Option<String>,
    /// Requests that were sent to providers for it.
    pub attempts: u16,
    /// BLAKE3 of the canonical request, hexadecimal, keyed by tenant: for the audit trail.
    pub prompt_hash: String,
    /// BLAKE3 of the answer's text, likewise; empty where there is none.
    pub answer_hash: String,
    /// Personal data that was replaced before the prompt left.
    pub redactions: u32,
}
