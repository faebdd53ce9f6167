//! Signals that are kept for executions by somebody who commits none.

use super::columns::Signals;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::Posted;

/// Signals that are kept at a time: a statement that stays short.
const SIGNALS_MAX: usize = 1_000;

/// As a commit does it. One that is posted twice is kept once.
const POST: &str = "
insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
select
    $1, given.execution, given.id, given.at, given.frame, given.turn, given.kind, given.event,
    case when not exists (select from workflow_dead d where d.tenant = $1 and d.execution_id = given.execution)
    then workflow_signal_due_at(given.at, now()) end
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
    as given (execution, id, at, frame, turn, kind, event)
where exists (select from workflow_running r where r.tenant = $1 and r.id = given.execution)
    or (given.kind = 'again'
        and exists (select from workflow_ended e where e.tenant = $1 and e.id = given.execution))
on conflict (tenant, execution_id, id) do nothing";

pub(super) async fn signals_post(pool: &Pool, tenant: &TenantId, posted: &[Posted]) -> Result<(), PortError> {
    if posted.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin_by_index(tenant).await?;
    for some in posted.chunks(SIGNALS_MAX) {
        let mut signals = Signals::default();
        for posted in some {
            signals.push(posted.to, &posted.kept)?;
        }
        pool.query(POST)
            .bind(tenant.as_str())
            .bind(signals.tos)
            .bind(signals.ids)
            .bind(signals.ats)
            .bind(signals.frames)
            .bind(signals.turns)
            .bind(signals.kinds)
            .bind(signals.events)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
    }
    transaction.commit().await.map_err(commit_error)
}
