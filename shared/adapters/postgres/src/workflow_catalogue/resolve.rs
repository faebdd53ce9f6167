//! State machines as executions need them.

use super::rows::{read_json, version_arn};
use crate::error::port_error;
use crate::pool::Pool;
use crate::store::Postgres;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::arn::{Arn, Resource};
use octavo_domain_workflow::engine::RevisionId;
use octavo_domain_workflow::engine::ports::{Machines, Resolved, Revision};
use sqlx::FromRow;
use uuid::Uuid;

/// The current revision.
const MACHINE: &str = "select m.name, m.express, m.revision, r.role_arn, r.configuration, null::integer as number \
     from workflow_machine m join workflow_revision r on r.tenant = m.tenant and r.id = m.revision \
     where m.tenant = $1 and m.arn = $2 and not m.deleting and $3::text is null and $4::integer is null";

/// A version's revision: $3 is its number.
const VERSION: &str = "select m.name, m.express, v.revision, r.role_arn, r.configuration, v.number \
     from workflow_version v \
     join workflow_machine m on m.tenant = v.tenant and m.arn = v.machine_arn and not m.deleting \
     join workflow_revision r on r.tenant = v.tenant and r.id = v.revision \
     where v.tenant = $1 and v.machine_arn = $2 and v.number = $3::integer and $4::integer is null";

/// The revision of the version that an alias chooses: $3 is its name, $4 a number from 0 to 99.
const ALIAS: &str = "select m.name, m.express, v.revision, r.role_arn, r.configuration, v.number \
     from workflow_alias a \
     join workflow_machine m on m.tenant = a.tenant and m.arn = a.machine_arn and not m.deleting \
     join workflow_version v on v.tenant = a.tenant and v.machine_arn = a.machine_arn \
         and v.number = case when $4 < a.weight then a.version else a.second_version end \
     join workflow_revision r on r.tenant = v.tenant and r.id = v.revision \
     where a.tenant = $1 and a.machine_arn = $2 and a.name = $3";

#[derive(FromRow)]
struct ResolvedRow {
    name: String,
    express: bool,
    revision: Uuid,
    role_arn: String,
    configuration: String,
    number: Option<i32>,
}

#[derive(FromRow)]
struct RevisionRow {
    definition: String,
    express: bool,
    initial: bool,
    configuration: String,
    created_at: DateTime<Utc>,
}

async fn machine_resolve(
    pool: &Pool,
    tenant: &TenantId,
    arn: &str,
    chance: u64,
) -> Result<Option<Resolved>, PortError> {
    let Ok(parsed) = Arn::parse(arn) else { return Ok(None) };
    let Some(machine_arn) = parsed.machine_arn() else { return Ok(None) };
    // A hundredth of u64's range more or less likely is nothing that anybody can measure.
    let share = i32::try_from(chance % 100).unwrap_or_default();
    let (sql, part, share, alias) = match parsed.resource {
        Resource::Machine { .. } => (MACHINE, None, None, false),
        Resource::Version { number, .. } => (VERSION, Some(number.to_string()), None, false),
        Resource::Alias { alias, .. } => (ALIAS, Some(alias.to_owned()), Some(share), true),
        _ => return Ok(None),
    };
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(sql)
        .bind(tenant.as_str())
        .bind(machine_arn)
        .bind(part)
        .bind(share)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(None) };
    let row = ResolvedRow::from_row(&row).map_err(port_error)?;
    Ok(Some(Resolved {
        arn: machine_arn.to_owned(),
        name: row.name,
        revision: RevisionId(row.revision),
        express: row.express,
        role_arn: row.role_arn,
        version_arn: row.number.map(|number| version_arn(machine_arn, number)),
        alias_arn: alias.then(|| arn.to_owned()),
        configuration: read_json("configuration", &row.configuration)?,
    }))
}

async fn revision_get(pool: &Pool, tenant: &TenantId, revision: RevisionId) -> Result<Option<Revision>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(
            "select definition, express, initial, configuration, created_at from workflow_revision \
             where tenant = $1 and id = $2",
        )
        .bind(tenant.as_str())
        .bind(revision.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(None) };
    let row = RevisionRow::from_row(&row).map_err(port_error)?;
    Ok(Some(Revision {
        definition: row.definition,
        express: row.express,
        initial: row.initial,
        configuration: read_json("configuration", &row.configuration)?,
        created_at: row.created_at,
    }))
}

#[async_trait]
impl Machines for Postgres {
    async fn machine_resolve(&self, tenant: &TenantId, arn: &str, chance: u64) -> Result<Option<Resolved>, PortError> {
        machine_resolve(&self.pool, tenant, arn, chance).await
    }

    async fn revision_get(&self, tenant: &TenantId, revision: RevisionId) -> Result<Option<Revision>, PortError> {
        revision_get(&self.pool, tenant, revision).await
    }
}
