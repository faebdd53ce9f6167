//! Inboxes.

use crate::Postgres;
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use crate::transaction::Transaction;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::{INBOX_MAX, InboxPage, InboxPosition, InboxStore, Mark, NewNotification, Notification};
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// Notifications of a page.
const PAGE_MAX: u16 = 100;
/// Notifications that are marked by name at once.
const MARKED_MAX: usize = 1_000;

/// One at a time in an inbox: else two would both find room for the last one, and two that mark the same ones in another
/// order would wait for each other. A statement of its own: the next one sees what was committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.inbox:' || $1 || ':' || $2, 0))";

/// A function in the database: one round trip. It locks as [`ALONE`] does, and makes room.
const ADD: &str = "select notification_add($1, $10, $11, array[$2], array[$3::uuid], array[$4], array[$5], array[$6], \
                   array[$7], array[$8], array[$9])";

const UNREAD: &str = "
select count(*) as unread from notification
where tenant = $1 and user_id = $2 and read_at is null and archived_at is null";

/// One more than the page, to know whether there are more. The count comes also where the page is empty.
const LIST: &str = "
select u.unread, n.*
from (
    select count(*) as unread from notification
    where tenant = $1 and user_id = $2 and read_at is null and archived_at is null) u
left join lateral (
    select id, category, title, text, link, data, created_at, seen_at, read_at, archived_at
    from notification
    where tenant = $1 and user_id = $2 and ($3::uuid is null or id < $3) and ($4 or archived_at is null)
    order by id desc limit $5) n on true
order by n.id desc";

/// Which are meant; `$3` is null where all are.
const MEANT: &str = "where tenant = $1 and user_id = $2 and case when $3::uuid[] is null then archived_at is null \
                     else id = any ($3::uuid[]) end";

#[derive(FromRow)]
struct NotificationRow {
    id: Uuid,
    category: String,
    title: String,
    text: String,
    link: Option<String>,
    data: Json<Map<String, Value>>,
    created_at: DateTime<Utc>,
    seen_at: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
    archived_at: Option<DateTime<Utc>>,
}

impl From<NotificationRow> for Notification {
    fn from(row: NotificationRow) -> Self {
        Self {
            id: row.id,
            category: row.category,
            title: row.title,
            text: row.text,
            link: row.link,
            data: row.data.0,
            created_at: row.created_at,
            seen_at: row.seen_at,
            read_at: row.read_at,
            archived_at: row.archived_at,
        }
    }
}

#[async_trait]
impl InboxStore for Postgres {
    async fn inbox_add(
        &self,
        tenant: &TenantId,
        user: &UserId,
        id: Uuid,
        new: &NewNotification,
        at: DateTime<Utc>,
    ) -> Result<Option<Notification>, PortError> {
        new.check().map_err(PortError::corrupt)?;
        let pool = &self.pool;
        let data = serde_json::to_string(&new.data).map_err(PortError::corrupt)?;
        let add = || {
            pool.query(ADD)
                .bind(tenant.as_str())
                .bind(user.as_str())
                .bind(id)
                .bind(&new.category)
                .bind(&new.title)
                .bind(&new.text)
                .bind(new.link.as_deref())
                .bind(data.as_str())
                .bind(new.dedupe_key.as_deref())
                .bind(at)
                .bind(i64::from(INBOX_MAX))
        };
        // Added again after its answer was lost, it would seem to have been there already.
        if pool.call(Repeat::Never, add).await.map_err(commit_error)?.is_empty() {
            return Ok(None);
        }
        Ok(Some(Notification {
            id,
            category: new.category.clone(),
            title: new.title.clone(),
            text: new.text.clone(),
            link: new.link.clone(),
            data: new.data.clone(),
            created_at: at,
            seen_at: None,
            read_at: None,
            archived_at: None,
        }))
    }

    async fn inbox_list(
        &self,
        tenant: &TenantId,
        user: &UserId,
        before: Option<InboxPosition>,
        archived: bool,
        limit: u16,
    ) -> Result<InboxPage, PortError> {
        let limit = usize::from(limit.clamp(1, PAGE_MAX));
        let pool = &self.pool;
        let mut transaction = pool.begin(tenant).await?;
        let rows = pool
            .query(LIST)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(before.map(|before| before.id))
            .bind(archived)
            .bind(number::<_, i64>("limit", limit + 1)?)
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        let mut page = InboxPage { notifications: Vec::new(), more: false, unread: 0 };
        for row in &rows {
            page.unread = number("unread", row.try_get::<i64, _>("unread").map_err(port_error)?)?;
            if row.try_get::<Option<Uuid>, _>("id").map_err(port_error)?.is_some() {
                page.notifications.push(NotificationRow::from_row(row).map_err(port_error)?.into());
            }
        }
        page.more = page.notifications.len() > limit;
        page.notifications.truncate(limit);
        Ok(page)
    }

    async fn inbox_unread(&self, tenant: &TenantId, user: &UserId) -> Result<u32, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let unread = unread(&self.pool, &mut transaction, tenant, user).await?;
        transaction.rollback().await.map_err(port_error)?;
        Ok(unread)
    }

    async fn inbox_mark(
        &self,
        tenant: &TenantId,
        user: &UserId,
        ids: Option<&[Uuid]>,
        mark: Mark,
        at: DateTime<Utc>,
    ) -> Result<u32, PortError> {
        if ids.is_some_and(|ids| ids.len() > MARKED_MAX) {
            return Err(PortError::corrupt(format!("at most {MARKED_MAX} notifications are marked at once")));
        }
        let pool = &self.pool;
        let mut transaction = begin_alone(pool, tenant, user).await?;
        pool.query(sqlx::AssertSqlSafe(marking(mark)))
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(ids)
            .bind(at)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        let unread = unread(pool, &mut transaction, tenant, user).await?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(unread)
    }
}

/// Writes only what is not so yet. `$4` is named by each, so that all take the same values.
fn marking(mark: Mark) -> String {
    let (set, unless) = match mark {
        Mark::Seen => ("seen_at = $4", "seen_at is null"),
        Mark::Read => ("read_at = $4, seen_at = coalesce(seen_at, $4)", "read_at is null"),
        Mark::Unread => ("read_at = null", "read_at is not null and $4::timestamptz is not null"),
        Mark::Archived => (
            "archived_at = $4, read_at = coalesce(read_at, $4), seen_at = coalesce(seen_at, $4)",
            "archived_at is null",
        ),
    };
    format!("update notification set {set} {MEANT} and {unless}")
}

async fn begin_alone(pool: &Pool, tenant: &TenantId, user: &UserId) -> Result<Transaction, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    pool.query(ALONE).bind(tenant.as_str()).bind(user.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
    Ok(transaction)
}

async fn unread(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    user: &UserId,
) -> Result<u32, PortError> {
    let row = pool
        .query(UNREAD)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .fetch_one(&mut **transaction)
        .await
        .map_err(port_error)?;
    number("unread", row.try_get::<i64, _>("unread").map_err(port_error)?)
}
