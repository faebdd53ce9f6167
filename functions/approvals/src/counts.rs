//! How many approvals wait.

use crate::Deps;
use crate::caller::Caller;
use crate::list::{Inbox, waits_in};
use http::StatusCode;
use octavo_domain_approvals::{Counts, ListQuery, ListSort, Mailbox, Via};
use octavo_domain_kernel::PortError;
use octavo_wiring_edge::{Problem, Request, Response};
use serde::Serialize;
use std::sync::Arc;

/// No more are counted.
const COUNTED_MAX: u32 = 1_000;
/// Approvals that are looked at together.
const PAGE: u32 = 200;

/// How many wait; each counted to 1,000 at most.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CountsView {
    /// For you.
    #[schema(example = 2)]
    mine: u32,
    /// For anyone of your groups, or of those whom you substitute.
    #[schema(example = 5)]
    groups: u32,
    /// That you asked for, and that are open.
    #[schema(example = 1)]
    requested: u32,
}

/// Counts the approvals that wait, for a badge.
#[utoipa::path(
    get, path = "/v1/approvals/counts", tag = "approvals", operation_id = "approval_counts",
    responses((status = 200, body = CountsView))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(&[])?;
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    let counts = deps.approvals.approval_counts(&caller.tenant, &caller.user, &caller.readers()).await?;
    let Counts { mut mine, mut groups, requested } = counts;
    if caller.is_limited() {
        // The store knows no categories of substitutions: the badge says what the boxes hold.
        mine = waiting(&deps, &caller, Inbox::ToDecide).await?;
        groups = waiting(&deps, &caller, Inbox::Groups).await?;
    }
    Ok(Response::json(StatusCode::OK, &CountsView { mine, groups, requested }))
}

/// How many a box holds, looked at one by one.
async fn waiting(deps: &Deps, caller: &Caller, inbox: Inbox) -> Result<u32, PortError> {
    let me = caller.user.clone();
    let mailbox = match inbox {
        Inbox::Groups => Mailbox::ToDecide { me, readers: caller.other_readers() },
        Inbox::ToDecide | Inbox::Others => Mailbox::Mine { me, readers: caller.readers() },
    };
    let (mut count, mut after) = (0, None);
    while count < COUNTED_MAX {
        let query = ListQuery {
            mailbox: mailbox.clone(),
            open: Some(true),
            outcome: None,
            document: None,
            execution: None,
            category: None,
            title: None,
            sort: ListSort::Newest,
            after,
            limit: PAGE,
        };
        let found = deps.approvals.approval_list(&caller.tenant, &query).await?;
        let waits = found.iter().filter(|summary| waits_in(inbox, summary, caller)).count();
        count += u32::try_from(waits).unwrap_or(COUNTED_MAX);
        after = found.last().map(|last| last.approval.id);
        if found.len() < PAGE as usize {
            break;
        }
    }
    Ok(count.min(COUNTED_MAX))
}
