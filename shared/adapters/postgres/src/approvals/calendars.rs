//! Calendars of a tenant.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::workflow::text::{json, read};
use octavo_domain_approvals::NamedCalendar;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use sqlx::Row;
use sqlx::postgres::PgRow;

/// Calendars of a tenant.
const CALENDARS_MAX: i64 = 100;

/// One at a time, or two would both find room for the last one. A statement of its own: the next one sees what was
/// committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.calendar:' || $1, 0))";

const PUT: &str = "
insert into calendar (tenant, name, body, updated_at)
select $1, $2, $3, $4 where (select count(*) from calendar where tenant = $1 and name <> $2) < $5
on conflict (tenant, name) do update set body = excluded.body, updated_at = excluded.updated_at";

fn calendar(row: &PgRow) -> Result<NamedCalendar, PortError> {
    let body: String = row.try_get("body").map_err(port_error)?;
    Ok(NamedCalendar {
        name: row.try_get("name").map_err(port_error)?,
        calendar: read("body", &body)?,
        updated_at: row.try_get("updated_at").map_err(port_error)?,
    })
}

pub(super) async fn calendars(pool: &Pool, tenant: &TenantId) -> Result<Vec<NamedCalendar>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query("select name, body, updated_at from calendar where tenant = $1 order by name limit $2")
        .bind(tenant.as_str())
        .bind(CALENDARS_MAX)
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(calendar).collect()
}

pub(super) async fn calendar_get(
    pool: &Pool,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<NamedCalendar>, PortError> {
    // Which the database would refuse to read.
    if name.contains('\0') {
        return Ok(None);
    }
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query("select name, body, updated_at from calendar where tenant = $1 and name = $2")
        .bind(tenant.as_str())
        .bind(name)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.as_ref().map(calendar).transpose()
}

pub(super) async fn calendar_put(pool: &Pool, tenant: &TenantId, set: &NamedCalendar) -> Result<(), PortError> {
    let mut transaction = pool.begin(tenant).await?;
    pool.query(ALONE).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
    let done = pool
        .query(PUT)
        .bind(tenant.as_str())
        .bind(&set.name)
        .bind(json(&set.calendar)?)
        .bind(set.updated_at)
        .bind(CALENDARS_MAX)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    if done.rows_affected() == 0 {
        transaction.rollback().await.map_err(port_error)?;
        return Err(PortError::new(PortErrorKind::Conflict, format!("a tenant has at most {CALENDARS_MAX} calendars")));
    }
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn calendar_delete(pool: &Pool, tenant: &TenantId, name: &str) -> Result<bool, PortError> {
    if name.contains('\0') {
        return Ok(false);
    }
    let mut transaction = pool.begin(tenant).await?;
    let done = pool
        .query("delete from calendar where tenant = $1 and name = $2")
        .bind(tenant.as_str())
        .bind(name)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(done.rows_affected() > 0)
}
