//! A method runs, and its caller is answered.

use crate::call::Call;
use crate::connection::Connection;
use crate::dispatch::Invocation;
use crate::dispatch::invoke::fail;
use crate::encoded::Encoded;
use crate::hub::{Failure, Items, Run};
use crate::{Caller, HubFault, InvocationOutcome};
use futures::{FutureExt, StreamExt};
use octavo_domain_realtime::SlowReader;
use octavo_domain_signalr::{Message, Outcome, Payload, texts};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// Bytes that may wait for a client before its streams and answers do.
const AHEAD_BYTES: usize = 64 * 1024;
/// How often they look whether it has read.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs it, and then what waits for its turn.
pub(crate) async fn turns(connection: Arc<Connection>, first: Invocation, with_streams: bool) {
    let mut next = Some(first);
    while let Some(invocation) = next.take() {
        one(&connection, invocation).await;
        connection.with_busy_if_any(|busy| {
            if with_streams {
                busy.streams -= 1;
                return;
            }
            next = busy.waiting.pop_front();
            if next.is_none() {
                busy.turns -= 1;
            }
            for room in busy.room.drain(..) {
                room.notify_one();
            }
        });
    }
}

async fn one(connection: &Arc<Connection>, invocation: Invocation) {
    let began = Instant::now();
    let Invocation { id, target, arguments, stream_ids, uploads, cancel, .. } = invocation;
    let definition = connection.clients.definition();
    let Some(method) = definition.find(&target) else { return };
    // What a method logs says whose call it was about.
    let span = tracing::info_span!(
        "invocation",
        hub = %connection.clients.hub(),
        method = method.name,
        tenant = %connection.clients.tenant(),
        connection = %connection.id
    );
    let call = Call::new(Caller(connection.clone()), cancel, uploads);
    let ended = ended(connection, &method.run, id.as_deref(), call, arguments).instrument(span).await;
    // Before the answer: its caller may use the ids again then.
    connection.with_busy_if_any(|busy| {
        if let Some(id) = &id {
            busy.running.remove(id);
        }
        for id in &stream_ids {
            busy.uploads.remove(id);
        }
    });
    room(connection).await;
    let outcome = answer(connection, id, &target, ended);
    connection.core().ports.observer.invoked(connection.clients.hub(), method.name, outcome, began.elapsed());
}

/// Runs the method to its end, whatever that is.
async fn ended(
    connection: &Arc<Connection>,
    run: &Run,
    id: Option<&str>,
    call: Call,
    arguments: Vec<Payload>,
) -> Ended {
    match run {
        Run::Answer(run) => {
            let running = async { run(call, arguments).await };
            match AssertUnwindSafe(running).catch_unwind().await {
                Ok(Ok(outcome)) => Ended::Answer(outcome),
                Ok(Err(failure)) => Ended::Failed(failure),
                Err(_) => Ended::Panicked,
            }
        }
        Run::Stream(run) => {
            let running = async {
                let items = run(call.clone(), arguments).await?;
                stream(connection, id.unwrap_or_default(), &call, items).await
            };
            match AssertUnwindSafe(running).catch_unwind().await {
                Ok(Ok(complete)) if complete => Ended::Answer(Outcome::Void),
                Ok(Ok(_)) => Ended::Cancelled,
                Ok(Err(failure)) => Ended::Failed(failure),
                Err(_) => Ended::Panicked,
            }
        }
    }
}

/// Waits until the client has read, so that an answer is never the reason to lose it.
async fn room(connection: &Connection) {
    while connection.is_behind(AHEAD_BYTES) && !connection.has_ended() {
        tokio::time::sleep(PAUSE).await;
    }
}

enum Ended {
    Answer(Outcome),
    Failed(Failure),
    Cancelled,
    Panicked,
}

fn answer(connection: &Arc<Connection>, id: Option<String>, target: &str, ended: Ended) -> InvocationOutcome {
    let unexpected = texts::failed(target);
    let (text, outcome) = match ended {
        Ended::Answer(answer) => {
            let Some(id) = id else { return InvocationOutcome::Succeeded };
            let message = Message::Completion { id: id.clone(), outcome: answer };
            match Encoded::for_one(connection.protocol(), &message, SlowReader::Disconnect) {
                Ok(encoded) => {
                    connection.tell(&encoded);
                    return InvocationOutcome::Succeeded;
                }
                Err(fault) => {
                    tracing::error!(hub = %connection.clients.hub(), target, %fault, "a result cannot be encoded");
                    fail(connection, Some(&id), &unexpected);
                    return InvocationOutcome::Failed;
                }
            }
        }
        Ended::Cancelled => {
            if let Some(id) = id {
                let message = Message::Completion { id, outcome: Outcome::Void };
                if let Ok(encoded) = Encoded::for_one(connection.protocol(), &message, SlowReader::Disconnect) {
                    connection.tell(&encoded);
                }
            }
            return InvocationOutcome::Cancelled;
        }
        Ended::Failed(Failure::Arguments(text)) => (texts::wrong_arguments(target, &text), InvocationOutcome::Invalid),
        Ended::Failed(Failure::Hub(HubFault::Refused(text))) => {
            (texts::refused(target, &text), InvocationOutcome::Refused)
        }
        Ended::Failed(Failure::Hub(HubFault::Internal(cause))) => {
            tracing::error!(hub = %connection.clients.hub(), target, error = %cause, "a hub's method failed");
            let detailed = connection.core().options.detailed_errors;
            (if detailed { format!("{unexpected} {cause}") } else { unexpected }, InvocationOutcome::Failed)
        }
        Ended::Panicked => {
            tracing::error!(hub = %connection.clients.hub(), target, "a hub's method panicked");
            (unexpected, InvocationOutcome::Failed)
        }
    };
    fail(connection, id.as_deref(), &text);
    outcome
}

/// Sends the items. Whether it came to its own end.
async fn stream(connection: &Arc<Connection>, id: &str, call: &Call, mut items: Items) -> Result<bool, Failure> {
    loop {
        let item = tokio::select! {
            biased;
            () = call.cancelled() => return Ok(false),
            item = items.next() => item,
        };
        let Some(item) = item else { return Ok(true) };
        let message = Message::StreamItem { id: id.to_owned(), item: item.map_err(Failure::Hub)? };
        let encoded = Encoded::for_one(connection.protocol(), &message, SlowReader::Disconnect);
        connection.tell(&encoded.map_err(|fault| Failure::Hub(HubFault::internal(fault)))?);
        room(connection).await;
    }
}
