//! Aliases of state machines.

use super::machine_update::hold;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::number;
use crate::store::Postgres;
use crate::transaction::Transaction;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{ALIASES_MAX, Alias, AliasChange, AliasChanged, AliasCreated, Aliases, Route};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, Row};

const COLUMNS: &str = "machine_arn, name, description, version, weight, second_version, created_at, updated_at";

/// How many of the versions that are named are there.
const VERSIONS_THERE: &str =
    "select count(*) from workflow_version where tenant = $1 and machine_arn = $2 and number = any($3)";

#[derive(FromRow)]
struct AliasRow {
    machine_arn: String,
    name: String,
    description: Option<String>,
    version: i32,
    weight: i16,
    second_version: Option<i32>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

fn alias(row: &PgRow) -> Result<Alias, PortError> {
    let row = AliasRow::from_row(row).map_err(port_error)?;
    let weight: u8 = number("weight", row.weight)?;
    let mut routes = vec![Route { version: number("version", row.version)?, weight }];
    if let Some(second) = row.second_version {
        routes.push(Route { version: number("second_version", second)?, weight: 100 - weight.min(100) });
    }
    Ok(Alias {
        arn: format!("{}:{}", row.machine_arn, row.name),
        machine_arn: row.machine_arn,
        name: row.name,
        description: row.description,
        routes,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// Routes as columns: version, weight, second version.
fn columns(routes: &[Route]) -> Result<(i32, i16, Option<i32>), PortError> {
    match routes {
        [one] if one.weight == 100 => Ok((number("version", one.version)?, 100, None)),
        [one, two] if u16::from(one.weight) + u16::from(two.weight) == 100 && one.version != two.version => {
            let second = number("second_version", two.version)?;
            Ok((number("version", one.version)?, i16::from(one.weight), Some(second)))
        }
        _ => Err(PortError::corrupt("an alias has one or two routes of a hundred together")),
    }
}

async fn versions_are_there(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    machine_arn: &str,
    (version, _, second): (i32, i16, Option<i32>),
) -> Result<bool, PortError> {
    let wanted: Vec<i32> = std::iter::once(version).chain(second).collect();
    let row = pool
        .query(VERSIONS_THERE)
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(&wanted)
        .fetch_one(&mut **transaction)
        .await
        .map_err(port_error)?;
    let there: i64 = row.try_get(0).map_err(port_error)?;
    Ok(usize::try_from(there) == Ok(wanted.len()))
}

async fn get_in(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    machine_arn: &str,
    name: &str,
) -> Result<Option<Alias>, PortError> {
    let sql = format!("select {COLUMNS} from workflow_alias where tenant = $1 and machine_arn = $2 and name = $3");
    let row = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(name)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(port_error)?;
    row.as_ref().map(alias).transpose()
}

async fn create_in(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    new: &Alias,
) -> Result<AliasCreated, PortError> {
    let columns = columns(&new.routes)?;
    match hold(pool, transaction, tenant, &new.machine_arn).await? {
        None => return Ok(AliasCreated::NoVersion),
        Some(held) if held.deleting => return Ok(AliasCreated::Deleting),
        Some(_) => {}
    }
    if let Some(found) = get_in(pool, transaction, tenant, &new.machine_arn, &new.name).await? {
        return Ok(AliasCreated::Exists(found));
    }
    if !versions_are_there(pool, transaction, tenant, &new.machine_arn, columns).await? {
        return Ok(AliasCreated::NoVersion);
    }
    let (version, weight, second) = columns;
    let result = pool
        .query(
            "insert into workflow_alias (tenant, machine_arn, name, description, version, weight, second_version, \
             created_at, updated_at) select $1, $2, $3, $4, $5, $6, $7, $8, $9 \
             where (select count(*) from workflow_alias where tenant = $1 and machine_arn = $2) < $10",
        )
        .bind(tenant.as_str())
        .bind(&new.machine_arn)
        .bind(&new.name)
        .bind(&new.description)
        .bind(version)
        .bind(weight)
        .bind(second)
        .bind(new.created_at)
        .bind(new.updated_at)
        .bind(i64::from(ALIASES_MAX))
        .execute(&mut **transaction)
        .await
        .map_err(port_error)?;
    Ok(if result.rows_affected() == 0 { AliasCreated::TooMany } else { AliasCreated::New })
}

async fn update_in(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    change: &AliasChange,
) -> Result<AliasChanged, PortError> {
    match hold(pool, transaction, tenant, &change.machine_arn).await? {
        None => return Ok(AliasChanged::Missing),
        Some(held) if held.deleting => return Ok(AliasChanged::Deleting),
        Some(_) => {}
    }
    let Some(found) = get_in(pool, transaction, tenant, &change.machine_arn, &change.name).await? else {
        return Ok(AliasChanged::Missing);
    };
    let columns = columns(change.routes.as_deref().unwrap_or(&found.routes))?;
    if change.routes.is_some() && !versions_are_there(pool, transaction, tenant, &change.machine_arn, columns).await? {
        return Ok(AliasChanged::Missing);
    }
    let (version, weight, second) = columns;
    pool.query(
        "update workflow_alias set description = $4, version = $5, weight = $6, second_version = $7, updated_at = $8 \
         where tenant = $1 and machine_arn = $2 and name = $3",
    )
    .bind(tenant.as_str())
    .bind(&change.machine_arn)
    .bind(&change.name)
    .bind(change.description.as_ref().or(found.description.as_ref()))
    .bind(version)
    .bind(weight)
    .bind(second)
    .bind(change.at)
    .execute(&mut **transaction)
    .await
    .map_err(port_error)?;
    Ok(AliasChanged::Done)
}

#[async_trait]
impl Aliases for Postgres {
    async fn alias_create(&self, tenant: &TenantId, alias: &Alias) -> Result<AliasCreated, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let created = create_in(&self.pool, &mut transaction, tenant, alias).await?;
        // What changed nothing is committed as well: that is as cheap as taking it back.
        transaction.commit().await.map_err(commit_error)?;
        Ok(created)
    }

    async fn alias_update(&self, tenant: &TenantId, change: &AliasChange) -> Result<AliasChanged, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let changed = update_in(&self.pool, &mut transaction, tenant, change).await?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(changed)
    }

    async fn alias_get(&self, tenant: &TenantId, machine_arn: &str, name: &str) -> Result<Option<Alias>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let found = get_in(&self.pool, &mut transaction, tenant, machine_arn, name).await?;
        transaction.rollback().await.map_err(port_error)?;
        Ok(found)
    }

    async fn alias_list(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        version: Option<u32>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Alias>, PortError> {
        let sql = format!(
            "select {COLUMNS} from workflow_alias where tenant = $1 and machine_arn = $2 \
             and ($3::integer is null or version = $3 or second_version = $3) and ($4::text is null or name > $4) \
             order by name limit $5"
        );
        let version = version.map(|version| i32::try_from(version).unwrap_or(-1));
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(machine_arn)
            .bind(version)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter().map(alias).collect()
    }

    async fn alias_delete(&self, tenant: &TenantId, machine_arn: &str, name: &str) -> Result<bool, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let result = self
            .pool
            .query("delete from workflow_alias where tenant = $1 and machine_arn = $2 and name = $3")
            .bind(tenant.as_str())
            .bind(machine_arn)
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(result.rows_affected() > 0)
    }
}
