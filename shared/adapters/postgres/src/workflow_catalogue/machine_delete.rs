//! Deletes state machines: at once, or when their last execution has ended.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, TenantId};

/// A machine that is being deleted and has no execution that runs. Children of map runs do not outlive their parents.
const REAPED: &str = "delete from workflow_machine m where m.tenant = $1 and m.arn = $2 and m.deleting \
     and not exists (select from workflow_running e \
         where e.tenant = $1 and e.machine_arn = $2 and e.map_run_arn is null)";

/// What goes with it. Its revisions stay for the executions that ran them, as long as these are kept.
const WITH_IT: [&str; 3] = [
    "delete from workflow_alias where tenant = $1 and machine_arn = $2",
    "delete from workflow_version where tenant = $1 and machine_arn = $2",
    "update workflow_revision set superseded_at = now() \
     where tenant = $1 and machine_arn = $2 and superseded_at is null",
];

pub(super) async fn machine_delete(pool: &Pool, tenant: &TenantId, arn: &str) -> Result<(), PortError> {
    let mut transaction = pool.begin(tenant).await?;
    pool.query("update workflow_machine set deleting = true where tenant = $1 and arn = $2")
        .bind(tenant.as_str())
        .bind(arn)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    reap(pool, &mut transaction, tenant, arn).await?;
    transaction.commit().await.map_err(commit_error)
}

/// Takes a machine away that is being deleted and can go; whether it did. Nobody does this in the background: whoever looks
/// at the machine does it, so that it is never seen after its last execution.
pub(super) async fn reap(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    arn: &str,
) -> Result<bool, PortError> {
    let reaped = pool.query(REAPED).bind(tenant.as_str()).bind(arn).execute(&mut **transaction).await;
    if reaped.map_err(port_error)?.rows_affected() == 0 {
        return Ok(false);
    }
    for sql in WITH_IT {
        pool.query(sql).bind(tenant.as_str()).bind(arn).execute(&mut **transaction).await.map_err(port_error)?;
    }
    Ok(true)
}
