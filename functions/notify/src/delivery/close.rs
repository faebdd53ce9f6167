//! Stores what became of messages, as soon as it is known, several at a time where several are known.

use super::work::Worker;
use crate::page::now;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::PortError;
use octavo_domain_notify::{Closed, MessageId};
use std::time::Duration;
use tokio::sync::mpsc;

/// Messages that are left in one commit.
const CLOSES_MAX: usize = 100;
/// How often it is tried: a mail that was taken and of which that is not stored is one of which nobody knows.
const TRIES_MAX: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// Takes what is to be stored.
pub(super) type Closing = mpsc::UnboundedSender<Closed>;

/// Stores whatever comes until nobody sends any more.
pub(super) async fn run(worker: &Worker<'_>, mut closing: mpsc::UnboundedReceiver<Closed>) {
    let mut waiting = Vec::with_capacity(CLOSES_MAX);
    while closing.recv_many(&mut waiting, CLOSES_MAX).await > 0 {
        drop(close(worker, &waiting, now(worker.deps)).await);
        waiting.clear();
    }
}

/// Stores these as left at this moment. Answers those that were still the worker's.
pub(super) async fn close(worker: &Worker<'_>, closed: &[Closed], at: DateTime<Utc>) -> Vec<MessageId> {
    match tried(worker, closed, at).await {
        Ok(done) => done,
        // One that cannot be stored must not keep the others from being.
        Err(error) if closed.len() > 1 && !error.is_retryable() => {
            tracing::error!(%error, messages = closed.len(), "messages are left one by one");
            let mut done = Vec::new();
            for one in closed {
                match tried(worker, std::slice::from_ref(one), at).await {
                    Ok(left) => done.extend(left),
                    Err(error) => tracing::error!(%error, message = %one.id, "a message could not be left"),
                }
            }
            done
        }
        Err(error) => {
            let ids: Vec<MessageId> = closed.iter().map(|closed| closed.id).collect();
            tracing::error!(%error, messages = ?ids, "messages could not be left; they are looked at again when their lease ends");
            Vec::new()
        }
    }
}

async fn tried(worker: &Worker<'_>, closed: &[Closed], at: DateTime<Utc>) -> Result<Vec<MessageId>, PortError> {
    let mut tries = 1;
    loop {
        let done = worker.deps.store.messages_close(worker.tenant, &worker.name, closed, at).await;
        match done {
            Err(error) if error.is_retryable() && tries < TRIES_MAX => tokio::time::sleep(BETWEEN_TRIES * tries).await,
            done => return done,
        }
        tries += 1;
    }
}
