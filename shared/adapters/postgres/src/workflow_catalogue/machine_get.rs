//! Reads state machines.

use super::machine_delete::reap;
use super::rows::{MACHINE_COLUMNS, machine};
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{Machine, MachineStatus, MachineSummary};
use sqlx::{AssertSqlSafe, FromRow};

#[derive(FromRow)]
struct SummaryRow {
    arn: String,
    name: String,
    express: bool,
    created_at: DateTime<Utc>,
}

pub(super) async fn machine_get(pool: &Pool, tenant: &TenantId, arn: &str) -> Result<Option<Machine>, PortError> {
    let sql = format!(
        "select {MACHINE_COLUMNS} from workflow_machine m join workflow_revision r on r.tenant = m.tenant \
         and r.id = m.revision where m.tenant = $1 and m.arn = $2"
    );
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(arn)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    let found = row.as_ref().map(machine).transpose()?;
    let deleting = found.as_ref().is_some_and(|machine| machine.status == MachineStatus::Deleting);
    if deleting && reap(pool, &mut transaction, tenant, arn).await? {
        transaction.commit().await.map_err(commit_error)?;
        return Ok(None);
    }
    transaction.rollback().await.map_err(port_error)?;
    Ok(found)
}

pub(super) async fn machine_list(
    pool: &Pool,
    tenant: &TenantId,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<MachineSummary>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    // All ARNs of a tenant differ in the name alone, so that their order is the names'.
    let rows = pool
        .query(
            "select arn, name, express, created_at from workflow_machine m \
             where tenant = $1 and ($2::text is null or arn > $2) and (not deleting or exists (select \
                 from workflow_running e where e.tenant = $1 and e.machine_arn = m.arn and e.map_run_arn is null)) \
             order by arn limit $3",
        )
        .bind(tenant.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let SummaryRow { arn, name, express, created_at } = SummaryRow::from_row(row).map_err(port_error)?;
            Ok(MachineSummary { arn, name, express, created_at })
        })
        .collect()
}
