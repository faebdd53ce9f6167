//! Events, as they lie there.

use super::text::meant;
use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use crate::workflow::text::{plain, read};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{EventId, StoredEvent};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

/// Events of a page.
const PAGE_MAX: u32 = 200;

/// Of `notify_event e`: with its messages, and the digests that gathered it, counted by status.
const COUNTED: &str = "
cross join lateral (
    select coalesce(array_agg(status order by status), '{}') as statuses,
        coalesce(array_agg(messages order by status), '{}') as counts
    from (
        select m.status, count(*) as messages from (
            select id, status from notify_message where tenant = $1 and event_id = e.id
            union
            select o.id, o.status from notify_digest_item i
            join notify_message o on o.tenant = $1 and o.id = i.digest_id
            where i.tenant = $1 and i.event_id = e.id) m
        group by m.status) s) c";

#[derive(FromRow)]
struct EventRow {
    body: String,
    taken_at: DateTime<Utc>,
    statuses: Vec<String>,
    counts: Vec<i64>,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = PortError;
    fn try_from(row: EventRow) -> Result<Self, PortError> {
        let counts = row.statuses.iter().zip(row.counts);
        let messages = counts.map(|(status, count)| Ok((meant("status", status)?, number("count", count)?)));
        Ok(Self {
            event: read("body", &row.body)?,
            taken_at: row.taken_at,
            messages: messages.collect::<Result<_, PortError>>()?,
        })
    }
}

fn stored(row: &PgRow) -> Result<StoredEvent, PortError> {
    EventRow::from_row(row).map_err(port_error)?.try_into()
}

pub(super) async fn event_known(pool: &Pool, tenant: &TenantId, event: EventId) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query("select exists (select from notify_event where tenant = $1 and id = $2 and planned_at is not null)")
        .bind(tenant.as_str())
        .bind(event)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.try_get(0).map_err(port_error)
}

pub(super) async fn event_get(
    pool: &Pool,
    tenant: &TenantId,
    event: EventId,
) -> Result<Option<StoredEvent>, PortError> {
    let sql = format!(
        "select e.body, e.taken_at, c.statuses, c.counts from notify_event e {COUNTED} where e.tenant = $1 and e.id = $2"
    );
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(sqlx::AssertSqlSafe(sql)).bind(tenant.as_str()).bind(event);
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.as_ref().map(stored).transpose()
}

pub(super) async fn event_list(
    pool: &Pool,
    tenant: &TenantId,
    category: Option<&str>,
    after: Option<EventId>,
    limit: u32,
) -> Result<Vec<StoredEvent>, PortError> {
    // Counted after the page was cut.
    let sql = format!(
        "select e.body, e.taken_at, c.statuses, c.counts
        from (
            select id, body, taken_at from notify_event
            where tenant = $1 and ($2::text is null or category = $2)
                and ($3::uuid is null
                    or (taken_at, id) < ((select taken_at from notify_event where tenant = $1 and id = $3), $3))
            order by taken_at desc, id desc limit $4) e
        {COUNTED}
        order by e.taken_at desc, e.id desc"
    );
    let mut transaction = pool.begin_planning(tenant).await?;
    let rows = pool
        .query(sqlx::AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(category.map(plain))
        .bind(after)
        .bind(i64::from(limit.clamp(1, PAGE_MAX)))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(stored).collect()
}
