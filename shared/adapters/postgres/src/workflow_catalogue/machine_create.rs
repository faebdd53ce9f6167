//! Makes a state machine.

use super::machine_delete::reap;
use super::rows::{MACHINE_COLUMNS, machine, write_json};
use super::versions::{latest_of_revision, publish_locked};
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{MACHINES_MAX, MachineCreated, NewMachine, NewRevision};
use sqlx::{AssertSqlSafe, Row};

/// One at a time in a tenant, or two would both find room for the last one, or the name free. A statement of its own: the
/// next one sees what was committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.workflow_machine:' || $1, 0))";

const INSERT: &str = "insert into workflow_machine \
     (tenant, arn, name, express, revision, next_version, tags, created_at, created_by, updated_at) \
     values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $7)";

pub(super) async fn machine_create(
    pool: &Pool,
    tenant: &TenantId,
    new: &NewMachine,
) -> Result<MachineCreated, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    pool.query(ALONE).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
    reap(pool, &mut transaction, tenant, &new.arn).await?;
    let sql = format!(
        "select {MACHINE_COLUMNS} from workflow_machine m join workflow_revision r on r.tenant = m.tenant \
         and r.id = m.revision where m.tenant = $1 and m.arn = $2"
    );
    let found = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(&new.arn)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    if let Some(row) = found {
        let machine = machine(&row)?;
        let version = latest_of_revision(pool, &mut transaction, tenant, &new.arn, machine.revision).await?;
        transaction.rollback().await.map_err(port_error)?;
        return Ok(MachineCreated::Exists(Box::new(machine), version));
    }
    let count = pool
        .query("select count(*) from workflow_machine where tenant = $1")
        .bind(tenant.as_str())
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    if count.try_get::<i64, _>(0).map_err(port_error)? >= i64::from(MACHINES_MAX) {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(MachineCreated::TooMany);
    }
    revision_insert(pool, &mut transaction, tenant, &new.arn, new.express, true, &new.revision, new.at).await?;
    pool.query(INSERT)
        .bind(tenant.as_str())
        .bind(&new.arn)
        .bind(&new.name)
        .bind(new.express)
        .bind(new.revision.id.0)
        .bind(write_json(&new.tags)?)
        .bind(new.at)
        .bind(new.by.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    let version = match &new.publish {
        Some(publish) => {
            let description = publish.description.as_deref();
            publish_locked(pool, &mut transaction, tenant, &new.arn, new.revision.id, description, new.at).await?
        }
        None => None,
    };
    transaction.commit().await.map_err(commit_error)?;
    Ok(MachineCreated::New(version))
}

#[expect(clippy::too_many_arguments, reason = "the columns of a row, written at two places")]
pub(super) async fn revision_insert(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    machine_arn: &str,
    express: bool,
    initial: bool,
    revision: &NewRevision,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<(), PortError> {
    pool.query(
        "insert into workflow_revision \
         (tenant, id, machine_arn, express, initial, definition, role_arn, configuration, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.as_str())
    .bind(revision.id.0)
    .bind(machine_arn)
    .bind(express)
    .bind(initial)
    .bind(&revision.definition)
    .bind(&revision.role_arn)
    .bind(write_json(&revision.configuration)?)
    .bind(at)
    .execute(&mut **transaction)
    .await
    .map_err(port_error)?;
    Ok(())
}
