//! Approvals by people: `approvals:request.waitForTaskToken`.
//!
//! The task's parameters become an approval that knows the task's token; its end answers the token, in the transaction in which
//! it ends. Whoever is to be told is told by the function `approvals`, which the commit sends a message to.

use super::error::Failed;
use super::perform::{Call, Undone};
use crate::answers::Done;
use octavo_domain_approvals::{
    ApprovalId, ApprovedDocument, Committed, Creation, DocumentRequest, Origin, Request, create, created_message,
    derived_id,
};
use octavo_domain_calendar::Calendar;
use octavo_domain_documents::{Document, DocumentStore};
use octavo_domain_kernel::{OutboxEntry, Reader, UserId};
use octavo_domain_workflow::engine::wake_message;
use octavo_domain_workflow::machine::Event;
use serde_json::json;

/// The request cannot be used as it is: no try of the same will.
const INVALID: &str = "Approvals.InvalidRequestException";
/// Nobody is left who may decide.
const NOBODY: &str = "Approvals.NobodyCanApproveException";
/// The document is not there, or not for whoever started the execution.
const NO_DOCUMENT: &str = "Approvals.DocumentNotFoundException";
/// The calendar that is meant where none is named.
const DEFAULT_CALENDAR: &str = "default";

/// Asks. However often it is tried, there is one approval.
pub(super) async fn request(call: &Call<'_>) -> Result<Done, Undone> {
    let request: Request = serde_path_to_error::deserialize(&call.order.parameters).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "$".to_owned() } else { format!("$.{path}") };
        invalid(&path, error.inner())
    })?;
    let id = ApprovalId(derived_id(&["approval", call.tenant.as_str(), &call.idempotency_key]));
    // A worker that died after the commit: it may be decided by now, and its document may be gone.
    if call.claims > 1 && call.deps.approvals.approval_get(call.tenant, id).await?.is_some() {
        return Ok(accepted(id));
    }
    let (document, author) = match &request.document {
        Some(asked) => {
            let (document, author) = document(call, asked).await?;
            (Some(document), Some(author))
        }
        None => (None, None),
    };
    let name = request.calendar.as_deref().unwrap_or(DEFAULT_CALENDAR);
    let calendar = call.deps.approvals.calendar_get(call.tenant, name).await?.map(|found| found.calendar);
    if calendar.is_none() && name != DEFAULT_CALENDAR {
        return Err(invalid("$.Calendar", format!("there is no calendar {name}")).into());
    }
    let now = call.deps.now();
    let creation = Creation {
        id,
        requester: call.facts.started_by.clone(),
        origin: Origin {
            execution: call.facts.id.0,
            execution_arn: call.facts.arn.to_string(),
            state: call.state.to_owned(),
            token: call.order.token.clone(),
        },
        document,
        author,
        calendar: &calendar.unwrap_or_else(Calendar::working_week),
        now,
    };
    let change = create(request, creation).map_err(|wrong| {
        let error = if wrong.nobody_can_approve { NOBODY } else { INVALID };
        Failed::new(error, format!("{}: {}", wrong.path, wrong.message))
    })?;
    let message = created_message(call.tenant, id, &change.notices, now);
    let commit = change.into_commit(None, vec![message], None);
    match call.deps.approvals.approval_commit(call.tenant, &commit).await? {
        Committed::Done { execution } => {
            publish(call, &commit.messages).await;
            if execution.is_some() {
                // Nothing of it was needed: it ended in the commit that made it.
                ring(call).await;
            }
        }
        // There already: the answer of an earlier try was lost.
        Committed::Stale | Committed::LinkUsed => {}
    }
    Ok(accepted(id))
}

fn accepted(id: ApprovalId) -> Done {
    let output = json!({ "ApprovalId": id });
    Done::Accepted(vec![Event::TaskStarted { worker: None }, Event::TaskSubmitted { output }])
}

/// The version that is to be approved, and who wrote it. Whoever started the execution must be able to read the document
/// themselves: as its owner, or because it is shared with them by name. Of which groups they are, nobody says here, as they
/// show no token while a workflow runs; and for whom they ask does not count, or anybody could show anything to themselves.
async fn document(call: &Call<'_>, asked: &DocumentRequest) -> Result<(ApprovedDocument, UserId), Undone> {
    let documents: &dyn DocumentStore = &*call.deps.documents;
    let missing = |what: String| Undone::from(Failed::new(NO_DOCUMENT, what));
    let found = documents.document_get(call.tenant, asked.id).await?;
    let found = found.filter(|document| document.deleted_at.is_none() && readable(document, &call.facts.started_by));
    let Some(document) = found else {
        let who = &call.facts.started_by;
        return Err(missing(format!("$.Document.Id: there is no document {} that {who} may read", asked.id)));
    };
    let number = asked.version.unwrap_or(document.version);
    let version = documents.document_version_get(call.tenant, document.id, number).await?;
    let Some(version) = version else {
        return Err(missing(format!("$.Document.Version: the document {} has no version {number}", document.id)));
    };
    let since = match asked.since {
        Some(since) if since >= number => {
            return Err(invalid("$.Document.Since", format!("expected a version before {number}")).into());
        }
        since => since.or_else(|| number.checked_sub(1)).filter(|since| *since > 0),
    };
    let approved = ApprovedDocument { id: document.id, version: number, since, title: version.title };
    Ok((approved, version.created_by))
}

fn readable(document: &Document, user: &UserId) -> bool {
    document.readers().contains(&Reader::User(user.clone()))
}

/// Sends what was committed. That may fail without harm: the relay publishes what is still in the outbox.
async fn publish(call: &Call<'_>, messages: &[OutboxEntry]) {
    for OutboxEntry { queue, message } in messages {
        let sent = match call.deps.queue.send(queue, std::slice::from_ref(message)).await {
            Ok(()) => call.deps.documents.outbox_published(call.tenant, &[message.id]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::warn!(%error, message = %message.id, %queue, "left in the outbox for the relay");
        }
    }
}

async fn ring(call: &Call<'_>) {
    let OutboxEntry { queue, message } =
        wake_message(call.deps.ids.next(), call.tenant, call.facts.id, call.deps.now());
    if let Err(error) = call.deps.queue.send(&queue, &[message]).await {
        tracing::warn!(%error, "the doorbell was not rung; the due rows are found later");
    }
}

fn invalid(path: &str, problem: impl std::fmt::Display) -> Failed {
    Failed::new(INVALID, format!("{path}: {problem}"))
}
