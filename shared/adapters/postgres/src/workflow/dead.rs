//! Executions that could not be advanced.

use super::text::plain;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::DeadExecution;
use sqlx::Row;

/// Only what runs can die.
const BURY: &str = "
insert into workflow_dead (tenant, execution_id, error, at)
select tenant, id, $3, $4 from workflow_running where tenant = $1 and id = $2
on conflict (tenant, execution_id) do update set error = excluded.error, at = excluded.at";

/// What waits rests. Tasks before signals, as commits do it.
const REST: [&str; 2] = [
    "update workflow_task set due_at = null, worker = null, leased_until = null
     where tenant = $1 and execution_id = $2 and due_at is not null",
    "update workflow_signal set due_at = null where tenant = $1 and execution_id = $2 and due_at is not null",
];

const DEAD: &str = "
select d.execution_id, r.arn, d.error, d.at
from workflow_dead d join workflow_running r on r.tenant = d.tenant and r.id = d.execution_id
where d.tenant = $1
order by d.at desc, d.execution_id desc
limit $2";

const REVIVE: &str = "delete from workflow_dead where tenant = $1 and execution_id = $2";
const DUE_AGAIN: &str = "select workflow_due_again($1, $2, $3)";

pub(super) async fn execution_bury(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
    error: &str,
    at: DateTime<Utc>,
) -> Result<(), PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(BURY).bind(tenant.as_str()).bind(id.0).bind(plain(error).into_owned()).bind(at);
    if query.execute(&mut *transaction).await.map_err(port_error)?.rows_affected() > 0 {
        for sql in REST {
            let query = pool.query(sql).bind(tenant.as_str()).bind(id.0);
            query.execute(&mut *transaction).await.map_err(port_error)?;
        }
    }
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn dead_executions(
    pool: &Pool,
    tenant: &TenantId,
    limit: u32,
) -> Result<Vec<DeadExecution>, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(DEAD).bind(tenant.as_str()).bind(i64::from(limit));
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            Ok(DeadExecution {
                id: ExecutionId(row.try_get("execution_id").map_err(port_error)?),
                arn: row.try_get("arn").map_err(port_error)?,
                error: row.try_get("error").map_err(port_error)?,
                at: row.try_get("at").map_err(port_error)?,
            })
        })
        .collect()
}

pub(super) async fn execution_revive(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
    now: DateTime<Utc>,
) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(REVIVE).bind(tenant.as_str()).bind(id.0);
    let found = query.execute(&mut *transaction).await.map_err(port_error)?.rows_affected() > 0;
    if !found {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(false);
    }
    let query = pool.query(DUE_AGAIN).bind(tenant.as_str()).bind(id.0).bind(now);
    query.execute(&mut *transaction).await.map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(true)
}
