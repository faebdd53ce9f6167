//! Targets of tenants, sealed.

use super::text::meant;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::workflow::text::plain;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_notify::SealedTarget;
use sqlx::FromRow;
use sqlx::postgres::PgRow;

/// Targets of a tenant.
const TARGETS_MAX: i64 = 100;

const TARGETS: &str = "
select name, channel, sealed, active, updated_at from notify_target
where tenant = $1 and ($2::text[] is null or name = any ($2)) order by name limit $3";

/// One at a time of a tenant.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.targets:' || $1, 0))";
const PUT: &str = "
insert into notify_target (tenant, name, channel, sealed, active, updated_at)
select $1, $2, $3, $4, $5, $6
where exists (select from notify_target where tenant = $1 and name = $2)
    or (select count(*) from notify_target where tenant = $1) < $7
on conflict (tenant, name) do update set
    channel = excluded.channel, sealed = excluded.sealed, active = excluded.active, updated_at = excluded.updated_at";

#[derive(FromRow)]
struct TargetRow {
    name: String,
    channel: String,
    sealed: Vec<u8>,
    active: bool,
    updated_at: DateTime<Utc>,
}

fn target(row: &PgRow) -> Result<SealedTarget, PortError> {
    let row = TargetRow::from_row(row).map_err(port_error)?;
    Ok(SealedTarget {
        name: row.name,
        channel: meant("channel", &row.channel)?,
        sealed: row.sealed.into(),
        active: row.active,
        updated_at: row.updated_at,
    })
}

pub(super) async fn targets(
    pool: &Pool,
    tenant: &TenantId,
    names: Option<&[String]>,
) -> Result<Vec<SealedTarget>, PortError> {
    let names: Option<Vec<_>> = names.map(|names| names.iter().map(|name| plain(name)).collect());
    let mut transaction = pool.begin_planning(tenant).await?;
    let query = pool.query(TARGETS).bind(tenant.as_str()).bind(names).bind(TARGETS_MAX);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(target).collect()
}

pub(super) async fn target_put(pool: &Pool, tenant: &TenantId, target: &SealedTarget) -> Result<(), PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    pool.query(LOCK).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
    let put = pool
        .query(PUT)
        .bind(tenant.as_str())
        .bind(plain(&target.name).as_ref())
        .bind(target.channel.as_str())
        .bind(target.sealed.as_ref())
        .bind(target.active)
        .bind(target.updated_at)
        .bind(TARGETS_MAX)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    if put.rows_affected() == 0 {
        let full = format!("a tenant has at most {TARGETS_MAX} targets");
        return Err(PortError::new(PortErrorKind::Conflict, full));
    }
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn target_delete(pool: &Pool, tenant: &TenantId, name: &str) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let deleted = pool
        .query("delete from notify_target where tenant = $1 and name = $2")
        .bind(tenant.as_str())
        .bind(plain(name).as_ref())
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(deleted.rows_affected() > 0)
}
