//! Puts a new revision in the place of a state machine's current one.

use super::machine_create::revision_insert;
use super::versions::publish_locked;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{MachineUpdate, MachineUpdated};
use octavo_domain_workflow::engine::RevisionId;
use sqlx::Row;
use uuid::Uuid;

/// A machine's row, held until the transaction ends.
pub(super) struct Held {
    pub(super) revision: RevisionId,
    pub(super) express: bool,
    pub(super) deleting: bool,
}

/// Holds a machine's row against all who would change the machine, its versions or its aliases.
pub(super) async fn hold(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    arn: &str,
) -> Result<Option<Held>, PortError> {
    let row = pool
        .query("select revision, express, deleting from workflow_machine where tenant = $1 and arn = $2 for update")
        .bind(tenant.as_str())
        .bind(arn)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(port_error)?;
    row.map(|row| {
        Ok(Held {
            revision: RevisionId(row.try_get::<Uuid, _>("revision").map_err(port_error)?),
            express: row.try_get("express").map_err(port_error)?,
            deleting: row.try_get("deleting").map_err(port_error)?,
        })
    })
    .transpose()
}

pub(super) async fn machine_update(
    pool: &Pool,
    tenant: &TenantId,
    update: &MachineUpdate,
) -> Result<MachineUpdated, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let held = hold(pool, &mut transaction, tenant, &update.arn).await?;
    let Some(held) = held.filter(|held| !held.deleting && held.revision == update.expected) else {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(MachineUpdated::Stale);
    };
    let mut current = held.revision;
    if let Some(revision) = &update.revision {
        revision_insert(pool, &mut transaction, tenant, &update.arn, held.express, false, revision, update.at).await?;
        pool.query("update workflow_machine set revision = $3, updated_at = $4 where tenant = $1 and arn = $2")
            .bind(tenant.as_str())
            .bind(&update.arn)
            .bind(revision.id.0)
            .bind(update.at)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        supersede(pool, &mut transaction, tenant, current).await?;
        current = revision.id;
    }
    let version = match &update.publish {
        Some(publish) => {
            let description = publish.description.as_deref();
            let version =
                publish_locked(pool, &mut transaction, tenant, &update.arn, current, description, update.at).await?;
            if version.is_none() {
                transaction.rollback().await.map_err(port_error)?;
                return Ok(MachineUpdated::TooManyVersions);
            }
            version
        }
        None => None,
    };
    transaction.commit().await.map_err(commit_error)?;
    Ok(MachineUpdated::Done(version))
}

/// Notes since when nothing can be started with a revision, unless it is current or a version's.
pub(super) async fn supersede(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    revision: RevisionId,
) -> Result<(), PortError> {
    pool.query(
        "update workflow_revision r set superseded_at = now() where r.tenant = $1 and r.id = $2 \
         and not exists (select from workflow_version v where v.tenant = $1 and v.revision = $2) \
         and not exists (select from workflow_machine m \
             where m.tenant = $1 and m.arn = r.machine_arn and m.revision = $2)",
    )
    .bind(tenant.as_str())
    .bind(revision.0)
    .execute(&mut **transaction)
    .await
    .map_err(port_error)?;
    Ok(())
}
