//! Lists single calls of the ledger, newest first.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::{number, parse};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_ai::ports::{CallPage, CallQuery};
use octavo_domain_ai::{CacheUse, Call, Feature, Outcome, Usage};
use octavo_domain_kernel::{PortError, TenantId};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{FromRow, Postgres as Engine, QueryBuilder};
use uuid::Uuid;

/// Calls of a page.
const LIMIT_MAX: usize = 1_000;
/// How far the time in a call's id may be from when it began: the two are drawn one after the other. The id is what the
/// index and the partitions are ordered by, so a period is looked for between ids, and then exactly.
const ID_SLACK: TimeDelta = TimeDelta::minutes(1);

#[derive(FromRow)]
struct CallRow {
    id: Uuid,
    user_id: String,
    key_id: Option<Uuid>,
    feature: String,
    asked_model: String,
    provider: String,
    model: String,
    began_at: DateTime<Utc>,
    input_tokens: i64,
    cached_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    usage_reported: bool,
    cost: Option<Decimal>,
    saved: Decimal,
    saved_tokens: i64,
    first_token_ms: Option<i64>,
    duration_ms: i64,
    streamed: bool,
    cache: String,
    outcome: String,
    error: Option<String>,
    attempts: i32,
    prompt_hash: String,
    answer_hash: String,
    redactions: i64,
}

pub(crate) async fn call_list(pool: &Pool, tenant: &TenantId, query: &CallQuery) -> Result<CallPage, PortError> {
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        return Err(PortError::corrupt(format!("a page has 1 to {LIMIT_MAX} calls, not {}", query.limit)));
    }
    let mut sql = select(tenant, query)?;
    let mut transaction = pool.begin_planning(tenant).await?;
    let rows = sql.build().persistent(pool.is_cached()).fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let mut calls = rows
        .iter()
        .map(|row| CallRow::from_row(row).map_err(port_error)?.into_call(tenant))
        .collect::<Result<Vec<_>, _>>()?;
    let more = calls.len() > query.limit;
    calls.truncate(query.limit);
    Ok(CallPage { calls, more })
}

fn select(tenant: &TenantId, query: &CallQuery) -> Result<QueryBuilder<Engine>, PortError> {
    let mut sql = QueryBuilder::<Engine>::new(
        "select id, user_id, key_id, feature, asked_model, provider, model, began_at, input_tokens, cached_tokens, \
         cache_write_tokens, output_tokens, reasoning_tokens, usage_reported, cost, saved, saved_tokens, \
         first_token_ms, duration_ms, streamed, cache, outcome, error, attempts, prompt_hash, answer_hash, redactions \
         from ai_call where tenant = ",
    );
    sql.push_bind(tenant.as_str().to_owned());
    if let Some(user) = &query.user {
        sql.push(" and user_id = ").push_bind(user.as_str().to_owned());
    }
    if let Some(feature) = &query.feature {
        sql.push(" and feature = ").push_bind(feature.as_str().to_owned());
    }
    if let Some(from) = query.from {
        sql.push(" and began_at >= ").push_bind(from);
        sql.push(" and id >= ").push_bind(smallest_id(from, -ID_SLACK));
    }
    if let Some(to) = query.to {
        sql.push(" and began_at < ").push_bind(to);
        sql.push(" and id < ").push_bind(smallest_id(to, ID_SLACK));
    }
    if let Some(before) = query.before {
        sql.push(" and id < ").push_bind(before);
    }
    sql.push(" order by id desc limit ").push_bind(number::<_, i64>("limit", query.limit + 1)?);
    Ok(sql)
}

/// The smallest UUID of a moment (RFC 9562, section 5.7: the first 48 bits are the milliseconds since 1970).
pub(crate) fn smallest_id(at: DateTime<Utc>, shift: TimeDelta) -> Uuid {
    /// The last moment that 48 bits can say.
    const MS_MAX: i64 = (1 << 48) - 1;
    let ms = at.timestamp_millis().saturating_add(shift.num_milliseconds()).clamp(0, MS_MAX);
    Uuid::from_u128(u128::from(ms.unsigned_abs()) << 80)
}

impl CallRow {
    fn into_call(self, tenant: &TenantId) -> Result<Call, PortError> {
        let named = |column: &str, error: serde_json::Error| PortError::corrupt(format!("column {column}: {error}"));
        let (cache, outcome) = (Value::String(self.cache), Value::String(self.outcome));
        Ok(Call {
            id: self.id,
            tenant: tenant.clone(),
            user: parse("user_id", &self.user_id)?,
            key: self.key_id,
            feature: feature(self.feature)?,
            asked_model: self.asked_model,
            provider: self.provider,
            model: self.model,
            at: self.began_at,
            usage: Usage {
                input: number("input_tokens", self.input_tokens)?,
                cached: number("cached_tokens", self.cached_tokens)?,
                cache_write: number("cache_write_tokens", self.cache_write_tokens)?,
                output: number("output_tokens", self.output_tokens)?,
                reasoning: number("reasoning_tokens", self.reasoning_tokens)?,
            },
            usage_reported: self.usage_reported,
            cost: self.cost,
            saved: self.saved,
            saved_tokens: number("saved_tokens", self.saved_tokens)?,
            first_token_ms: self.first_token_ms.map(|ms| number("first_token_ms", ms)).transpose()?,
            duration_ms: number("duration_ms", self.duration_ms)?,
            streamed: self.streamed,
            cache: serde_json::from_value::<CacheUse>(cache).map_err(|error| named("cache", error))?,
            outcome: serde_json::from_value::<Outcome>(outcome).map_err(|error| named("outcome", error))?,
            error: self.error,
            attempts: number("attempts", self.attempts)?,
            prompt_hash: self.prompt_hash,
            answer_hash: self.answer_hash,
            redactions: number("redactions", self.redactions)?,
        })
    }
}

/// Reads a feature that the domain checked when it was written.
pub(crate) fn feature(text: String) -> Result<Feature, PortError> {
    Feature::try_from(text).map_err(|error| PortError::corrupt(format!("column feature: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_s_smallest_id_is_not_above_what_was_drawn_in_it() {
        let at = DateTime::from_timestamp_millis(0x0193_4d2e_7b1c).unwrap();
        let drawn: Uuid = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081".parse().unwrap();
        let next = smallest_id(at, TimeDelta::milliseconds(1));
        assert!(smallest_id(at, TimeDelta::zero()) < drawn && drawn < next);
        assert_eq!(smallest_id(DateTime::<Utc>::MIN_UTC, -ID_SLACK), Uuid::nil());
        assert!(smallest_id(DateTime::<Utc>::MAX_UTC, ID_SLACK) > drawn);
    }
}
