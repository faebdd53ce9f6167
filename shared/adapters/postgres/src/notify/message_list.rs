//! Messages that are listed.

use super::row::{MESSAGE_COLUMNS, MessageRow};
use super::text::word;
use crate::error::port_error;
use crate::pool::Pool;
use crate::workflow::text::plain;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Message, MessageQuery, MessageStatus};
use sqlx::FromRow;

/// Messages of a page.
const PAGE_MAX: u32 = 200;

/// Whatever there is.
const ALL: &str = "notify_message m";

/// Of the event `$2`: its own, and the digests that gathered it. Each by its key: `offset` keeps the planner from looking through
/// the tenant's for them.
const OF_EVENT: &str = "(
    select id from notify_message where tenant = $1 and event_id = $2
    union
    select digest_id from notify_digest_item where tenant = $1 and event_id = $2) e
cross join lateral (select * from notify_message o where o.tenant = $1 and o.id = e.id offset 0) m";

/// `$8`: only what `trouble` has an index for. `$2` is named by each, so that all take the same values.
const WHERE: &str = "
where m.tenant = $1 and ($2::uuid is null or true)
    and ($3::text is null or m.user_id = $3)
    and ($4::text is null or m.channel = $4)
    and ($5::text[] is null or m.status = any ($5))
    and ($6::text is null or m.category = $6)
    and ($7::uuid is null
        or (m.created_at, m.id) < ((select created_at from notify_message where tenant = $1 and id = $7), $7))
    and (not $8::boolean or m.trouble)
order by m.created_at desc, m.id desc limit $9";

pub(super) async fn message_list(
    pool: &Pool,
    tenant: &TenantId,
    query: &MessageQuery,
) -> Result<Vec<Message>, PortError> {
    let from = if query.event.is_some() { OF_EVENT } else { ALL };
    let sql = format!("select {MESSAGE_COLUMNS} from {from} {WHERE}");
    let statuses = query.statuses.iter().map(word).collect::<Result<Vec<_>, _>>()?;
    let statuses = (!statuses.is_empty()).then_some(statuses);
    let mut transaction = pool.begin_planning(tenant).await?;
    let rows = pool
        .query(sqlx::AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(query.event)
        .bind(query.user.as_ref().map(|user| user.as_str()))
        .bind(query.channel.map(octavo_domain_notify::Channel::as_str))
        .bind(statuses)
        .bind(query.category.as_deref().map(plain))
        .bind(query.after)
        .bind(is_trouble(&query.statuses))
        .bind(i64::from(query.limit.clamp(1, PAGE_MAX)))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| MessageRow::from_row(row).map_err(port_error)?.try_into()).collect()
}

/// Whether all of them are what the column `trouble` says.
fn is_trouble(statuses: &[MessageStatus]) -> bool {
    use MessageStatus::{Bounced, Failed, Unknown};
    !statuses.is_empty() && statuses.iter().all(|status| matches!(status, Bounced | Failed | Unknown))
}
