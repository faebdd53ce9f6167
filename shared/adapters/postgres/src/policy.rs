//! A tenant's policy, and what it was after each change.

use crate::call_insert::AUDIT_QUEUE;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use chrono::{DateTime, Utc};
use octavo_domain_ai::limits::Policy;
use octavo_domain_ai::ports::StoredPolicy;
use octavo_domain_kernel::{Ids, Message, PortError, PortErrorKind, TenantId, UserId};
use serde_json::json;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// Changes that are remembered, the newest of them.
const HISTORY_MAX: i64 = 1_000;

/// `done` has a row exactly if the policy was at the expected revision (0: there was none); the rest hangs on it.
const PUT: &str = "
with made as (
    insert into ai_policy (tenant, revision, policy, updated_at, updated_by)
    select $1, $2, $3, $4, $5 where $6 = 0
    on conflict (tenant) do nothing
    returning 1
),
changed as (
    update ai_policy set revision = $2, policy = $3, updated_at = $4, updated_by = $5
    where tenant = $1 and revision = $6
    returning 1
),
done as (select 1 from made union all select 1 from changed),
remembered as (
    insert into ai_policy_history (tenant, revision, policy, updated_at, updated_by)
    select $1, $2, $3, $4, $5 from done
),
forgotten as (
    delete from ai_policy_history where tenant = $1 and revision <= $2 - $7::bigint and exists (select from done)
),
told as (
    insert into outbox (id, tenant, queue, message)
    select $8, $1, $9, $10::json from done where $8::uuid is not null
)
select exists (select from done) as done";

#[derive(FromRow)]
struct PolicyRow {
    revision: i64,
    policy: Json<Policy>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

pub(crate) async fn policy_get(pool: &Pool, tenant: &TenantId) -> Result<Option<StoredPolicy>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query("select revision, policy, updated_at, updated_by from ai_policy where tenant = $1")
        .bind(tenant.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(None) };
    let row = PolicyRow::from_row(&row).map_err(port_error)?;
    Ok(Some(StoredPolicy {
        revision: row.revision,
        policy: row.policy.0,
        updated_at: Some(row.updated_at),
        updated_by: Some(parse("updated_by", &row.updated_by)?),
    }))
}

pub(crate) async fn policy_put(
    pool: &Pool,
    audit: Option<&dyn Ids>,
    tenant: &TenantId,
    stored: &StoredPolicy,
    expected: i64,
) -> Result<(), PortError> {
    if expected < 0 || stored.revision != expected.saturating_add(1) {
        let revision = stored.revision;
        return Err(PortError::corrupt(format!("the revision after {expected} must be the next, not {revision}")));
    }
    let (Some(at), Some(user)) = (stored.updated_at, &stored.updated_by) else {
        return Err(PortError::corrupt("a policy is changed by somebody, at some time"));
    };
    let message = audit.map(|ids| message(ids, tenant, stored.revision, at, user)).transpose()?;
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(PUT)
        .bind(tenant.as_str())
        .bind(stored.revision)
        .bind(Json(&stored.policy))
        .bind(at)
        .bind(user.as_str())
        .bind(expected)
        .bind(HISTORY_MAX)
        .bind(message.as_ref().map(|(id, _)| *id))
        .bind(AUDIT_QUEUE)
        .bind(message.as_ref().map(|(_, json)| json.as_str()))
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    if !row.try_get::<bool, _>("done").map_err(port_error)? {
        transaction.rollback().await.map_err(port_error)?;
        let text = format!("the policy is not at revision {expected} any more");
        return Err(PortError::new(PortErrorKind::Conflict, text));
    }
    transaction.commit().await.map_err(commit_error)
}

/// Names the revision; the policy itself may be larger than a message, and is in the history.
fn message(
    ids: &dyn Ids,
    tenant: &TenantId,
    revision: i64,
    at: DateTime<Utc>,
    user: &UserId,
) -> Result<(Uuid, String), PortError> {
    let message = Message {
        id: ids.next(),
        tenant: tenant.clone(),
        kind: "ai.policy_changed".to_owned(),
        key: "policy".to_owned(),
        at,
        traceparent: None,
        body: json!({"revision": revision, "user": user}),
    };
    Ok((message.id, message.to_json().map_err(PortError::corrupt)?))
}
