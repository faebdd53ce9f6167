//! Writing in bulk: bounded in bytes and in requests at a time, and sent again where the engine asks for it.

use crate::Options;
use crate::bulk::{BulkAnswer, Line, Verdict, body, line, requests};
use crate::engine::Engine;
use crate::form::Form;
use elasticsearch::http::Method;
use futures::StreamExt;
use octavo_domain_kernel::{Ids, PortError};
use octavo_domain_search::{IndexWrite, WriteOutcome};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bulk requests of one process at a time.
const IN_FLIGHT_MAX: usize = 2;
/// Times that an item is sent, in all.
const ATTEMPTS_MAX: u32 = 5;
/// The longest wait before the second attempt; it doubles with each further one.
const BACKOFF: Duration = Duration::from_millis(100);

type Outcome = Result<WriteOutcome, PortError>;

/// Writes, and clears `ensured` if the index turned out not to be there.
pub(crate) async fn write(
    engine: &Engine,
    options: &Options,
    ids: &dyn Ids,
    permits: &tokio::sync::Semaphore,
    ensured: &AtomicBool,
    form: Form,
    writes: Vec<IndexWrite>,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = writes.iter().map(|_| None).collect();
    let mut lines = Vec::with_capacity(writes.len());
    for (position, mut write) in writes.into_iter().enumerate() {
        if let IndexWrite::Put(entry) = &mut write
            && !options.ranking.language
        {
            entry.language = None;
        }
        match line(position, write, form) {
            Ok(line) => lines.push(line),
            Err(error) => outcomes[position] = Some(Err(error)),
        }
    }
    let answers = futures::stream::iter(requests(lines))
        .map(|request| async move {
            // Shared by all calls of this process, not only this one's requests.
            let permit = permits.acquire().await;
            let outcomes = deliver(engine, options, ids, ensured, request).await;
            drop(permit);
            outcomes
        })
        .buffer_unordered(IN_FLIGHT_MAX)
        .collect::<Vec<_>>()
        .await;
    for (position, outcome) in answers.into_iter().flatten() {
        outcomes[position] = Some(outcome);
    }
    let unanswered = || Err(PortError::corrupt("the engine did not answer for this document"));
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unanswered)).collect()
}

/// The limit on requests at a time.
pub(crate) fn permits() -> tokio::sync::Semaphore {
    tokio::sync::Semaphore::new(IN_FLIGHT_MAX)
}

/// One request, until everything in it is decided.
async fn deliver(
    engine: &Engine,
    options: &Options,
    ids: &dyn Ids,
    ensured: &AtomicBool,
    mut lines: Vec<Line>,
) -> Vec<(usize, Outcome)> {
    let mut decided = Vec::with_capacity(lines.len());
    for attempt in 1..=ATTEMPTS_MAX {
        let last = attempt == ATTEMPTS_MAX;
        let mut again = Vec::new();
        match send(engine, options, &lines).await {
            Ok(answer) => {
                for (line, item) in lines.into_iter().zip(&answer.items) {
                    match item.verdict() {
                        Verdict::Done(outcome) => decided.push((line.position, Ok(outcome))),
                        Verdict::Again(error) if last => decided.push((line.position, Err(error))),
                        Verdict::Again(_) => again.push(line),
                        Verdict::NoIndex(error) => {
                            ensured.store(false, Ordering::Release);
                            decided.push((line.position, Err(error)));
                        }
                        Verdict::Failed(error) => decided.push((line.position, Err(error))),
                    }
                }
            }
            Err(Failed { busy: true, .. }) if !last => again = lines,
            Err(Failed { error, .. }) => {
                let reason = error.to_string();
                let failed = |line: Line| (line.position, Err(PortError::new(error.kind, reason.clone())));
                decided.extend(lines.into_iter().map(failed));
            }
        }
        if again.is_empty() {
            break;
        }
        lines = again;
        tokio::time::sleep(jittered(BACKOFF * 2_u32.pow(attempt - 1), ids)).await;
    }
    decided
}

struct Failed {
    /// The engine refused the whole request because it has too much to do.
    busy: bool,
    error: PortError,
}

async fn send(engine: &Engine, options: &Options, lines: &[Line]) -> Result<BulkAnswer, Failed> {
    // Without an alias of that name the engine must not make an index of it, with a mapping that it guessed.
    let query = [("require_alias", "true")];
    let path = format!("/{}/_bulk", options.write_alias());
    let answer = engine
        .send(Method::Post, &path, &query, Some(body(lines)), options.write_timeout)
        .await
        .map_err(|error| Failed { busy: false, error })?;
    answer.json().map_err(|error| Failed { busy: matches!(answer.status, 429 | 503), error })
}

/// Anything from nothing to `longest`: those who were refused together do not come back together.
fn jittered(longest: Duration, ids: &dyn Ids) -> Duration {
    // The low 32 bits of a UUID version 7 are random (RFC 9562, section 5.7).
    let fraction = f64::from(ids.next().as_u128() as u32) / f64::from(u32::MAX);
    longest.mul_f64(fraction)
}
