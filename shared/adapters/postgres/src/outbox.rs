//! The outbox: from the feature's side and from the relay's.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse_queue;
use octavo_domain_kernel::{Message, OutboxEntry, PortError, TenantId};
use sqlx::Row;
use sqlx::types::Json;
use uuid::Uuid;

/// Takes the oldest, passing over what another relay is taking at this moment.
const CLAIM: &str = "
with claimed as (
    update outbox set leased_until = now() + $3 * interval '1 millisecond'
    where id in (
        select id from outbox
        where created_at <= now() - $2 * interval '1 millisecond' and (leased_until is null or leased_until <= now())
        order by position
        limit $1
        for update skip locked)
    returning position, queue, message
)
select queue, message from claimed order by position";

/// By the feature that wrote them, in its tenant. Losing this in a crash is harmless (they are published once more), so
/// nobody waits for the disk.
pub(crate) async fn outbox_published(pool: &Pool, tenant: &TenantId, ids: &[Uuid]) -> Result<(), PortError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin(tenant).await?;
    pool.query(
        "with hurried as (select set_config('synchronous_commit', 'off', true)) \
         delete from outbox using hurried where tenant = $1 and id = any ($2::uuid[])",
    )
    .bind(tenant.as_str())
    .bind(ids)
    .execute(&mut *transaction)
    .await
    .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}

/// An entry that was written in the future is too young for the relay until then.
pub(crate) async fn outbox_later(
    pool: &Pool,
    tenant: &TenantId,
    later: &OutboxEntry,
    after_ms: u64,
) -> Result<(), PortError> {
    let after_ms = i64::try_from(after_ms).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin(tenant).await?;
    pool.query(
        "insert into outbox (id, tenant, queue, message, created_at) \
         values ($1, $2, $3, $4::json, clock_timestamp() + $5 * interval '1 millisecond') on conflict (id) do nothing",
    )
    .bind(later.message.id)
    .bind(tenant.as_str())
    .bind(later.queue.as_str())
    .bind(later.message.to_json().map_err(PortError::corrupt)?)
    .bind(after_ms)
    .execute(&mut *transaction)
    .await
    .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}

pub(crate) async fn outbox_claim(
    pool: &Pool,
    limit: u32,
    older_than_ms: u64,
    lease_ms: u64,
) -> Result<Vec<OutboxEntry>, PortError> {
    let older_than_ms = i64::try_from(older_than_ms).map_err(PortError::corrupt)?;
    let lease_ms = i64::try_from(lease_ms).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin_without_tenant().await?;
    let rows = pool
        .query(CLAIM)
        .bind(i64::from(limit))
        .bind(older_than_ms)
        .bind(lease_ms)
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    let entries = rows
        .iter()
        .map(|row| {
            let queue: String = row.try_get("queue").map_err(port_error)?;
            let message: Json<Message> = row.try_get("message").map_err(port_error)?;
            Ok(OutboxEntry { queue: parse_queue(&queue)?, message: message.0 })
        })
        .collect::<Result<Vec<_>, PortError>>()?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(entries)
}

pub(crate) async fn outbox_delete(pool: &Pool, ids: &[Uuid]) -> Result<(), PortError> {
    let mut transaction = pool.begin_without_tenant().await?;
    pool.query("delete from outbox where id = any ($1::uuid[])")
        .bind(ids)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}
