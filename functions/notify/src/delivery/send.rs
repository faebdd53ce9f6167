//! Messages that providers deliver, each for itself.

use super::close::{Closing, close, run};
use super::content::Words;
use super::known::Known;
use super::reach::{Reach, reach};
use super::wanted::{Wanted, wanted};
use super::work::Worker;
use crate::page::now;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use octavo_domain_kernel::{Ids, PortError};
use octavo_domain_notify::{
    Accepted, Address, Attempt, AttemptStatus, Claim, Closed, MessageStatus, Outcome, Outgoing, OutgoingContent,
    Provider, Reason, Resume, SendError, Started, Step, Suppression, Try, after, resume,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Messages of one batch that are worked on at a time; how many are sent at a time is the process's matter.
const MESSAGES_AT_ONCE: usize = 64;
/// What is left of a lease when an attempt is begun: it must end (mail servers may take 45 s), and be stored, while the message is
/// the worker's.
const ATTEMPT_ROOM: TimeDelta = TimeDelta::seconds(50);
/// How long a message waits here for its turn with a provider; longer ones are given back.
const TURN_MAX: Duration = Duration::from_secs(5);

/// Has them delivered.
pub(super) async fn deliver(worker: &Worker<'_>, known: &Known, claims: Vec<Claim>) {
    if claims.is_empty() {
        return;
    }
    let (closing, closed) = tokio::sync::mpsc::unbounded_channel();
    // Each has a sender of its own, so that the other half ends when the last message has come to an end.
    let sends = claims.into_iter().map(|claim| one(worker, known, claim, closing.clone()).boxed());
    let sends: Vec<BoxFuture<'_, ()>> = sends.collect();
    drop(closing);
    let sending = futures::stream::iter(sends).buffer_unordered(MESSAGES_AT_ONCE).collect::<Vec<()>>();
    tokio::join!(sending, run(worker, closed));
}

async fn one(worker: &Worker<'_>, known: &Known, claim: Claim, closing: Closing) {
    let id = claim.message.id;
    match Sending::new(worker, known, claim).run().await {
        Ok(Some(closed)) => drop(closing.send(closed)),
        Ok(None) => tracing::debug!(message = %id, "a message is another worker's by now"),
        Err(error) => tracing::warn!(%error, message = %id, "a message waits until its lease ends"),
    }
}

/// A message on its way.
struct Sending<'a> {
    worker: &'a Worker<'a>,
    known: &'a Known,
    claim: Claim,
    /// Providers of the channel that were not asked in this round.
    left: VecDeque<Arc<dyn Provider>>,
    providers: usize,
    /// Whether one that was asked in this round may take it another time.
    another_time: bool,
}

impl<'a> Sending<'a> {
    fn new(worker: &'a Worker<'a>, known: &'a Known, claim: Claim) -> Self {
        let channel = claim.message.channel;
        let left: VecDeque<_> =
            worker.deps.providers.iter().filter(|provider| provider.channel() == channel).cloned().collect();
        Self { worker, known, claim, providers: left.len(), left, another_time: false }
    }

    /// How the message is left; none if it is another's by now.
    async fn run(mut self) -> Result<Option<Closed>, PortError> {
        match resume(&self.claim) {
            Resume::Send => {}
            Resume::Again(open) => {
                let outcome = outcome_unknown(now(self.worker.deps));
                let number = open.number;
                if !self.end(number, outcome).await {
                    return Ok(None);
                }
            }
            Resume::Ask(open) => {
                let open = open.clone();
                match self.ask(open).await {
                    Turn::Over(closed) => return Ok(closed.map(|closed| *closed)),
                    Turn::Next => {}
                }
            }
        }
        let reach = match reach(self.worker, self.known, &self.claim) {
            Ok(reach) => reach,
            Err((status, reason)) => return Ok(Some(self.left_so(status, Some(reason), None))),
        };
        let events = match wanted(self.worker, self.known, &self.claim, &reach.address).await? {
            Wanted::Tell(events) => events,
            Wanted::Nothing(reason) => return Ok(Some(self.left_so(MessageStatus::Dropped, Some(reason), None))),
        };
        if self.providers == 0 {
            return Ok(Some(self.left_so(MessageStatus::Failed, Some(Reason::NoProvider), None)));
        }
        let Reach { address, target } = reach;
        let words = Words {
            deps: self.worker.deps,
            tenant: self.worker.tenant,
            known: self.known,
            claim: &self.claim,
            events: &events,
        };
        let content = match words.outgoing(&address, target) {
            Ok(content) => content,
            Err(error) => {
                let (message, category) = (self.claim.message.id, &self.claim.message.category);
                tracing::warn!(%error, %message, category, "a template cannot be rendered");
                return Ok(Some(self.left_so(MessageStatus::Failed, Some(Reason::Template), None)));
            }
        };
        let mut outgoing = self.outgoing(address, content);
        while let Some(provider) = self.left.pop_front() {
            match self.attempt(&*provider, &mut outgoing).await? {
                Turn::Over(closed) => return Ok(closed.map(|closed| *closed)),
                Turn::Next => {}
            }
        }
        // Never so: where the next provider is to be asked there is one.
        let due_at = now(self.worker.deps) + ATTEMPT_ROOM;
        Ok(Some(self.left_so(MessageStatus::Planned, Some(Reason::Retry), Some(due_at))))
    }

    /// An attempt of a worker that died may have arrived: its provider may know.
    async fn ask(&mut self, open: Attempt) -> Turn {
        let message = &self.claim.message;
        let provider = self.worker.deps.providers.iter().find(|provider| provider.name() == open.provider).cloned();
        self.left.retain(|provider| provider.name() != open.provider);
        let address = message.address.clone().or_else(|| self.known.address_of(&self.claim));
        let known = match (provider, address) {
            (Some(provider), Some(address)) => {
                let target = reach(self.worker, self.known, &self.claim).ok().and_then(|reach| reach.target);
                let events = &self.claim.events;
                let words = Words {
                    deps: self.worker.deps,
                    tenant: self.worker.tenant,
                    known: self.known,
                    claim: &self.claim,
                    events,
                };
                match words.outgoing(&address, target) {
                    Ok(content) => {
                        let outgoing = Outgoing { attempt: open.number, ..self.outgoing(address, content) };
                        provider.taken(&outgoing).await
                    }
                    Err(_) => None,
                }
            }
            _ => None,
        };
        let result = known.unwrap_or_else(|| {
            let detail =
                "whoever made the attempt was gone before its end, and the provider cannot be asked".to_owned();
            Err(SendError::Unknown { detail })
        });
        self.claim.attempts.pop();
        self.follow(open, &result).await
    }

    async fn attempt(&mut self, provider: &dyn Provider, outgoing: &mut Outgoing) -> Result<Turn, PortError> {
        let deps = self.worker.deps;
        if let Some(later) = self.turn(provider).await {
            // Nothing was tried: the others are not asked either, as nobody refused it.
            let due_at = now(deps) + TimeDelta::from_std(later).unwrap_or(ATTEMPT_ROOM);
            let closed = self.left_so(MessageStatus::Planned, Some(Reason::Retry), Some(due_at));
            return Ok(Turn::Over(Some(Box::new(closed))));
        }
        let _lane = deps.lanes.take().await;
        let started_at = now(deps);
        if started_at + ATTEMPT_ROOM > self.worker.until {
            return Ok(Turn::Over(None));
        }
        let number = self.claim.attempts.last().map_or(self.claim.message.attempts, |last| last.number) + 1;
        let attempt = Attempt {
            number,
            provider: provider.name().to_owned(),
            started_at,
            ended_at: None,
            status: AttemptStatus::Started,
            provider_id: None,
            code: None,
            detail: None,
        };
        let (tenant, id) = (self.worker.tenant, self.claim.message.id);
        let started = deps.store.attempt_start(tenant, id, &self.worker.name, &attempt, &outgoing.to).await?;
        if started == Started::No {
            return Ok(Turn::Over(None));
        }
        self.claim.message.address = Some(outgoing.to.clone());
        outgoing.attempt = number;
        let result = provider.send(outgoing).await;
        if let Err(error) = &result {
            tracing::warn!(%error, message = %id, provider = provider.name(), number, "an attempt did not succeed");
        }
        Ok(self.follow(attempt, &result).await)
    }

    /// What follows an attempt: how the message is left, or that the next provider is asked.
    async fn follow(&mut self, attempt: Attempt, result: &Result<Accepted, SendError>) -> Turn {
        let at = now(self.worker.deps);
        let made = Try {
            channel: self.claim.message.channel,
            earlier: &self.claim.attempts,
            started_at: attempt.started_at,
            providers: self.providers,
            left: self.left.len(),
            another_time: self.another_time,
        };
        let next = after(&made, result, at, chance(&*self.worker.deps.ids));
        self.another_time |= matches!(result, Err(SendError::NotTaken { .. } | SendError::Unknown { .. }));
        let number = attempt.number;
        match next.step.status() {
            Some((status, reason, due_at)) => {
                let mut closed = self.left_so(status, reason, due_at);
                closed.suppress = next.suppress.then(|| self.suppression(&next.outcome)).flatten();
                closed.attempt = Some((number, next.outcome));
                Turn::Over(Some(Box::new(closed)))
            }
            None => {
                debug_assert_eq!(next.step, Step::NextProvider);
                if !self.end(number, next.outcome.clone()).await {
                    return Turn::Over(None);
                }
                self.claim.attempts.push(ended(attempt, next.outcome));
                Turn::Next
            }
        }
    }

    /// Stores the end of an attempt while the message stays with this worker. False if it is another's by now.
    async fn end(&mut self, number: u32, outcome: Outcome) -> bool {
        let mut closed = self.left_so(MessageStatus::Sending, None, None);
        closed.attempt = Some((number, outcome));
        !close(self.worker, &[closed], now(self.worker.deps)).await.is_empty()
    }

    /// Waits for the message's turn with a provider. How long it would have to wait, if that is too long to wait here.
    async fn turn(&self, provider: &dyn Provider) -> Option<Duration> {
        let per_second = provider.per_second()?;
        let key = format!("notify:{}", provider.name());
        let mut waited = Duration::ZERO;
        while let Err(wait) = self.worker.deps.rates.take(&key, per_second).await {
            if waited + wait > TURN_MAX {
                return Some(wait);
            }
            tokio::time::sleep(wait).await;
            waited += wait.max(Duration::from_millis(1));
        }
        None
    }

    fn suppression(&self, outcome: &Outcome) -> Option<Suppression> {
        Some(Suppression {
            channel: self.claim.message.channel,
            address: self.claim.message.address.clone()?,
            category: None,
            why: "bounce".to_owned(),
            detail: outcome.detail.clone(),
            at: outcome.at,
        })
    }

    fn outgoing(&self, to: Address, content: OutgoingContent) -> Outgoing {
        let message = &self.claim.message;
        let person = message.user.as_ref().and_then(|user| self.known.people.get(user));
        let name = match &message.recipient {
            octavo_domain_notify::Recipient::Address { name, .. } => name.clone(),
            _ => person.and_then(|person| person.name.clone()),
        };
        Outgoing { tenant: self.worker.tenant.clone(), id: message.id, attempt: 0, to, name, content }
    }

    fn left_so(&self, status: MessageStatus, reason: Option<Reason>, due_at: Option<DateTime<Utc>>) -> Closed {
        Closed {
            id: self.claim.message.id,
            status,
            reason,
            due_at,
            attempt: None,
            suppress: None,
            inbox: None,
            messages: Vec::new(),
        }
    }
}

/// How an attempt left a message.
enum Turn {
    /// So; or with another worker.
    Over(Option<Box<Closed>>),
    /// The next provider is asked.
    Next,
}

fn ended(attempt: Attempt, outcome: Outcome) -> Attempt {
    Attempt {
        ended_at: Some(outcome.at),
        status: outcome.status,
        provider_id: outcome.provider_id,
        code: outcome.code,
        detail: outcome.detail,
        ..attempt
    }
}

fn outcome_unknown(at: DateTime<Utc>) -> Outcome {
    let detail = "whoever made the attempt was gone before its end".to_owned();
    Outcome { status: AttemptStatus::Unknown, provider_id: None, code: None, detail: Some(detail), at }
}

/// From 0 to 1, by the random bits of a new identifier.
fn chance(ids: &dyn Ids) -> f64 {
    let bits = u32::try_from(ids.next().as_u128() & u128::from(u32::MAX)).unwrap_or_default();
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
