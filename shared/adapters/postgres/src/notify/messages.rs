//! What is asked of messages, and what a person may do with one.

use super::row::load;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::number;
use crate::workflow::text::plain;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::{Channel, Claim, MessageId};
use sqlx::Row;

/// Attempts go on being counted: numbers within a message are never given twice.
const RETRY: &str = "
update notify_message set
    status = 'planned', reason = null, due_at = $3, wake_at = $3, updated_at = $3, ended_at = null, held_by = null,
    held_until = null
where tenant = $1 and id = $2 and due_at is null and status in ('failed', 'unknown', 'bounced', 'dropped')";

/// More than a throttle may allow are not counted. A digest is what comes of throttling, and counts for nothing.
const SINCE_MAX: i64 = 1_001;
const SINCE: &str = "
select count(*) from (
    select from notify_message
    where tenant = $1 and user_id = $2 and created_at >= $5 and category = $3 and channel = $4
        and urgency <> 'urgent' and status <> 'dropped' and not digest
    limit $6) counted";

pub(super) async fn message_get(
    pool: &Pool,
    tenant: &TenantId,
    message: MessageId,
) -> Result<Option<Claim>, PortError> {
    Ok(load(pool, tenant, &[message]).await?.pop())
}

pub(super) async fn message_retry(
    pool: &Pool,
    tenant: &TenantId,
    message: MessageId,
    at: DateTime<Utc>,
) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let retried = pool
        .query(RETRY)
        .bind(tenant.as_str())
        .bind(message)
        .bind(at)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(retried.rows_affected() > 0)
}

pub(super) async fn messages_since(
    pool: &Pool,
    tenant: &TenantId,
    user: &UserId,
    category: &str,
    channel: Channel,
    since: DateTime<Utc>,
) -> Result<u32, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query(SINCE)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(plain(category).as_ref())
        .bind(channel.as_str())
        .bind(since)
        .bind(SINCE_MAX)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    number("count", row.try_get::<i64, _>(0).map_err(port_error)?)
}
