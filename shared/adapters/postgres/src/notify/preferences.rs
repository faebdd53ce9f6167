//! What people and tenants set.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::{number, parse};
use crate::workflow::text::{json, read};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::{Preferences, Settings};
use sqlx::Row;

const PREFERENCES: &str = "
select user_id, body from notify_preference where tenant = $1 and user_id = any ($2) order by user_id";
const PREFERENCES_PUT: &str = "
insert into notify_preference (tenant, user_id, body, updated_at) values ($1, $2, $3, $4)
on conflict (tenant, user_id) do update set body = excluded.body, updated_at = excluded.updated_at";

const SETTINGS: &str = "select body, revision from notify_settings where tenant = $1";
/// Of two that saw the same revision, the second waits for the first, then finds another one.
const SETTINGS_PUT: &str = "
insert into notify_settings as s (tenant, revision, body, updated_at, updated_by)
select $1, 1, $2, $4, $5 where $3 = 0 or exists (select from notify_settings where tenant = $1)
on conflict (tenant) do update set
    revision = s.revision + 1, body = excluded.body, updated_at = excluded.updated_at, updated_by = excluded.updated_by
    where s.revision = $3
returning revision";

pub(super) async fn preferences_get(
    pool: &Pool,
    tenant: &TenantId,
    users: &[UserId],
) -> Result<Vec<(UserId, Preferences)>, PortError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(PREFERENCES).bind(tenant.as_str()).bind(users);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let user: String = row.try_get("user_id").map_err(port_error)?;
            let body: String = row.try_get("body").map_err(port_error)?;
            Ok((parse("user_id", &user)?, read("body", &body)?))
        })
        .collect()
}

pub(super) async fn preferences_put(
    pool: &Pool,
    tenant: &TenantId,
    user: &UserId,
    preferences: &Preferences,
    at: DateTime<Utc>,
) -> Result<(), PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    pool.query(PREFERENCES_PUT)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(json(preferences)?)
        .bind(at)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn settings_get(pool: &Pool, tenant: &TenantId) -> Result<(Settings, u32), PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(SETTINGS).bind(tenant.as_str());
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok((Settings::default(), 0)) };
    let body: String = row.try_get("body").map_err(port_error)?;
    let revision: i64 = row.try_get("revision").map_err(port_error)?;
    Ok((read("body", &body)?, number("revision", revision)?))
}

pub(super) async fn settings_put(
    pool: &Pool,
    tenant: &TenantId,
    settings: &Settings,
    revision: u32,
    by: &UserId,
    at: DateTime<Utc>,
) -> Result<Option<u32>, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query(SETTINGS_PUT)
        .bind(tenant.as_str())
        .bind(json(settings)?)
        .bind(i64::from(revision))
        .bind(at)
        .bind(by.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    let revision: Option<i64> = row.map(|row| row.try_get("revision")).transpose().map_err(port_error)?;
    revision.map(|revision| number("revision", revision)).transpose()
}
