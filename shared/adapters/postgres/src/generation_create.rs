//! Makes a generation.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::number;
use octavo_domain_generate::{ACTIVE_MAX, CreateError, Creation, KEPT_MAX};
use octavo_domain_kernel::{OutboxEntry, PortError, TenantId};
use sqlx::Row;
use sqlx::types::Json;
use uuid::Uuid;

/// `made` has a row exactly if there was room; all but the idempotency record hangs on it. Two at once may both find the
/// last room: it is a bound on what one person can set going, not a count of anything.
const CREATE: &str = "
with
kept as (
    insert into idempotency (tenant, user_id, key, request_hash, status, answer, revision, expires_at)
    select $1, $3, $13, $14, $15, $16::json, 1, $17 where $13::text is not null
    on conflict (tenant, user_id, key) do update set
        request_hash = excluded.request_hash, status = excluded.status, answer = excluded.answer,
        revision = excluded.revision, expires_at = excluded.expires_at
        where idempotency.expires_at <= $9
    returning 1
),
made as (
    insert into generation (
        tenant, id, user_id, step, status, title, requester, wanted, tries, retries, document_id, traceparent,
        created_at, updated_at)
    select $1, $2, $3, $4, $5, $6, $7, $8::json, 0, 0, $10, $11, $9, $9
    where (select count(*) from generation
        where tenant = $1 and user_id = $3 and status not in ('done', 'failed', 'cancelled')) < $12
    returning 1
),
forgotten as (
    delete from generation where tenant = $1 and status in ('done', 'failed', 'cancelled') and id in (
        select id from generation where tenant = $1 and user_id = $3 order by id desc offset $18)
        and exists (select from made)
),
told as (
    insert into outbox (id, tenant, queue, message)
    select id, $1, queue, message::json
    from unnest($19::uuid[], $20::text[], $21::text[]) with ordinality as m (id, queue, message, place), made
    order by place
)
select exists (select from made) as made, $13::text is null or exists (select from kept) as kept";

pub(crate) async fn generation_create(pool: &Pool, creation: &Creation) -> Result<(), CreateError> {
    let Creation { generation, outbox, remembered } = creation;
    if generation.step != 1 || !generation.sections.is_empty() || generation.sources.is_some() {
        return Err(PortError::corrupt("a new generation is at its first step").into());
    }
    let remembered = remembered.as_ref();
    let told = Told::of(&generation.tenant, outbox)?;
    let mut transaction = pool.begin(&generation.tenant).await?;
    let row = pool
        .query(CREATE)
        .bind(generation.tenant.as_str())
        .bind(generation.id.0)
        .bind(generation.requester.user.as_str())
        .bind(generation.step)
        .bind(generation.status.as_str())
        .bind(generation.title.as_deref())
        .bind(Json(&generation.requester))
        .bind(serde_json::to_string(&generation.order).map_err(PortError::corrupt)?)
        .bind(generation.created_at)
        .bind(generation.document.0)
        .bind(generation.traceparent.as_deref())
        .bind(i64::from(ACTIVE_MAX))
        .bind(remembered.map(|record| record.key.as_str()))
        .bind(remembered.map(|record| record.request_hash.as_str()))
        .bind(remembered.map(|record| i32::from(record.status)))
        .bind(remembered.map(|record| record.answer.to_string()))
        .bind(remembered.map(|record| record.expires_at))
        // Less the one that is being made, which the statement does not see.
        .bind(number::<_, i64>("kept", KEPT_MAX - 1)?)
        .bind(told.ids)
        .bind(told.queues)
        .bind(told.messages)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    let made: bool = row.try_get("made").map_err(port_error)?;
    let kept: bool = row.try_get("kept").map_err(port_error)?;
    if !made || !kept {
        transaction.rollback().await.map_err(port_error)?;
        // The key first: the same request sent twice must get its own answer.
        return Err(if kept { CreateError::TooMany } else { CreateError::KeyTaken });
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(())
}

/// Messages as they are bound.
pub(crate) struct Told {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) queues: Vec<String>,
    pub(crate) messages: Vec<String>,
}

impl Told {
    /// `outbox`, all of it of `tenant`.
    pub(crate) fn of(tenant: &TenantId, outbox: &[OutboxEntry]) -> Result<Self, PortError> {
        if outbox.iter().any(|entry| entry.message.tenant != *tenant) {
            return Err(PortError::corrupt("a message in the outbox names another tenant than the generation's"));
        }
        let messages = outbox.iter().map(|entry| entry.message.to_json());
        Ok(Self {
            ids: outbox.iter().map(|entry| entry.message.id).collect(),
            queues: outbox.iter().map(|entry| entry.queue.as_str().to_owned()).collect(),
            messages: messages.collect::<Result<_, _>>().map_err(PortError::corrupt)?,
        })
    }
}
