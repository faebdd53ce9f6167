//! What time does to an approval, and what becomes of one that nobody waits for any more.

use crate::commit::{ATTEMPTS_MAX, Made, commit, now};
use crate::rules::calendar;
use crate::{ApprovalsFault, Deps};
use octavo_domain_approvals::{ApprovalId, cancel, pass};
use octavo_domain_kernel::TenantId;

/// Reminds, escalates, lets a deadline pass; or ends the approval if its workflow was stopped, timed out, or went on without it.
/// Nothing where nothing is due: the message came twice, or late.
pub(crate) async fn wake(deps: &Deps, tenant: &TenantId, id: ApprovalId) -> Result<(), ApprovalsFault> {
    for _ in 0..ATTEMPTS_MAX {
        let Some(approval) = deps.approvals.approval_get(tenant, id).await? else { return Ok(()) };
        if approval.outcome.is_some() {
            return Ok(());
        }
        let at = now(deps);
        let change = if deps.approvals.approval_awaited(tenant, id).await? {
            pass(&approval, at, &calendar(deps, tenant, &approval).await?)
        } else {
            cancel(&approval, at)
        };
        let Some(change) = change else { return Ok(()) };
        match commit(deps, tenant, &approval, change, None, at).await? {
            Made::Done(after) => {
                if let Some(outcome) = after.outcome {
                    tracing::info!(approval = %id, ?outcome, "an approval ended without a decision");
                }
                return Ok(());
            }
            Made::Stale | Made::LinkUsed => {}
        }
    }
    Err(ApprovalsFault::Contended)
}
