//! Limits of a run of a distributed map, while it runs.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::number;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::MapRunUpdate;

/// The run's frame goes by them from its next wake on: they are put over what it knows when it is loaded.
const UPDATE: &str = "
update workflow_map_run set
    max_concurrency = coalesce($3, max_concurrency),
    tolerated_count = coalesce($4, tolerated_count),
    tolerated_percentage = coalesce($5, tolerated_percentage),
    limits_set = true
where tenant = $1 and arn = $2 and status = 'RUNNING'";

pub(super) async fn map_run_update(pool: &Pool, tenant: &TenantId, update: &MapRunUpdate) -> Result<bool, PortError> {
    let count = update.tolerated_count.map(|count| number::<_, i64>("tolerated_count", count)).transpose()?;
    let mut transaction = pool.begin(tenant).await?;
    let found = pool
        .query(UPDATE)
        .bind(tenant.as_str())
        .bind(&update.arn)
        .bind(update.max_concurrency.map(i64::from))
        .bind(count)
        .bind(update.tolerated_percentage)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(found.rows_affected() > 0)
}
