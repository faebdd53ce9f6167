//! Calls to write into the ledger.

use crate::fixture::{at, tenant};
use chrono::{DateTime, Utc};
use octavo_domain_ai::ports::UsageQuery;
use octavo_domain_ai::{CacheUse, Call, Feature, Outcome, Usage};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use uuid::Uuid;

/// The `n`th UUID version 7 of a moment.
pub(crate) fn id_at(at: DateTime<Utc>, n: u64) -> Uuid {
    let ms = u128::from(at.timestamp_millis().unsigned_abs());
    Uuid::from_u128((ms << 80) | (0x7 << 76) | (0x8 << 60) | u128::from(n))
}

pub(crate) fn feature(name: &str) -> Feature {
    Feature::try_from(name.to_owned()).unwrap()
}

pub(crate) fn dollars(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A call of ada's that cost 0.0012 dollars and 120 tokens.
pub(crate) fn call_at(tenant_name: &str, began: DateTime<Utc>, n: u64) -> Call {
    Call {
        id: id_at(began, n),
        tenant: tenant(tenant_name),
        user: "ada".parse().unwrap(),
        key: None,
        feature: feature("chat"),
        asked_model: "standard".to_owned(),
        provider: "openai".to_owned(),
        model: "model-a".to_owned(),
        at: began,
        usage: Usage { input: 100, cached: 40, cache_write: 10, output: 20, reasoning: 5 },
        usage_reported: true,
        cost: Some(dollars("0.0012")),
        saved: Decimal::ZERO,
        saved_tokens: 0,
        first_token_ms: Some(180),
        duration_ms: 900,
        streamed: true,
        cache: CacheUse::Miss,
        outcome: Outcome::Answered,
        error: None,
        attempts: 1,
        prompt_hash: "ab".repeat(32),
        answer_hash: "cd".repeat(32),
        redactions: 0,
    }
}

/// The same, so many seconds after the moment of the tests.
pub(crate) fn call(tenant_name: &str, seconds: i64, n: u64) -> Call {
    call_at(tenant_name, at(seconds), n)
}

/// Totals of many years, in one row.
pub(crate) fn all_usage() -> UsageQuery {
    UsageQuery {
        from: "2000-01-01".parse().unwrap(),
        to: "2099-12-31".parse().unwrap(),
        by_day: false,
        by_model: false,
        by_feature: false,
        by_user: false,
        by_key: false,
    }
}

/// The first column of the first row.
pub(crate) async fn ask<T>(connection: &mut PgConnection, sql: impl Into<String>) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    connection.fetch_one(AssertSqlSafe(sql.into())).await.unwrap().get(0)
}

/// Numbers that look drawn and are the same in every run (Steele, Lea and Flood's SplitMix).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}
