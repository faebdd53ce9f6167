//! Tells people of a new approval. The workflow that asks for it knows nothing of groups, links or notifications.

use crate::announce::{Said, announce};
use crate::commit::changed;
use crate::{ApprovalsFault, Deps};
use octavo_domain_approvals::{ApprovalId, Notice};
use octavo_domain_kernel::{OutboxEntry, TenantId};

/// Sends what a new approval's first notices say. The same message again sends the same notifications again, which are one.
pub(crate) async fn tell(
    deps: &Deps,
    tenant: &TenantId,
    id: ApprovalId,
    notices: &[Notice],
) -> Result<(), ApprovalsFault> {
    let Some(mut approval) = deps.approvals.approval_get(tenant, id).await? else { return Ok(()) };
    let at = approval.created_at;
    let mut messages = Vec::new();
    if deps.announces {
        messages.push(changed(deps, tenant, None, &approval, at));
    }
    // As it was when it was new: what it became since has told its own. Whether it still waits is asked when it is sent.
    approval.seq = 1;
    let said = Said { approval: &approval, notices, events: &[], at };
    messages.extend(announce(deps, tenant, &said).await?);
    for OutboxEntry { queue, message } in &messages {
        deps.queue.send(queue, std::slice::from_ref(message)).await?;
    }
    Ok(())
}
