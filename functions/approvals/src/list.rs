//! Lists approvals.

use crate::caller::Caller;
use crate::view::approved;
use crate::{ApprovalsFault, Deps};
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_domain_approvals::{
    ApprovalId, ApprovedDocument, ListQuery, ListSort, Mailbox, Outcome, StageStatus, Summary, Via, may_decide,
};
use octavo_domain_kernel::{DocumentId, UserId};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Query, Request, Response, decode_cursor, encode_cursor};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Entries on a page, unless the client says how many.
const PAGE: u32 = 50;
/// Entries on a page at most.
const PAGE_MAX: u32 = 200;
/// Characters of a text that titles are searched for.
const TITLE_CHARS_MAX: usize = 200;
const PARAMETERS: &[&str] =
    &["box", "open", "outcome", "document", "execution", "category", "title", "sort", "cursor", "limit"];

/// Which box is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inbox {
    /// What anyone of one's groups may decide, or those whom one substitutes.
    Groups,
    /// What one may decide.
    ToDecide,
    /// Boxes of what was asked for, or decided.
    Others,
}

impl Inbox {
    fn holds(self, view: &SummaryView) -> bool {
        match self {
            // What one has claimed is one's own.
            Self::Groups => !view.decide.is_empty() && view.claimed.is_empty(),
            // What is found by whom they substitute may be of a category that they do not substitute in.
            Self::ToDecide => !view.decide.is_empty(),
            Self::Others => true,
        }
    }
}

/// An approval in a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ApprovalSummaryView)]
pub(crate) struct SummaryView {
    /// Its identifier.
    id: ApprovalId,
    /// What is asked, in one line.
    title: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Whether people are told at once.
    urgent: bool,
    /// Whose workflow asks.
    #[schema(value_type = String, example = "ada")]
    requester: UserId,
    /// What is to be approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<ApprovedDocument>,
    /// How it ended; null while it is open.
    outcome: Option<Outcome>,
    /// The stage that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<StageSummary>,
    /// The seats that you may decide.
    decide: Vec<u32>,
    /// The seats of these that you have claimed.
    claimed: Vec<u32>,
    /// How many remarks there are.
    comments: u32,
    /// Whether a form is to be filled in to approve.
    has_form: bool,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
}

/// The stage that is open.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct StageSummary {
    /// What people call it.
    name: String,
    /// Which, from 1 on.
    number: usize,
    /// Of how many.
    of: usize,
    /// How many must approve.
    needed: u16,
    /// How many have.
    approved: usize,
    /// When time decides.
    deadline_at: Option<DateTime<Utc>>,
}

/// A page of approvals.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ApprovalPage {
    /// In the order that was asked for.
    approvals: Vec<SummaryView>,
    /// Where the next page begins; null on the last one. A page may have fewer entries than its limit, and another follow.
    next_cursor: Option<String>,
}

/// Lists approvals of a box.
///
/// `mine`: a seat waits for you. `groups`: for anyone of your groups, or of those whom you substitute. `to_decide`: both.
/// `requested`: you asked. `decided`: you took part. `all`: everybody's, for administrators.
#[utoipa::path(
    get, path = "/v1/approvals", tag = "approvals", operation_id = "approval_list",
    params(
        ("box" = Option<String>, Query, description = "mine, groups, to_decide, requested, decided or all; to_decide if not given"),
        ("open" = Option<bool>, Query, description = "Open or ended ones only"),
        ("outcome" = Option<Outcome>, Query, description = "Only those that ended so"),
        ("document" = Option<String>, Query, description = "Only those about this document"),
        ("execution" = Option<String>, Query, description = "Only those of this execution, by its identifier"),
        ("category" = Option<String>, Query, description = "Only those of this category"),
        ("title" = Option<String>, Query, description = "Only those whose title has this text in it"),
        ("sort" = Option<String>, Query, description = "newest or oldest; newest if not given"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "1 to 200; 50 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    ),
    responses(
        (status = 200, body = ApprovalPage),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "The box of administrators"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    request.query.only(PARAMETERS)?;
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    let (inbox, query) = query(&request.query, &caller)?;
    // One more than is shown tells whether there are more.
    let asked = ListQuery { limit: query.limit + 1, ..query.clone() };
    let found = deps.approvals.approval_list(&caller.tenant, &asked).await?;
    let shown = &found[..found.len().min(query.limit as usize)];
    let next_cursor = shown.last().filter(|_| found.len() > shown.len()).map(|last| encode_cursor(&last.approval.id));
    let views = shown.iter().map(|summary| SummaryView::of(summary, &caller));
    let approvals = views.filter(|view| inbox.holds(view)).collect();
    Ok(Response::json(StatusCode::OK, &ApprovalPage { approvals, next_cursor }))
}

/// Whether a box of what is to be decided holds an approval, for the badge.
pub(crate) fn waits_in(inbox: Inbox, summary: &Summary, caller: &Caller) -> bool {
    inbox.holds(&SummaryView::of(summary, caller))
}

impl SummaryView {
    fn of(summary: &Summary, caller: &Caller) -> Self {
        let Summary { approval, comments } = summary;
        let decide = may_decide(approval, &caller.actor(approval));
        let seats = approval.stages.iter().flat_map(|stage| &stage.seats);
        let claimed = seats.filter(|seat| seat.claimed_by.as_ref() == Some(&caller.user)).map(|seat| seat.number);
        let claimed = claimed.filter(|number| decide.contains(number)).collect();
        let open = approval.stages.iter().enumerate().find(|(_, stage)| stage.status == StageStatus::Open);
        Self {
            id: approval.id,
            title: approval.request.title.clone(),
            category: approval.request.category.clone(),
            urgent: approval.request.urgent,
            requester: approval.requester.clone(),
            document: approval.document.clone(),
            outcome: approval.outcome,
            stage: open.map(|(at, stage)| StageSummary {
                name: stage.name.clone(),
                number: at + 1,
                of: approval.stages.len(),
                needed: stage.needed,
                approved: approved(stage),
                deadline_at: stage.deadline_at,
            }),
            decide,
            claimed,
            comments: *comments,
            has_form: approval.request.form.is_some(),
            created_at: approval.created_at,
            ended_at: approval.ended_at,
        }
    }
}

fn query(parameters: &Query, caller: &Caller) -> Result<(Inbox, ListQuery), Problem> {
    let me = || caller.user.clone();
    let to_decide = |readers| Mailbox::ToDecide { me: me(), readers };
    let (inbox, mailbox) = match parameters.one("box")?.unwrap_or("to_decide") {
        "mine" => (Inbox::ToDecide, Mailbox::Mine { me: me(), readers: caller.readers() }),
        "groups" => (Inbox::Groups, to_decide(caller.other_readers())),
        "to_decide" => (Inbox::ToDecide, to_decide(caller.readers())),
        "requested" => (Inbox::Others, Mailbox::RequestedBy(me())),
        "decided" => (Inbox::Others, Mailbox::TakenPartBy(me())),
        "all" if caller.admin => (Inbox::Others, Mailbox::All),
        "all" => return Err(ApprovalsFault::AdminOnly.into()),
        _ => {
            let expected = "expected mine, groups, to_decide, requested, decided or all";
            return Err(EdgeFault::malformed("query:box", expected).into());
        }
    };
    let outcome = parameters.one("outcome")?.map(|text| serde_json::from_value(json!(text))).transpose();
    let outcome = outcome.map_err(|_| {
        let expected = "expected APPROVED, REJECTED, CHANGES_REQUESTED, EXPIRED, WITHDRAWN or CANCELLED";
        EdgeFault::malformed("query:outcome", expected)
    })?;
    let sort = match parameters.one("sort")? {
        None | Some("newest") => ListSort::Newest,
        Some("oldest") => ListSort::Oldest,
        Some(_) => return Err(EdgeFault::malformed("query:sort", "expected newest or oldest").into()),
    };
    let title = parameters.one("title")?.filter(|text| !text.is_empty()).map(str::to_owned);
    if title.as_ref().is_some_and(|text| text.chars().count() > TITLE_CHARS_MAX || text.contains('\0')) {
        return Err(EdgeFault::malformed("query:title", format!("expected 1 to {TITLE_CHARS_MAX} characters")).into());
    }
    let category = parameters.one("category")?.map(str::to_owned);
    if category.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(EdgeFault::malformed("query:category", "expected a category").into());
    }
    let after = parameters.one("cursor")?.map(|cursor| decode_cursor("query:cursor", cursor)).transpose()?;
    let query = ListQuery {
        mailbox,
        open: parameters.parsed("open")?,
        outcome,
        document: parameters.parsed::<DocumentId>("document")?,
        execution: parameters.parsed::<Uuid>("execution")?,
        category,
        title,
        sort,
        after,
        limit: limit(parameters)?,
    };
    Ok((inbox, query))
}

/// How many are wanted on a page.
pub(crate) fn limit(parameters: &Query) -> Result<u32, EdgeFault> {
    let range = || EdgeFault::malformed("query:limit", format!("expected 1 to {PAGE_MAX}"));
    match parameters.one("limit")? {
        None => Ok(PAGE),
        Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)).ok_or_else(range),
    }
}
