//! Shows what is to be decided. Never decides: mail scanners and previews follow links.

use super::page::{Escaped, message, page};
use super::{form, token::Grant};
use crate::Deps;
use crate::caller::Caller;
use crate::fault::word;
use chrono::{DateTime, Utc};
use http::StatusCode;
use octavo_domain_approvals::{Approval, Refused, StageStatus, may_decide};
use octavo_domain_kernel::{PortError, UserId};
use octavo_wiring_edge::{Problem, Request, Response};
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;

/// Members of the request's data that a page shows.
const DATA_MAX: usize = 30;

/// A page that says what is asked, with a form that decides it. Following the link changes nothing.
#[utoipa::path(
    get, path = "/v1/approval-links/{token}", tag = "approvals", operation_id = "approval_link_show", security(()),
    params(("token" = String, Path, description = "As the mail has it")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "What is asked, and the form"),
        (status = 404, body = String, content_type = "text/html", description = "No link that was made here"),
        (status = 409, body = String, content_type = "text/html", description = "Decided or claimed by somebody else"),
        (status = 410, body = String, content_type = "text/html", description = "Expired, or the approval has ended"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    match opened(&deps, &request).await? {
        Ok(opened) => Ok(asked(&deps, &opened, None).await?),
        Err(page) => Ok(page),
    }
}

/// A link that may decide.
pub(super) struct Opened {
    pub(super) grant: Grant,
    pub(super) approval: Approval,
    pub(super) caller: Caller,
}

/// The link's approval, or the page that says why it cannot be decided by it.
pub(super) async fn opened(deps: &Deps, request: &Request) -> Result<Result<Opened, Response>, Problem> {
    let token: String = request.param("token")?;
    let Some(grant) = deps.links.read(&token) else {
        let text = "It may have been cut off by the mail program. Open the approval in the application instead.";
        return Ok(Err(message(StatusCode::NOT_FOUND, "This link is not valid", text)));
    };
    let caller = Caller::of_link(deps, request, &grant.tenant, &grant.user).await?;
    let Some(approval) = deps.approvals.approval_get(&grant.tenant, grant.approval).await? else {
        return Ok(Err(message(StatusCode::NOT_FOUND, "There is no such approval", "It is not kept any more.")));
    };
    if approval.outcome.is_some() {
        return Ok(Err(ended(&approval)));
    }
    if grant.expires_at() <= caller.now {
        let text = "A link decides for a while only. Open the approval in the application instead.";
        return Ok(Err(message(StatusCode::GONE, "This link has expired", text)));
    }
    if approval.document.as_ref().map(|document| document.version) != grant.version {
        let text = "The mail spoke of another version of the document. Open the approval in the application instead.";
        return Ok(Err(message(StatusCode::CONFLICT, "The document is at another version", text)));
    }
    let seats = may_decide(&approval, &caller.actor(&approval));
    if grant.seat.map_or(seats.is_empty(), |seat| !seats.contains(&seat)) {
        return Ok(Err(not_theirs(&approval, &grant)));
    }
    Ok(Ok(Opened { grant, approval, caller }))
}

/// It has ended.
pub(super) fn ended(approval: &Approval) -> Response {
    let how = approval.outcome.map_or("it has ended", word);
    let text = format!("{}: {how}.", approval.request.title);
    message(StatusCode::GONE, "This has been decided already", &text)
}

fn not_theirs(approval: &Approval, grant: &Grant) -> Response {
    let decided = approval.stages.iter().flat_map(|stage| &stage.seats).any(|seat| {
        seat.decision.as_ref().is_some_and(|decision| decision.by == grant.user)
            && grant.seat.is_none_or(|number| number == seat.number)
    });
    let (title, text) = if decided {
        ("You have decided this already", "Your decision is recorded; the link decides once.")
    } else {
        ("There is nothing for you to decide", "Somebody else has decided or taken it, or it is not yours any more.")
    };
    message(StatusCode::CONFLICT, title, text)
}

/// The page with the form; `wrong` says what was not acceptable of the last try.
pub(super) async fn asked(deps: &Deps, opened: &Opened, wrong: Option<&str>) -> Result<Response, PortError> {
    let Opened { grant, approval, caller } = opened;
    let request = &approval.request;
    let mut body = String::new();
    if let Some(wrong) = wrong {
        let _ = write!(body, "<p class=\"note\">{}</p>", Escaped(wrong));
    }
    let people = [approval.requester.clone(), grant.user.clone()];
    let people = deps.people.people_get(&grant.tenant, &people).await?;
    let name = |user: &UserId| {
        let known = people.iter().find(|person| person.user == *user).and_then(|person| person.name.clone());
        known.unwrap_or_else(|| user.to_string())
    };
    body.push_str("<dl>");
    let mut row = |term: &str, text: &str| {
        let _ = write!(body, "<dt>{}</dt><dd>{}</dd>", Escaped(term), Escaped(text));
    };
    row("Asked by", &name(&approval.requester));
    row("You decide as", &name(&grant.user));
    let stage = approval.stages.iter().find(|stage| stage.status == StageStatus::Open);
    if let Some(stage) = stage {
        row("Step", &stage.name);
        if let Some(deadline) = stage.deadline_at {
            row("Until", &moment(deadline));
        }
    }
    if let Some(document) = &approval.document {
        row("Document", &format!("{}, version {}", document.title, document.version));
    }
    for (member, value) in request.data.iter().take(DATA_MAX) {
        match value {
            Value::String(text) => row(member, text),
            Value::Number(_) | Value::Bool(_) => row(member, &value.to_string()),
            // What is nested is shown in the application.
            _ => {}
        }
    }
    body.push_str("</dl>");
    if let Some(text) = &request.description {
        let _ = write!(body, "<p class=\"text\">{}</p>", Escaped(text));
    }
    if let Some(document) = &approval.document {
        let present = deps.documents.document_get(&grant.tenant, document.id).await?;
        if present.is_some_and(|present| present.version > document.version) {
            let version = document.version;
            let _ = write!(
                body,
                "<p class=\"note\">The document has been changed since. Your decision is about version {version}.</p>"
            );
        }
    }
    body.push_str(&decision_form(approval));
    let _ = write!(
        body,
        "<p><small>This link decides once, until {}.</small></p>",
        moment(grant.expires_at().max(caller.now))
    );
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page(status, &request.title, &body))
}

fn decision_form(approval: &Approval) -> String {
    let fields = approval.request.form.as_ref().map_or_else(|| Some(String::new()), form::html);
    let (fields, approve) = match fields {
        Some(fields) => (fields, "<button class=\"yes\" name=\"verdict\" value=\"approve\">Approve</button>"),
        None => {
            let note = "<p class=\"note\">To approve, more has to be filled in than this page can ask for: open the \
                        approval in the application.</p>";
            (note.to_owned(), "")
        }
    };
    let changes = if approval.request.allow_changes {
        "<button name=\"verdict\" value=\"request_changes\" formnovalidate>Request changes</button>"
    } else {
        ""
    };
    format!(
        "<form method=\"post\">{fields}<label for=\"comment\">Comment (needed to reject or to request changes)</label>\
         <textarea id=\"comment\" name=\"comment\" rows=\"4\" maxlength=\"4000\"></textarea><div class=\"buttons\">{approve}\
         {changes}<button class=\"no\" name=\"verdict\" value=\"reject\" formnovalidate>Reject</button></div></form>"
    )
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What a refusal of the rules is to somebody who has a page and not a program.
pub(super) fn refusal(refused: &Refused) -> (StatusCode, &'static str) {
    match refused {
        Refused::Ended { .. } => (StatusCode::GONE, "This has been decided already"),
        Refused::SelfApproval | Refused::NoSeat | Refused::NotTheirs => {
            (StatusCode::FORBIDDEN, "This is not yours to decide")
        }
        Refused::OtherVersion { .. } => (StatusCode::CONFLICT, "The document is at another version"),
        _ => (StatusCode::CONFLICT, "This could not be decided"),
    }
}
