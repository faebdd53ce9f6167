//! Versions of state machines.

use super::machine_update::{hold, supersede};
use super::rows::{MACHINE_COLUMNS, VERSION_COLUMNS, machine, version, version_arn};
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::number;
use crate::transaction::Transaction;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{Machine, Publish, Published, VERSIONS_MAX, Version, VersionDeleted};
use octavo_domain_workflow::engine::RevisionId;
use sqlx::{AssertSqlSafe, Row};

/// Takes the next number, where there is room for one more.
const TAKE: &str = "update workflow_machine m set next_version = next_version + 1 \
     where m.tenant = $1 and m.arn = $2 \
     and (select count(*) from workflow_version v where v.tenant = $1 and v.machine_arn = $2) < $3 \
     returning next_version - 1";

pub(super) async fn version_publish(pool: &Pool, tenant: &TenantId, publish: &Publish) -> Result<Published, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let held = hold(pool, &mut transaction, tenant, &publish.machine_arn).await?;
    let Some(held) = held.filter(|held| !held.deleting && held.revision == publish.expected) else {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(Published::Stale);
    };
    let arn = &publish.machine_arn;
    let description = publish.description.as_deref();
    match publish_locked(pool, &mut transaction, tenant, arn, held.revision, description, publish.at).await? {
        Some(version) => {
            transaction.commit().await.map_err(commit_error)?;
            Ok(Published::Done(version))
        }
        None => {
            transaction.rollback().await.map_err(port_error)?;
            Ok(Published::TooMany)
        }
    }
}

/// Gives a revision of a machine whose row is held a number, unless it has one. None if there is no room.
pub(super) async fn publish_locked(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    machine_arn: &str,
    revision: RevisionId,
    description: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Option<Version>, PortError> {
    if let Some(version) = latest_of_revision(pool, transaction, tenant, machine_arn, revision).await? {
        return Ok(Some(version));
    }
    let taken = pool
        .query(TAKE)
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(i64::from(VERSIONS_MAX))
        .fetch_optional(&mut **transaction)
        .await
        .map_err(port_error)?;
    let Some(taken) = taken else { return Ok(None) };
    let taken: i32 = taken.try_get(0).map_err(port_error)?;
    pool.query(
        "insert into workflow_version (tenant, machine_arn, number, revision, description, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant.as_str())
    .bind(machine_arn)
    .bind(taken)
    .bind(revision.0)
    .bind(description)
    .bind(at)
    .execute(&mut **transaction)
    .await
    .map_err(port_error)?;
    Ok(Some(Version {
        arn: version_arn(machine_arn, taken),
        number: number("number", taken)?,
        revision,
        description: description.map(str::to_owned),
        created_at: at,
    }))
}

/// The version of a revision.
pub(super) async fn latest_of_revision(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    machine_arn: &str,
    revision: RevisionId,
) -> Result<Option<Version>, PortError> {
    let sql = format!("select {VERSION_COLUMNS} from workflow_version where tenant = $1 and revision = $2");
    let row = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(revision.0)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(port_error)?;
    row.map(|row| version(machine_arn, &row)).transpose()
}

pub(super) async fn version_get(
    pool: &Pool,
    tenant: &TenantId,
    machine_arn: &str,
    wanted: u32,
) -> Result<Option<(Version, Machine)>, PortError> {
    // A number that no column can hold is none that was given out.
    let Ok(wanted) = i32::try_from(wanted) else { return Ok(None) };
    let version_sql = format!(
        "select {VERSION_COLUMNS} from workflow_version where tenant = $1 and machine_arn = $2 and number = $3"
    );
    let machine_sql = format!(
        "select {MACHINE_COLUMNS} from workflow_machine m join workflow_revision r on r.tenant = m.tenant \
         where m.tenant = $1 and m.arn = $2 and r.id = $3"
    );
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(AssertSqlSafe(version_sql))
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(wanted)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    let Some(row) = row else {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(None);
    };
    let version = version(machine_arn, &row)?;
    let row = pool
        .query(AssertSqlSafe(machine_sql))
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(version.revision.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let machine = row.as_ref().map(machine).transpose()?;
    Ok(machine.map(|machine| (version, machine)))
}

pub(super) async fn version_list(
    pool: &Pool,
    tenant: &TenantId,
    machine_arn: &str,
    below: Option<u32>,
    limit: u32,
) -> Result<Vec<Version>, PortError> {
    let sql = format!(
        "select {VERSION_COLUMNS} from workflow_version where tenant = $1 and machine_arn = $2 \
         and number < coalesce($3, 2147483647) order by number desc limit $4"
    );
    let below = below.map(|below| i32::try_from(below).unwrap_or(i32::MAX));
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(below)
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| version(machine_arn, row)).collect()
}

pub(super) async fn version_delete(
    pool: &Pool,
    tenant: &TenantId,
    machine_arn: &str,
    number: u32,
) -> Result<VersionDeleted, PortError> {
    let Ok(number) = i32::try_from(number) else { return Ok(VersionDeleted::Done) };
    let mut transaction = pool.begin(tenant).await?;
    // Aliases are changed by whoever holds the machine's row, so none begins to name the version now.
    if hold(pool, &mut transaction, tenant, machine_arn).await?.is_none() {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(VersionDeleted::Done);
    }
    let aliases = pool
        .query(
            "select name from workflow_alias where tenant = $1 and machine_arn = $2 \
             and (version = $3 or second_version = $3) order by name",
        )
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(number)
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    if !aliases.is_empty() {
        transaction.rollback().await.map_err(port_error)?;
        let names = aliases.iter().map(|row| row.try_get(0).map_err(port_error));
        return Ok(VersionDeleted::Used(names.collect::<Result<_, _>>()?));
    }
    let deleted = pool
        .query("delete from workflow_version where tenant = $1 and machine_arn = $2 and number = $3 returning revision")
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(number)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    if let Some(row) = deleted {
        let revision = RevisionId(row.try_get(0).map_err(port_error)?);
        supersede(pool, &mut transaction, tenant, revision).await?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(VersionDeleted::Done)
}
