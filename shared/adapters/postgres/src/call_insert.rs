//! Writes calls into the ledger, with their daily totals.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::number;
use octavo_domain_ai::Call;
use octavo_domain_kernel::{Ids, Message, PortError, TenantId};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::Row;
use std::collections::HashSet;
use uuid::Uuid;

/// Calls that are written at a time.
pub(crate) const CALLS_MAX: usize = 500;
/// Tokens of one kind in one call. Far beyond any model; such a number would be a defect, and a total that it brought to
/// its end would take no call any more.
const TOKENS_MAX: u64 = 1_000_000_000_000;
/// US dollars of one call.
const DOLLARS_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// Decimal places of an amount. A sum of up to ten thousand million dollars is then read back exactly: `Decimal` has 28
/// digits.
const DOLLAR_SCALE_MAX: u32 = 18;
/// The queue of the audit trail.
pub(crate) const AUDIT_QUEUE: &str = "audit";

/// All of it in one statement, so that it is one round trip between BEGIN and COMMIT.
///
/// A call that is there already is not in `made`, so nothing else happens for it. Both inserts take their rows in an order
/// that all writers share: two that write the same calls, or count in the same totals, wait for each other in a row and
/// not in a circle. (`totals` groups, so it begins when `made` is done.)
const INSERT: &str = "
with made as (
    insert into ai_call (
        tenant, id, user_id, key_id, feature, asked_model, provider, model, began_at, input_tokens, cached_tokens,
        cache_write_tokens, output_tokens, reasoning_tokens, usage_reported, cost, saved, saved_tokens, first_token_ms,
        duration_ms, streamed, cache, outcome, error, attempts, prompt_hash, answer_hash, redactions)
    select $1, given.*
    from unnest(
        $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
        $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::boolean[], $16::numeric[],
        $17::numeric[], $18::bigint[], $19::bigint[], $20::bigint[], $21::boolean[], $22::text[], $23::text[],
        $24::text[], $25::integer[], $26::text[], $27::text[], $28::bigint[]) as given (id)
    order by given.id
    on conflict (tenant, id) do nothing
    returning *
),
totals as (
    insert into ai_usage_day as total (
        tenant, day, provider, model, feature, user_id, key_id, calls, failed, cache_hits, unpriced, input_tokens,
        cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, saved, saved_tokens)
    select
        $1, (began_at at time zone 'UTC')::date as day, provider, model, feature, user_id,
        coalesce(key_id, '00000000-0000-0000-0000-000000000000') as key, count(*),
        count(*) filter (where outcome = 'failed'), count(*) filter (where cache in ('hit', 'coalesced')),
        count(*) filter (where cost is null and model <> ''), sum(input_tokens), sum(cached_tokens),
        sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens), coalesce(sum(cost), 0), sum(saved),
        sum(saved_tokens)
    from made
    group by day, provider, model, feature, user_id, key
    order by day, provider, model, feature, user_id, key
    on conflict (tenant, day, provider, model, feature, user_id, key_id) do update set
        calls = total.calls + excluded.calls,
        failed = total.failed + excluded.failed,
        cache_hits = total.cache_hits + excluded.cache_hits,
        unpriced = total.unpriced + excluded.unpriced,
        input_tokens = total.input_tokens + excluded.input_tokens,
        cached_tokens = total.cached_tokens + excluded.cached_tokens,
        cache_write_tokens = total.cache_write_tokens + excluded.cache_write_tokens,
        output_tokens = total.output_tokens + excluded.output_tokens,
        reasoning_tokens = total.reasoning_tokens + excluded.reasoning_tokens,
        cost = total.cost + excluded.cost,
        saved = total.saved + excluded.saved,
        saved_tokens = total.saved_tokens + excluded.saved_tokens
),
told as (
    insert into outbox (id, tenant, queue, message)
    select told.id, $1, $29, told.message::json
    from unnest($30::uuid[], $31::uuid[], $32::text[]) as told (id, call, message) join made on made.id = told.call
    order by made.id
)
select id from made";

pub(crate) async fn call_insert(
    pool: &Pool,
    audit: Option<&dyn Ids>,
    tenant: &TenantId,
    calls: &[Call],
) -> Result<Vec<bool>, PortError> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    check(tenant, calls)?;
    let rows = Columns { calls };
    let messages = audit.map(|ids| messages(ids, tenant, calls)).transpose()?.unwrap_or_default();
    let mut transaction = pool.begin(tenant).await?;
    let query = pool
        .query(INSERT)
        .bind(tenant.as_str())
        .bind(rows.of(|call| call.id))
        .bind(rows.of(|call| call.user.as_str()))
        .bind(rows.of(|call| call.key))
        .bind(rows.of(|call| call.feature.as_str()))
        .bind(rows.of(|call| call.asked_model.as_str()))
        .bind(rows.of(|call| call.provider.as_str()))
        .bind(rows.of(|call| call.model.as_str()))
        .bind(rows.of(|call| call.at))
        .bind(rows.tokens("input_tokens", |call| call.usage.input)?)
        .bind(rows.tokens("cached_tokens", |call| call.usage.cached)?)
        .bind(rows.tokens("cache_write_tokens", |call| call.usage.cache_write)?)
        .bind(rows.tokens("output_tokens", |call| call.usage.output)?)
        .bind(rows.tokens("reasoning_tokens", |call| call.usage.reasoning)?)
        .bind(rows.of(|call| call.usage_reported))
        .bind(rows.of(|call| call.cost))
        .bind(rows.of(|call| call.saved))
        .bind(rows.tokens("saved_tokens", |call| call.saved_tokens)?)
        .bind(rows.of(|call| call.first_token_ms.map(i64::from)))
        .bind(rows.of(|call| i64::from(call.duration_ms)))
        .bind(rows.of(|call| call.streamed))
        .bind(rows.of(|call| call.cache.as_str()))
        .bind(rows.of(|call| call.outcome.as_str()))
        .bind(rows.of(|call| call.error.as_deref()))
        .bind(rows.of(|call| i32::from(call.attempts)))
        .bind(rows.of(|call| call.prompt_hash.as_str()))
        .bind(rows.of(|call| call.answer_hash.as_str()))
        .bind(rows.of(|call| i64::from(call.redactions)))
        .bind(AUDIT_QUEUE)
        .bind(messages.iter().map(|message| message.id).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.call).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.json.as_str()).collect::<Vec<_>>());
    let made = query
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?
        .iter()
        .map(|row| row.try_get("id").map_err(port_error))
        .collect::<Result<HashSet<Uuid>, _>>()?;
    transaction.commit().await.map_err(commit_error)?;
    let mut left = made;
    // Removed, so that of one call given twice the first was new.
    Ok(calls.iter().map(|call| left.remove(&call.id)).collect())
}

/// What would be a defect of the caller, and would be found out too late or never.
fn check(tenant: &TenantId, calls: &[Call]) -> Result<(), PortError> {
    if calls.len() > CALLS_MAX {
        return Err(PortError::corrupt(format!(
            "at most {CALLS_MAX} calls are written at a time, not {}",
            calls.len()
        )));
    }
    for call in calls {
        if call.tenant != *tenant {
            return Err(PortError::corrupt(format!("call {} is of another tenant", call.id)));
        }
        for amount in call.cost.iter().chain([&call.saved]) {
            let good =
                *amount >= Decimal::ZERO && *amount <= DOLLARS_MAX && amount.normalize().scale() <= DOLLAR_SCALE_MAX;
            if !good {
                return Err(PortError::corrupt(format!("call {}: {amount} US dollars are out of range", call.id)));
            }
        }
    }
    Ok(())
}

/// A batch of calls, as the arrays that the statement takes.
struct Columns<'c> {
    calls: &'c [Call],
}

impl<'c> Columns<'c> {
    fn of<T>(&self, value: impl Fn(&'c Call) -> T) -> Vec<T> {
        self.calls.iter().map(value).collect()
    }

    fn tokens(&self, column: &str, value: impl Fn(&Call) -> u64) -> Result<Vec<i64>, PortError> {
        let tokens = |call| match value(call) {
            tokens if tokens > TOKENS_MAX => Err(PortError::corrupt(format!("{column}: {tokens} are out of range"))),
            tokens => number(column, tokens),
        };
        self.calls.iter().map(tokens).collect()
    }
}

/// A message to the audit trail about a call.
struct AuditMessage {
    id: Uuid,
    call: Uuid,
    json: String,
}

/// One a call, the first of each id: what was asked and answered as hashes, who asked whom, how it went. Not what it
/// cost: prices are agreed with providers, and whoever reads the trail need not know them.
fn messages(ids: &dyn Ids, tenant: &TenantId, calls: &[Call]) -> Result<Vec<AuditMessage>, PortError> {
    let mut seen = HashSet::new();
    let first = calls.iter().filter(|call| seen.insert(call.id));
    first
        .map(|call| {
            let message = Message {
                id: ids.next(),
                tenant: tenant.clone(),
                kind: "ai.called".to_owned(),
                key: call.id.to_string(),
                at: call.at,
                traceparent: None,
                body: json!({
                    "call": call.id,
                    "user": call.user,
                    "key": call.key,
                    "feature": call.feature,
                    "asked_model": call.asked_model,
                    "provider": call.provider,
                    "model": call.model,
                    "usage": call.usage,
                    "cache": call.cache,
                    "outcome": call.outcome,
                    "error": call.error,
                    "prompt_hash": call.prompt_hash,
                    "answer_hash": call.answer_hash,
                    "redactions": call.redactions,
                }),
            };
            let json = message.to_json().map_err(PortError::corrupt)?;
            Ok(AuditMessage { id: message.id, call: call.id, json })
        })
        .collect()
}
