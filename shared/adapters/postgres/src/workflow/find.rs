//! Which execution an ARN names.

use crate::error::port_error;
use crate::pool::Pool;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use sqlx::Row;
use uuid::Uuid;

const BY_NAME: &str = "select execution_id as id from workflow_name where tenant = $1 and arn = $2";

/// The ARN of an Express execution ends with its id.
const BY_ID: &str = "
select id from workflow_running where tenant = $1 and id = $3 and arn = $2
union all
select id from workflow_ended where tenant = $1 and id = $3 and arn = $2";

pub(super) async fn execution_find(
    pool: &Pool,
    tenant: &TenantId,
    arn: &str,
) -> Result<Option<ExecutionId>, PortError> {
    // No such text was ever stored, and the database would refuse to look for it.
    if arn.contains('\0') {
        return Ok(None);
    }
    let express = arn.split(':').nth(5) == Some("express");
    let id = express.then(|| arn.rsplit(':').next()?.parse::<Uuid>().ok()).flatten();
    let query = match (express, id) {
        (true, None) => return Ok(None),
        (true, Some(id)) => pool.query(BY_ID).bind(tenant.as_str()).bind(arn).bind(id),
        (false, _) => pool.query(BY_NAME).bind(tenant.as_str()).bind(arn),
    };
    let mut transaction = pool.begin(tenant).await?;
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map(|row| row.try_get("id").map(ExecutionId).map_err(port_error)).transpose()
}
