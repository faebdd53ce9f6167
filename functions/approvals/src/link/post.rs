//! Decides by a link, once somebody confirmed.

use super::form;
use super::page::message;
use super::show::{Opened, asked, opened};
use crate::Deps;
use crate::commit::{ATTEMPTS_MAX, Made, commit};
use crate::fault::word;
use crate::rules::calendar;
use http::StatusCode;
use octavo_domain_approvals::{Action, Approval, Refused, Verdict, act};
use octavo_wiring_edge::{Problem, Query, Request, Response};
use std::sync::Arc;

/// Bytes of a form that are taken.
const FORM_BYTES_MAX: usize = 64 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

/// Decides: what the page's form sends. The link is used up by it.
#[utoipa::path(
    post, path = "/v1/approval-links/{token}", tag = "approvals", operation_id = "approval_link_decide", security(()),
    params(("token" = String, Path, description = "As the mail has it")),
    request_body(
        content = String, content_type = "application/x-www-form-urlencoded",
        description = "`verdict` (`approve`, `reject`, `request_changes`), `comment`, `answers.NAME` for members of the form"
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "Decided"),
        (status = 404, body = String, content_type = "text/html", description = "No link that was made here"),
        (status = 409, body = String, content_type = "text/html", description = "Used before, or decided by somebody else"),
        (status = 410, body = String, content_type = "text/html", description = "Expired, or the approval has ended"),
        (status = 415, body = String, content_type = "text/html", description = "No form"),
        (status = 422, body = String, content_type = "text/html", description = "A field is not acceptable: the form again"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    if request.content_type()?.as_deref() != Some(FORM) {
        return Ok(message(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This is no form",
            "Use the page that the link leads to.",
        ));
    }
    if request.body.len() > FORM_BYTES_MAX {
        return Ok(message(StatusCode::PAYLOAD_TOO_LARGE, "This is too long", "At most 64 KiB can be sent here."));
    }
    let text = String::from_utf8_lossy(&request.body);
    let filled = Query::parse(&text)?;
    for _ in 0..ATTEMPTS_MAX {
        let opened = match opened(&deps, &request).await? {
            Ok(opened) => opened,
            Err(page) => return Ok(page),
        };
        let Some(verdict) = verdict(&filled) else {
            return again(&deps, &opened, "Choose one of the buttons.").await;
        };
        let Opened { grant, approval, caller } = &opened;
        let action = Action::Decide {
            seat: grant.seat,
            verdict,
            comment: filled.all("comment").next().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
            answers: match (&approval.request.form, verdict) {
                (Some(schema), Verdict::Approve) => form::answers(schema, &filled),
                _ => serde_json::Map::new(),
            },
            document_version: grant.version,
            key: Some(format!("link:{}", grant.link_use().nonce)),
        };
        let calendar = calendar(&deps, &grant.tenant, approval).await?;
        let change = match act(approval, &caller.actor(approval), action, caller.now, &calendar) {
            Ok(change) if change.repeated => return Ok(done(approval, verdict)),
            Ok(change) => change,
            Err(Refused::Invalid { field, message }) => {
                return again(&deps, &opened, &format!("{field}: {message}")).await;
            }
            Err(refused) => {
                let (status, title) = super::show::refusal(&refused);
                return Ok(message(status, title, &format!("{refused}.")));
            }
        };
        match commit(&deps, &grant.tenant, approval, change, Some(grant.link_use()), caller.now).await? {
            Made::Done(after) => return Ok(done(&after, verdict)),
            Made::LinkUsed => {
                let text = "A link decides once. Open the approval in the application instead.";
                return Ok(message(StatusCode::CONFLICT, "This link was used before", text));
            }
            Made::Stale => {}
        }
    }
    let text = "Others were faster, again and again. Send the form again.";
    Ok(message(StatusCode::SERVICE_UNAVAILABLE, "This could not be decided now", text))
}

fn verdict(filled: &Query) -> Option<Verdict> {
    match filled.all("verdict").next()? {
        "approve" => Some(Verdict::Approve),
        "reject" => Some(Verdict::Reject),
        "request_changes" => Some(Verdict::RequestChanges),
        _ => None,
    }
}

/// The form again, with what was wrong.
async fn again(deps: &Deps, opened: &Opened, wrong: &str) -> Result<Response, Problem> {
    Ok(asked(deps, opened, Some(wrong)).await?)
}

fn done(approval: &Approval, verdict: Verdict) -> Response {
    let yours = match verdict {
        Verdict::Approve => "You approved",
        Verdict::Reject => "You rejected",
        Verdict::RequestChanges => "You requested changes of",
    };
    let state = match approval.outcome {
        Some(outcome) => format!("The approval has ended: {}.", word(outcome)),
        None => "Others are still to decide.".to_owned(),
    };
    let text = format!("{yours} \u{201c}{}\u{201d}. {state} You may close this page.", approval.request.title);
    message(StatusCode::OK, "Your decision is recorded", &text)
}
