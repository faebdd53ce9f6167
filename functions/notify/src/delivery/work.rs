//! One tenant's part of a batch.

use super::known::Known;
use super::plan::{Audiences, plan};
use super::{inbox, send};
use crate::page::now;
use crate::{Deps, NotifyFault};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{Channel, Claim, Event, MessageId};

/// For how long a worker holds what it works on: as long as the function may take. What a worker that died held rests for so
/// long; what a slow provider leaves no time for is given back then.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// Events that are planned at a time.
const PLANS_AT_ONCE: usize = 8;

/// Something to do, by the message that brought it.
#[derive(Debug)]
pub(crate) struct Job {
    /// The transport's id of the message.
    pub(crate) record: String,
    /// What.
    pub(crate) task: Task,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task {
    /// Something happened: whoever is to be told is told.
    Tell(Box<Event>),
    /// These messages are due.
    Wake(Vec<MessageId>),
}

/// A worker with what it holds.
pub(super) struct Worker<'a> {
    pub(super) deps: &'a Deps,
    pub(super) tenant: &'a TenantId,
    /// Another name than every other worker's, also of this process: a late one must not take itself for its successor.
    pub(super) name: String,
    /// When what it holds is another's.
    pub(super) until: DateTime<Utc>,
}

/// Does the jobs of a tenant. Answers those that failed, and why: their messages come again.
///
/// What was planned and could not be delivered fails no job: it is held until its lease ends, and is due again then.
pub(crate) async fn work(deps: &Deps, tenant: TenantId, jobs: Vec<Job>) -> Vec<(String, NotifyFault)> {
    let (at, tenant) = (now(deps), &tenant);
    let worker = Worker { deps, tenant, name: deps.ids.next().to_string(), until: at + LEASE };
    let mut failed = Vec::new();
    let (mut claims, mut events) = (Vec::new(), Vec::new());
    for Job { record, task } in jobs {
        match task {
            Task::Tell(event) => events.push((record, *event)),
            Task::Wake(ids) => match worker.claim(&ids, at).await {
                Ok(found) => claims.extend(found),
                Err(fault) => failed.push((record, fault)),
            },
        }
    }
    let mut known = match Known::of(deps, tenant).await {
        Ok(known) => known,
        Err(fault) => {
            // What is held is due again when the lease ends.
            let fault = fault.to_string();
            let events = events.into_iter().map(|(record, _)| (record, NotifyFault::Postponed(fault.clone())));
            failed.extend(events);
            return failed;
        }
    };
    let mut audiences = Audiences::default();
    for (_, event) in &events {
        audiences.event(event, &known.settings);
    }
    audiences.claims(&claims);
    if let Err(fault) = known.load(deps, tenant, audiences).await {
        let fault = fault.to_string();
        failed.extend(events.into_iter().map(|(record, _)| (record, NotifyFault::Postponed(fault.clone()))));
        return failed;
    }
    let planned = {
        let (worker, known) = (&worker, &known);
        let plan = |(record, event)| async move { (record, plan(worker, known, &event, at).await) }.boxed();
        let plans: Vec<BoxFuture<'_, _>> = events.into_iter().map(plan).collect();
        futures::stream::iter(plans).buffer_unordered(PLANS_AT_ONCE).collect::<Vec<_>>().await
    };
    for (record, outcome) in planned {
        match outcome {
            Ok(found) => claims.extend(found),
            Err(fault) => failed.push((record, fault)),
        }
    }
    worker.deliver(&mut known, claims).await;
    failed
}

impl Worker<'_> {
    async fn claim(&self, ids: &[MessageId], at: DateTime<Utc>) -> Result<Vec<Claim>, NotifyFault> {
        Ok(self.deps.store.messages_claim(self.tenant, ids, &self.name, at, self.until).await?)
    }

    async fn deliver(&self, known: &mut Known, claims: Vec<Claim>) {
        if claims.is_empty() {
            return;
        }
        if let Err(error) = known.load_words(self.deps, self.tenant, &claims).await {
            tracing::warn!(%error, held = claims.len(), "messages wait until their lease ends");
            return;
        }
        let (in_app, others): (Vec<Claim>, Vec<Claim>) =
            claims.into_iter().partition(|claim| claim.message.channel == Channel::InApp);
        // The inbox first in time, not in order: nobody waits for a mail server to see what is on the screen.
        tokio::join!(inbox::deliver(self, known, in_app).boxed(), send::deliver(self, known, others).boxed());
    }
}
