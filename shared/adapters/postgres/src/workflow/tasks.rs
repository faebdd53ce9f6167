//! Tasks that a step does: leased, prolonged, given back.

use super::columns::Turns;
use super::text::{plain, read};
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::{Claimed, HeldTask};
use sqlx::Row;
use uuid::Uuid;

const CLAIM: &str = "select body, claims from workflow_claim($1, $2, $3, $4, $5, $6)";

const RENEW: &str = "
update workflow_task t set leased_until = $6, due_at = $6
from unnest($3::uuid[], $4::bigint[], $5::bigint[]) as given (execution, frame, turn)
where t.tenant = $1 and t.execution_id = given.execution and t.frame_id = given.frame and t.turn = given.turn
    and t.worker = $2 and not t.accepted and t.activity_arn is null
returning t.execution_id, t.frame_id, t.turn";

/// Not begun, so not counted.
const RELEASE: &str = "
update workflow_task t set
    worker = null, leased_until = null, claims = greatest(t.claims - 1, 0),
    due_at = case when t.due_at is not null then now() end
from unnest($4::bigint[], $5::bigint[]) as given (frame, turn)
where t.tenant = $1 and t.execution_id = $2 and t.frame_id = given.frame and t.turn = given.turn
    and t.worker = $3 and not t.accepted and t.activity_arn is null";

pub(super) async fn tasks_claim(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
    worker: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Claimed>, PortError> {
    let (worker, limit) = (plain(worker), number::<_, i32>("limit", limit)?);
    let claim = || {
        let query = pool.query(CLAIM).bind(tenant.as_str()).bind(id.0).bind(worker.as_ref());
        query.bind(now).bind(until).bind(limit)
    };
    // Claimed by a call whose answer was lost, a task rests until the lease ends.
    let rows = pool.call(Repeat::Never, claim).await.map_err(commit_error)?;
    rows.iter()
        .map(|row| {
            let body: String = row.try_get("body").map_err(port_error)?;
            let claims: i32 = row.try_get("claims").map_err(port_error)?;
            Ok(Claimed { task: read("body", &body)?, claims: number("claims", claims)? })
        })
        .collect()
}

pub(super) async fn tasks_renew(
    pool: &Pool,
    tenant: &TenantId,
    worker: &str,
    tasks: &[HeldTask],
    until: DateTime<Utc>,
) -> Result<Vec<HeldTask>, PortError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let executions: Vec<Uuid> = tasks.iter().map(|(execution, ..)| execution.0).collect();
    let pairs: Vec<(u64, u64)> = tasks.iter().map(|(_, frame, turn)| (*frame, *turn)).collect();
    let turns = Turns::of(&pairs)?;
    let mut transaction = pool.begin_by_index(tenant).await?;
    let rows = pool
        .query(RENEW)
        .bind(tenant.as_str())
        .bind(plain(worker).as_ref())
        .bind(executions)
        .bind(turns.frames)
        .bind(turns.turns)
        .bind(until)
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    rows.iter()
        .map(|row| {
            let execution: Uuid = row.try_get("execution_id").map_err(port_error)?;
            let frame: i64 = row.try_get("frame_id").map_err(port_error)?;
            let turn: i64 = row.try_get("turn").map_err(port_error)?;
            Ok((ExecutionId(execution), number("frame_id", frame)?, number("turn", turn)?))
        })
        .collect()
}

pub(super) async fn tasks_release(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
    worker: &str,
    tasks: &[(u64, u64)],
) -> Result<(), PortError> {
    if tasks.is_empty() {
        return Ok(());
    }
    let turns = Turns::of(tasks)?;
    let mut transaction = pool.begin_by_index(tenant).await?;
    pool.query(RELEASE)
        .bind(tenant.as_str())
        .bind(id.0)
        .bind(plain(worker).as_ref())
        .bind(turns.frames)
        .bind(turns.turns)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}
