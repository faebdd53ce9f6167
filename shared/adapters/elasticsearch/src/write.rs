//! Writing in bulk: bounded in bytes and in requests at a time, and sent again where the engine asks for it.

use crate::Options;
use crate::bulk::{BulkAnswer, Line, Verdict, body, line, requests};
use crate::engine::Engine;
use crate::targets::Target;
use elasticsearch::http::Method;
use futures::StreamExt;
use octavo_domain_kernel::{Ids, PortError};
use octavo_domain_search::{IndexWrite, WriteOutcome};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bulk requests of one process at a time.
const IN_FLIGHT_MAX: usize = 2;
/// Times that an item is sent, in all.
const ATTEMPTS_MAX: u32 = 5;
/// The longest wait before the second attempt; it doubles with each further one.
const BACKOFF: Duration = Duration::from_millis(100);

/// What became of one line.
#[derive(Debug)]
pub(crate) enum Sent {
    Done(WriteOutcome),
    Failed(PortError),
    /// What it was sent by is not what it was thought to be.
    Stale(PortError),
}

/// How writes are sent.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) timeout: Duration,
    pub(crate) ids: &'a dyn Ids,
    pub(crate) permits: &'a tokio::sync::Semaphore,
}

/// `writes` as they are sent: within their limits, and without what the options leave out.
pub(crate) fn prepared(options: &Options, writes: Vec<IndexWrite>) -> Vec<IndexWrite> {
    let prepared = |write| match write {
        IndexWrite::Put(entry) => {
            let mut entry = entry.within_limits();
            entry.language = entry.language.filter(|_| options.ranking.language);
            IndexWrite::Put(Box::new(entry))
        }
        removal @ IndexWrite::Remove { .. } => removal,
    };
    writes.into_iter().map(prepared).collect()
}

/// Writes those of `writes` whose positions are in `wanted` into each of `targets`, one after the other: what the first did
/// not take the second is not sent. So the second never holds what the first did not hold before.
pub(crate) async fn write(
    sender: Sender<'_>,
    targets: &[Target],
    writes: &[IndexWrite],
    wanted: Vec<usize>,
) -> Vec<(usize, Sent)> {
    let mut decided: BTreeMap<usize, Sent> = BTreeMap::new();
    let mut left = wanted;
    for target in targets {
        let mut taken = Vec::new();
        for (position, sent) in into(sender, target, writes, &left).await {
            match sent {
                Sent::Done(outcome) => {
                    taken.push(position);
                    // What the first one says of it is the answer.
                    decided.entry(position).or_insert(Sent::Done(outcome));
                }
                Sent::Failed(error) if targets.len() > 1 => {
                    let error = PortError::new(error.kind, format!("by {}: {error}", target.alias));
                    decided.insert(position, Sent::Failed(error));
                }
                other => {
                    decided.insert(position, other);
                }
            }
        }
        taken.sort_unstable();
        left = taken;
    }
    decided.into_iter().collect()
}

async fn into(sender: Sender<'_>, target: &Target, writes: &[IndexWrite], wanted: &[usize]) -> Vec<(usize, Sent)> {
    let mut outcomes = Vec::with_capacity(wanted.len());
    let mut lines = Vec::with_capacity(wanted.len());
    for &position in wanted {
        match line(position, &writes[position], target.shape) {
            Ok(line) => lines.push(line),
            Err(error) => outcomes.push((position, Sent::Failed(error))),
        }
    }
    outcomes.extend(send_all(sender, &target.alias, lines).await);
    outcomes
}

/// Sends `lines` by `alias`. Each has its answer, in no particular order.
pub(crate) async fn send_all(sender: Sender<'_>, alias: &str, lines: Vec<Line>) -> Vec<(usize, Sent)> {
    let positions: Vec<usize> = lines.iter().map(|line| line.position).collect();
    let answers = futures::stream::iter(requests(lines))
        .map(|request| async move {
            // Shared by all calls of this process, not only this one's requests.
            let permit = sender.permits.acquire().await;
            let outcomes = deliver(sender, alias, request).await;
            drop(permit);
            outcomes
        })
        .buffer_unordered(IN_FLIGHT_MAX)
        .collect::<Vec<_>>()
        .await;
    let mut outcomes: BTreeMap<usize, Sent> = answers.into_iter().flatten().collect();
    let unanswered = || Sent::Failed(PortError::corrupt("the engine did not answer for this document"));
    positions.into_iter().map(|position| (position, outcomes.remove(&position).unwrap_or_else(unanswered))).collect()
}

/// The limit on requests at a time.
pub(crate) fn permits() -> tokio::sync::Semaphore {
    tokio::sync::Semaphore::new(IN_FLIGHT_MAX)
}

/// One request, until everything in it is decided.
async fn deliver(sender: Sender<'_>, alias: &str, mut lines: Vec<Line>) -> Vec<(usize, Sent)> {
    let mut decided = Vec::with_capacity(lines.len());
    for attempt in 1..=ATTEMPTS_MAX {
        let last = attempt == ATTEMPTS_MAX;
        let mut again = Vec::new();
        match send(sender, alias, &lines).await {
            Ok(answer) => {
                for (line, item) in lines.into_iter().zip(&answer.items) {
                    match item.verdict() {
                        Verdict::Done(outcome) => decided.push((line.position, Sent::Done(outcome))),
                        Verdict::Again(error) if last => decided.push((line.position, Sent::Failed(error))),
                        Verdict::Again(_) => again.push(line),
                        Verdict::NoIndex(error) => decided.push((line.position, Sent::Stale(error))),
                        Verdict::Failed(error) => decided.push((line.position, Sent::Failed(error))),
                    }
                }
            }
            Err(Failed { busy: true, .. }) if !last => again = lines,
            Err(Failed { error, .. }) => {
                let reason = error.to_string();
                let failed = |line: Line| (line.position, Sent::Failed(PortError::new(error.kind, reason.clone())));
                decided.extend(lines.into_iter().map(failed));
            }
        }
        if again.is_empty() {
            break;
        }
        lines = again;
        tokio::time::sleep(jittered(BACKOFF * 2_u32.pow(attempt - 1), sender.ids)).await;
    }
    decided
}

struct Failed {
    /// The engine refused the whole request because it has too much to do.
    busy: bool,
    error: PortError,
}

async fn send(sender: Sender<'_>, alias: &str, lines: &[Line]) -> Result<BulkAnswer, Failed> {
    // Without an alias of that name the engine must not make an index of it, with a mapping that it guessed.
    let query = [("require_alias", "true")];
    let path = format!("/{alias}/_bulk");
    let answer = sender
        .engine
        .send(Method::Post, &path, &query, Some(body(lines)), sender.timeout)
        .await
        .map_err(|error| Failed { busy: false, error })?;
    answer.json().map_err(|error| Failed { busy: matches!(answer.status, 429 | 503), error })
}

/// Anything from nothing to `longest`: those who were refused together do not come back together.
pub(crate) fn jittered(longest: Duration, ids: &dyn Ids) -> Duration {
    // The low 32 bits of a UUID version 7 are random (RFC 9562, section 5.7).
    let fraction = f64::from(ids.next().as_u128() as u32) / f64::from(u32::MAX);
    longest.mul_f64(fraction)
}
