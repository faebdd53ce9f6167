//! Tasks that workers of activities ask for.

use super::text::{json, plain, read};
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::ActivityTask;
use octavo_domain_workflow::machine::Event;
use sqlx::Row;
use uuid::Uuid;

const CLAIM: &str = "select execution_id, body from workflow_activity_claim($1, $2, $3, $4, $5, $6)";

pub(super) async fn activity_claim(
    pool: &Pool,
    tenant: &TenantId,
    activity_arn: &str,
    worker: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<ActivityTask>, PortError> {
    let started = json(&Event::TaskStarted { worker: worker.map(str::to_owned) })?;
    let timed_out = json(&Event::TaskTimedOut { heartbeat: true })?;
    let (activity, worker) = (plain(activity_arn), worker.map(plain));
    let claim = || {
        let query = pool.query(CLAIM).bind(tenant.as_str()).bind(activity.as_ref()).bind(worker.as_deref());
        query.bind(now).bind(started.as_str()).bind(timed_out.as_str())
    };
    let rows = pool.call(Repeat::Never, claim).await.map_err(commit_error)?;
    let Some(row) = rows.first() else { return Ok(None) };
    let execution: Option<Uuid> = row.try_get("execution_id").map_err(port_error)?;
    let body: Option<String> = row.try_get("body").map_err(port_error)?;
    let (Some(execution), Some(body)) = (execution, body) else { return Ok(None) };
    Ok(Some(ActivityTask { execution: ExecutionId(execution), task: read("body", &body)? }))
}
