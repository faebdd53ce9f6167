//! One execution.

use super::row::{ENDED_COLUMNS, ENDED_MORE, RUNNING_COLUMNS, RUNNING_MORE, ViewRow};
use crate::error::port_error;
use crate::pool::Pool;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::ExecutionView;
use sqlx::{AssertSqlSafe, FromRow};

pub(super) async fn execution_get(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
) -> Result<Option<ExecutionView>, PortError> {
    // One statement, so that one that ends at this moment is in exactly one of the two.
    let sql = format!(
        "select {RUNNING_COLUMNS}, {RUNNING_MORE} from workflow_running where tenant = $1 and id = $2 \
         union all \
         select {ENDED_COLUMNS}, {ENDED_MORE} from workflow_ended where tenant = $1 and id = $2"
    );
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(AssertSqlSafe(sql)).bind(tenant.as_str()).bind(id.0);
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map(|row| ViewRow::from_row(&row).map_err(port_error)?.try_into()).transpose()
}
