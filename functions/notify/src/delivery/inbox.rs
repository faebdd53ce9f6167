//! Messages of the application itself: into inboxes in one commit, then to the windows that are open.

use super::close::close;
use super::content::Words;
use super::known::Known;
use super::reach::reach;
use super::wanted::{Wanted, wanted};
use super::work::Worker;
use crate::page::now;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use octavo_domain_kernel::{PortError, QueueName, UserId};
use octavo_domain_notify::{
    Claim, Closed, MessageId, MessageStatus, NewNotification, Notification, Reason, inbox_added_message,
    notification_id,
};
use octavo_domain_realtime::REALTIME_QUEUE;
use std::collections::{BTreeMap, BTreeSet};

/// Matters that are asked for at a time.
const ASKED_AT_ONCE: usize = 8;
/// Notifications that are stored in one commit.
const PIECE: usize = 200;

/// Puts them into their inboxes.
pub(super) async fn deliver(worker: &Worker<'_>, known: &Known, claims: Vec<Claim>) {
    let ready = |claim: Claim| async move { (claim.message.id, notice(worker, known, &claim).await) }.boxed();
    let mut claims = claims.into_iter().peekable();
    while claims.peek().is_some() {
        // All of a piece are asked for before it is stored: a question that is not polled keeps the very connection that the
        // store would wait for.
        let piece: Vec<BoxFuture<'_, _>> = claims.by_ref().take(PIECE).map(ready).collect();
        let answers: Vec<_> = futures::stream::iter(piece).buffered(ASKED_AT_ONCE).collect().await;
        let mut closed = Vec::with_capacity(answers.len());
        for (message, notice) in answers {
            match notice {
                Ok(one) => closed.push(one),
                Err(error) => tracing::warn!(%error, %message, "a message waits until its lease ends"),
            }
        }
        store(worker, closed).await;
    }
}

async fn store(worker: &Worker<'_>, closed: Vec<Closed>) {
    if closed.is_empty() {
        return;
    }
    let at = now(worker.deps);
    let done: BTreeSet<MessageId> = close(worker, &closed, at).await.into_iter().collect();
    if !worker.deps.announces {
        return;
    }
    let added = closed.into_iter().filter(|closed| done.contains(&closed.id));
    let added: BTreeMap<MessageId, _> = added.filter_map(|closed| Some((closed.id, closed.inbox?))).collect();
    if let Err(error) = push(worker, added, at).await {
        tracing::warn!(%error, "open windows hear of it when they look the next time");
    }
}

async fn push(
    worker: &Worker<'_>,
    added: BTreeMap<MessageId, (UserId, NewNotification)>,
    at: DateTime<Utc>,
) -> Result<(), PortError> {
    if added.is_empty() {
        return Ok(());
    }
    let queue: QueueName = REALTIME_QUEUE.parse().expect("the constant is a queue name");
    let messages = added.into_iter().map(|(message, (user, new))| {
        let notification = shown(message, new, at);
        inbox_added_message(queue.clone(), worker.deps.ids.next(), worker.tenant, &user, &notification).message
    });
    let messages: Vec<_> = messages.collect();
    worker.deps.queue.send(&queue, &messages).await
}

fn shown(message: MessageId, new: NewNotification, at: DateTime<Utc>) -> Notification {
    let NewNotification { category, title, text, link, data, dedupe_key: _ } = new;
    Notification {
        id: notification_id(message, at),
        category,
        title,
        text,
        link,
        data,
        created_at: at,
        seen_at: None,
        read_at: None,
        archived_at: None,
    }
}

async fn notice(worker: &Worker<'_>, known: &Known, claim: &Claim) -> Result<Closed, PortError> {
    let left = |status, reason| Closed {
        id: claim.message.id,
        status,
        reason,
        due_at: None,
        attempt: None,
        suppress: None,
        inbox: None,
        messages: Vec::new(),
    };
    let reach = match reach(worker, known, claim) {
        Ok(reach) => reach,
        Err((status, reason)) => return Ok(left(status, Some(reason))),
    };
    let events = match wanted(worker, known, claim, &reach.address).await? {
        Wanted::Tell(events) => events,
        Wanted::Nothing(reason) => return Ok(left(MessageStatus::Dropped, Some(reason))),
    };
    let Some(user) = claim.message.user.clone() else {
        return Ok(left(MessageStatus::Dropped, Some(Reason::NoAddress)));
    };
    let words = Words { deps: worker.deps, tenant: worker.tenant, known, claim, events: &events };
    match words.notice() {
        Ok(new) => Ok(Closed { inbox: Some((user, new)), ..left(MessageStatus::Delivered, None) }),
        Err(error) => {
            tracing::warn!(%error, message = %claim.message.id, category = claim.message.category, "a template cannot be rendered");
            Ok(left(MessageStatus::Failed, Some(Reason::Template)))
        }
    }
}
