//! Takes an event, with the message that has it told.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::workflow::text::{json, plain};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Event, EventId, event_message};
use sqlx::Row;

const ACCEPT: &str = "
with made as (
    insert into notify_event (tenant, id, key, category, body, taken_at) values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing
    returning 1
),
told as (
    insert into outbox (id, tenant, queue, message) select $2, $1, $7, $8::json from made
)
select exists (select from made) as made";

/// After [`ACCEPT`] in a statement of its own, which sees what was committed while that one waited. The event itself first: it
/// came twice.
const TAKEN: &str = "
select id from notify_event where tenant = $1 and (id = $2 or key = $3) order by id <> $2 limit 1";

pub(super) async fn event_accept(
    pool: &Pool,
    tenant: &TenantId,
    event: &Event,
    at: DateTime<Utc>,
) -> Result<EventId, PortError> {
    let entry = event_message(tenant, event);
    let key = event.key.as_deref().map(plain);
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query(ACCEPT)
        .bind(tenant.as_str())
        .bind(event.id)
        .bind(key.as_deref())
        .bind(plain(&event.category).as_ref())
        .bind(json(event)?)
        .bind(at)
        .bind(entry.queue.as_str())
        .bind(entry.message.to_json().map_err(PortError::corrupt)?)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    if row.try_get("made").map_err(port_error)? {
        transaction.commit().await.map_err(commit_error)?;
        return Ok(event.id);
    }
    let row = pool
        .query(TAKEN)
        .bind(tenant.as_str())
        .bind(event.id)
        .bind(key.as_deref())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    // Gone in between only if it was swept at this moment: the caller may try again.
    let row = row.ok_or_else(|| PortError::unavailable("the event with this key went away"))?;
    row.try_get("id").map_err(port_error)
}
