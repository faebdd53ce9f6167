//! Makes a decided change true and tells the platform of it.

use crate::{Deps, DocumentsFault};
use chrono::{DateTime, SubsecRound, Utc};
use octavo_domain_documents::{
    Commit, CommitError, Document, INDEX_QUEUE, IdempotencyRecord, Version, change_message, lost_readers,
};
use octavo_domain_kernel::{Message, OutboxEntry, PortError, Principal, UserId};
use octavo_domain_realtime::REALTIME_QUEUE;
use octavo_wiring_edge::{EntityTag, Problem, Request};

/// How often a change without `If-Match` is decided anew when others were faster.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// The present, as precise as it is stored: microseconds. What is answered is then what is read back later.
pub(crate) fn now(deps: &Deps) -> DateTime<Utc> {
    deps.clock.now().trunc_subsecs(6)
}

/// A change of a document: what it was, what it is to be.
pub(crate) struct Change {
    /// None for a new document.
    pub(crate) before: Option<Document>,
    /// Its revision is set already.
    pub(crate) after: Document,
    /// The new version, if the body changed.
    pub(crate) version: Option<Version>,
    /// The answer to keep, if the request has a key.
    pub(crate) idempotency: Option<IdempotencyRecord>,
}

/// The document one revision on, changed by `principal`.
pub(crate) fn next(before: &Document, principal: &Principal, now: DateTime<Utc>) -> Document {
    next_by(before, &principal.user, now)
}

/// The same for somebody of whom no more is known than their name.
pub(crate) fn next_by(before: &Document, user: &UserId, now: DateTime<Utc>) -> Document {
    // Never backwards, whatever the machine's clock does: listings page by this time.
    let updated_at = now.max(before.updated_at);
    Document { revision: before.revision + 1, updated_at, updated_by: user.clone(), ..before.clone() }
}

/// Commits, then publishes. Publishing may fail without harm: the relay publishes what is still in the outbox.
pub(crate) async fn make(deps: &Deps, request: Option<&Request>, change: Change) -> Result<(), CommitError> {
    let Change { before, after, version, idempotency } = change;
    let message = change_message(deps.ids.next(), after.updated_at, &after, request.and_then(Request::traceparent));
    let mut outbox = Vec::new();
    if deps.announces {
        // A message of its own: what one queue has done with an id says nothing of the other.
        outbox.push(entry(REALTIME_QUEUE, Message { id: deps.ids.next(), ..message.clone() }));
    }
    outbox.push(entry(INDEX_QUEUE, message));
    let commit = Commit {
        expected_revision: before.as_ref().map(|before| before.revision),
        hidden_from: before.as_ref().map(|before| lost_readers(before, &after)).unwrap_or_default(),
        document: after,
        version,
        outbox,
        idempotency,
    };
    deps.store.document_commit(&commit).await?;
    let sent = commit.outbox.iter().map(|entry| deps.queue.send(&entry.queue, std::slice::from_ref(&entry.message)));
    let sent = futures::future::join_all(sent).await;
    let mut published = Vec::new();
    for (entry, outcome) in commit.outbox.iter().zip(sent) {
        match outcome {
            Ok(()) => published.push(entry.message.id),
            Err(error) => left(&error, &commit.document),
        }
    }
    if !published.is_empty()
        && let Err(error) = deps.store.outbox_published(&commit.document.tenant, &published).await
    {
        left(&error, &commit.document);
    }
    Ok(())
}

fn entry(queue: &str, message: Message) -> OutboxEntry {
    OutboxEntry { queue: queue.parse().expect("the constants are queue names"), message }
}

fn left(error: &PortError, document: &Document) {
    tracing::warn!(%error, document = %document.id, "left in the outbox for the relay");
}

/// What a failed commit is to the client that named `demanded`; none if the change is to be decided again.
pub(crate) fn refused(error: CommitError, demanded: Option<EntityTag>, attempt: u32) -> Option<Problem> {
    match error {
        CommitError::Stale { current: None } => Some(DocumentsFault::NotFound.into()),
        CommitError::Stale { current: Some(current) } if demanded.is_some() => {
            Some(DocumentsFault::Stale { current }.into())
        }
        CommitError::Stale { .. } | CommitError::IdempotencyKeyTaken if attempt >= ATTEMPTS_MAX => {
            Some(DocumentsFault::Contended.into())
        }
        CommitError::Stale { .. } | CommitError::IdempotencyKeyTaken => None,
        CommitError::Port(error) => Some(error.into()),
    }
}

/// Refuses a change that was decided on another revision than the present one.
pub(crate) fn check_revision(document: &Document, demanded: Option<EntityTag>) -> Result<(), DocumentsFault> {
    match demanded {
        Some(EntityTag(revision)) if revision != document.revision => {
            Err(DocumentsFault::Stale { current: document.revision })
        }
        _ => Ok(()),
    }
}

/// A view as it is kept for the same request sent again.
pub(crate) fn as_json(view: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(view).expect("views have text keys and no floating numbers of their own")
}
