//! What is due, of all tenants: signals whose moment has come, tasks that nobody holds.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Due, PortError, TenantId};
use octavo_domain_workflow::engine::{ExecutionId, wake_message};
use sqlx::Row;
use uuid::Uuid;

/// All that is done while nothing is due: two looks at the left edge of an index.
const NEXT: &str = "
select
    now() as now,
    least(
        (select due_at from workflow_signal where due_at is not null order by due_at limit 1),
        (select due_at from workflow_task where due_at is not null order by due_at limit 1)) as next_at";

/// An execution once, however much of it is due; what of it is not among the oldest `$1` is due the next time. What a
/// commit holds at this moment is passed over: it is being done. What belongs to no execution that runs came too late
/// and goes (or belongs to one that has ended and is told to begin again).
const CLAIM: &str = "
with signals as materialized (
    select tenant, execution_id, id, kind from workflow_signal where due_at <= now() order by due_at limit $1
    for update skip locked),
tasks as materialized (
    select tenant, execution_id, frame_id, turn from workflow_task where due_at <= now() order by due_at limit $1
    for update skip locked),
found as materialized (
    select tenant, execution_id, bool_or(again) as again
    from (
        select tenant, execution_id, kind = 'again' as again from signals
        union all
        select tenant, execution_id, false from tasks) due
    group by tenant, execution_id),
known as materialized (
    select
        f.tenant, f.execution_id,
        exists (select from workflow_running r where r.tenant = f.tenant and r.id = f.execution_id) as runs,
        f.again
            and exists (select from workflow_ended e where e.tenant = f.tenant and e.id = f.execution_id) as begins
    from found f),
held as (
    update workflow_signal w set due_at = now() + $2 * interval '1 millisecond'
    from signals s join known k on k.tenant = s.tenant and k.execution_id = s.execution_id
    where w.tenant = s.tenant and w.execution_id = s.execution_id and w.id = s.id
        and (k.runs or (k.begins and s.kind = 'again'))),
held_tasks as (
    update workflow_task w set due_at = now() + $2 * interval '1 millisecond'
    from tasks t join known k on k.tenant = t.tenant and k.execution_id = t.execution_id
    where w.tenant = t.tenant and w.execution_id = t.execution_id and w.frame_id = t.frame_id and w.turn = t.turn
        and k.runs),
dropped as (
    delete from workflow_signal w
    using signals s join known k on k.tenant = s.tenant and k.execution_id = s.execution_id
    where w.tenant = s.tenant and w.execution_id = s.execution_id and w.id = s.id
        and not (k.runs or (k.begins and s.kind = 'again'))),
dropped_tasks as (
    delete from workflow_task w
    using tasks t join known k on k.tenant = t.tenant and k.execution_id = t.execution_id
    where w.tenant = t.tenant and w.execution_id = t.execution_id and w.frame_id = t.frame_id and w.turn = t.turn
        and not k.runs)
select tenant, execution_id, gen_random_uuid() as message_id from known where runs or begins";

pub(super) async fn due_claim(pool: &Pool, limit: u32, hold_ms: u64) -> Result<Due, PortError> {
    let hold_ms = i64::try_from(hold_ms).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin_relay_by_index().await?;
    let mut next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
    let now: DateTime<Utc> = next.try_get("now").map_err(port_error)?;
    let mut next_at: Option<DateTime<Utc>> = next.try_get("next_at").map_err(port_error)?;
    let mut entries = Vec::new();
    if next_at.is_some_and(|next_at| next_at <= now) {
        let rows = pool
            .query(CLAIM)
            .bind(i64::from(limit))
            .bind(hold_ms)
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        for row in rows {
            let tenant: String = row.try_get("tenant").map_err(port_error)?;
            let tenant: TenantId = parse("tenant", &tenant)?;
            let execution: Uuid = row.try_get("execution_id").map_err(port_error)?;
            let id: Uuid = row.try_get("message_id").map_err(port_error)?;
            entries.push(wake_message(id, &tenant, ExecutionId(execution), now));
        }
        next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
        next_at = next.try_get("next_at").map_err(port_error)?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(Due { entries, next_at })
}
