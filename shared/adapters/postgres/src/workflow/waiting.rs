//! What an execution waits for.

use super::text::{kept, read};
use crate::error::port_error;
use crate::pool::Pool;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::{ExecutionId, Kept, Task};
use sqlx::Row;

/// Rows that are shown of either kind. An execution may wait for more.
const ROWS_MAX: i64 = 1_000;

const TASKS: &str = "
select body from workflow_task where tenant = $1 and execution_id = $2 order by frame_id, turn limit $3";

const SIGNALS: &str = "
select id, at, frame_id, turn, event from workflow_signal
where tenant = $1 and execution_id = $2 and at > now()
order by at, id
limit $3";

pub(super) async fn tasks_waiting(pool: &Pool, tenant: &TenantId, id: ExecutionId) -> Result<Vec<Task>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(TASKS).bind(tenant.as_str()).bind(id.0).bind(ROWS_MAX);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let body: String = row.try_get("body").map_err(port_error)?;
            read("body", &body)
        })
        .collect()
}

pub(super) async fn signals_waiting(pool: &Pool, tenant: &TenantId, id: ExecutionId) -> Result<Vec<Kept>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(SIGNALS).bind(tenant.as_str()).bind(id.0).bind(ROWS_MAX);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let event: String = row.try_get("event").map_err(port_error)?;
            kept(
                row.try_get("id").map_err(port_error)?,
                row.try_get("at").map_err(port_error)?,
                row.try_get("frame_id").map_err(port_error)?,
                row.try_get("turn").map_err(port_error)?,
                &event,
            )
        })
        .collect()
}
