//! The way from a request to the rules and back.

use crate::caller::Caller;
use crate::commit::{ATTEMPTS_MAX, Made, commit, now};
use crate::fault::refused;
use crate::{ApprovalsFault, Deps};
use octavo_domain_approvals::{Action, Approval, ApprovalId, Event, act, may_see};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_wiring_edge::{EdgeFault, Problem, Request};
use uuid::Uuid;

/// The calendar that is meant where none is named.
pub(crate) const DEFAULT_CALENDAR: &str = "default";

/// The approval that the path names.
pub(crate) fn id(request: &Request) -> Result<ApprovalId, EdgeFault> {
    let text: String = request.param("id")?;
    // Only the hyphenated form: an approval has one address, not four.
    let id = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
    id.map(ApprovalId).ok_or_else(|| EdgeFault::malformed("path:id", "expected a UUID in its hyphenated form"))
}

/// The approval, for whoever may see it.
pub(crate) async fn seen(deps: &Deps, caller: &Caller, id: ApprovalId) -> Result<Approval, Problem> {
    let found = deps.approvals.approval_get(&caller.tenant, id).await?;
    let seen = found.filter(|approval| may_see(approval, &caller.actor(approval)));
    Ok(seen.ok_or(ApprovalsFault::NotFound)?)
}

/// The calendar that an approval goes by: the tenant's, or the platform's own.
pub(crate) async fn calendar(deps: &Deps, tenant: &TenantId, approval: &Approval) -> Result<Calendar, PortError> {
    let name = approval.request.calendar.as_deref().unwrap_or(DEFAULT_CALENDAR);
    let found = deps.approvals.calendar_get(tenant, name).await?;
    Ok(found.map_or_else(Calendar::working_week, |found| found.calendar))
}

/// What became of an action: the approval as it is now, and what was recorded; nothing where the very same was done before.
pub(crate) struct Done {
    pub(crate) approval: Approval,
    pub(crate) events: Vec<Event>,
}

/// Does something to an approval that the caller may see, and does it again while others are faster.
pub(crate) async fn perform(deps: &Deps, caller: &Caller, id: ApprovalId, action: &Action) -> Result<Done, Problem> {
    for _ in 0..ATTEMPTS_MAX {
        let approval = seen(deps, caller, id).await?;
        let calendar = calendar(deps, &caller.tenant, &approval).await?;
        // Never before what was recorded already, whatever the machine's clock does.
        let at = now(deps).max(caller.now);
        let change = act(&approval, &caller.actor(&approval), action.clone(), at, &calendar).map_err(refused)?;
        if change.repeated {
            return Ok(Done { approval, events: Vec::new() });
        }
        let events = change.events.clone();
        match commit(deps, &caller.tenant, &approval, change, None, at).await? {
            Made::Done(approval) => return Ok(Done { approval: *approval, events }),
            Made::Stale | Made::LinkUsed => {}
        }
    }
    Err(ApprovalsFault::Contended.into())
}
