//! What comes by a task's token.

use super::text::json;
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::Answered;
use octavo_domain_workflow::machine::Event;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

const ANSWER: &str = "select workflow_answer($1, $2, $3, $4)";
const HEARTBEAT: &str = "select workflow_heartbeat($1, $2, $3)";

pub(super) async fn token_answer(
    pool: &Pool,
    tenant: &TenantId,
    token: &str,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<Answered, PortError> {
    if is_no_token(token) {
        return Ok(Answered::Gone);
    }
    let event = json(event)?;
    let answer = || pool.query(ANSWER).bind(tenant.as_str()).bind(token).bind(event.as_str()).bind(now);
    // Tried again after its answer was lost, it would say that there is no such task.
    answered(pool.call(Repeat::Never, answer).await)
}

pub(super) async fn token_heartbeat(
    pool: &Pool,
    tenant: &TenantId,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Answered, PortError> {
    if is_no_token(token) {
        return Ok(Answered::Gone);
    }
    let heartbeat = || pool.query(HEARTBEAT).bind(tenant.as_str()).bind(token).bind(now);
    answered(pool.call(Repeat::Harmless, heartbeat).await)
}

/// What the database would refuse to read.
fn is_no_token(token: &str) -> bool {
    token.contains('\0')
}

fn answered(rows: Result<Vec<PgRow>, sqlx::Error>) -> Result<Answered, PortError> {
    let rows = rows.map_err(commit_error)?;
    let row = rows.first().ok_or_else(|| PortError::corrupt("the function answered nothing"))?;
    let execution: Option<Uuid> = row.try_get(0).map_err(port_error)?;
    Ok(execution.map_or(Answered::Gone, |id| Answered::Taken(ExecutionId(id))))
}
