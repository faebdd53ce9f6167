//! An invocation comes, an item of an upload, a cancellation.

use crate::InvocationOutcome;
use crate::call::Uploaded;
use crate::connection::Connection;
use crate::dispatch::{Wait, run};
use crate::encoded::Encoded;
use crate::hub::Run;
use octavo_domain_signalr::{Payload, failure, texts};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// What the client wants done.
pub(crate) struct Invocation {
    pub(crate) id: Option<String>,
    pub(crate) target: String,
    pub(crate) arguments: Vec<Payload>,
    pub(crate) stream_ids: Vec<String>,
    /// Whether it awaits a stream.
    pub(crate) streaming: bool,
    pub(crate) uploads: Vec<Option<mpsc::Receiver<Uploaded>>>,
    pub(crate) cancel: CancellationToken,
}

/// What becomes of one.
enum Begin {
    Run,
    Queued(Option<Arc<Notify>>),
    Fail(Invocation, String),
}

/// Begins it, lets it wait for its turn, or refuses it. Returns what to wait for before more is read.
pub(crate) fn invoke(connection: &Arc<Connection>, mut invocation: Invocation) -> Option<Wait> {
    let definition = connection.clients.definition();
    let Some(method) = definition.find(&invocation.target) else {
        let text = texts::unknown_method(&invocation.target);
        refuse(connection, &invocation, "unknown", &text);
        return None;
    };
    let target = &invocation.target;
    let wrong_kind = match (&method.run, invocation.streaming) {
        (Run::Stream(_), false) => Some(format!(
            "The client attempted to invoke the streaming '{target}' method with a non-streaming invocation."
        )),
        (Run::Answer(_), true) => Some(format!(
            "The client attempted to invoke the non-streaming '{target}' method with a streaming invocation."
        )),
        _ => None,
    };
    if let Some(text) = wrong_kind {
        refuse(connection, &invocation, method.name, &text);
        return None;
    }
    let limits = &connection.core().options.limits;
    let with_streams = invocation.streaming || !invocation.stream_ids.is_empty();
    let mut starting = None;
    let begin = connection.with_busy(|busy| {
        if let Some(id) = &invocation.id
            && busy.running.contains_key(id)
        {
            let text = format!("Invocation ID '{id}' is already in use.");
            return Begin::Fail(invocation, text);
        }
        if let Some(used) = invocation.stream_ids.iter().find(|id| busy.uploads.contains_key(*id)) {
            let text = format!("Stream ID '{used}' is already in use.");
            return Begin::Fail(invocation, text);
        }
        if with_streams && (busy.streams >= limits.streams || invocation.stream_ids.len() > limits.streams) {
            let text = format!("at most {} streams may run at once on a connection", limits.streams);
            return Begin::Fail(invocation, text);
        }
        invocation.cancel = busy.whole.child_token();
        if let Some(id) = &invocation.id {
            busy.running.insert(id.clone(), invocation.cancel.clone());
        }
        for id in &invocation.stream_ids {
            let (sender, receiver) = mpsc::channel(limits.upload_items.max(1));
            busy.uploads.insert(id.clone(), sender);
            invocation.uploads.push(Some(receiver));
        }
        if with_streams {
            busy.streams += 1;
        } else if busy.turns < limits.parallel_invocations.max(1) {
            busy.turns += 1;
        } else {
            busy.waiting.push_back(invocation);
            let full = busy.waiting.len() > limits.queued_invocations;
            return Begin::Queued(full.then(|| {
                // One for each socket of the connection that waits: a displaced one must not be woken in another's place.
                let room = Arc::<Notify>::default();
                busy.room.push(room.clone());
                room
            }));
        }
        starting = Some(invocation);
        Begin::Run
    });
    match begin {
        None | Some(Begin::Queued(None)) => None,
        Some(Begin::Queued(Some(room))) => Some(Box::pin(async move { room.notified().await })),
        Some(Begin::Run) => {
            if let Some(invocation) = starting {
                tokio::spawn(run::turns(connection.clone(), invocation, with_streams));
            }
            None
        }
        Some(Begin::Fail(invocation, text)) => {
            refuse(connection, &invocation, method.name, &text);
            None
        }
    }
}

fn refuse(connection: &Arc<Connection>, invocation: &Invocation, method: &str, text: &str) {
    let observer = &connection.core().ports.observer;
    observer.invoked(connection.clients.hub(), method, InvocationOutcome::Invalid, Duration::ZERO);
    fail(connection, invocation.id.as_deref(), text);
}

/// Answers with an error; an invocation without an id is never answered.
pub(crate) fn fail(connection: &Arc<Connection>, id: Option<&str>, text: &str) {
    if let Some(id) = id {
        connection.tell(&Encoded::numbered_record(|protocol| failure(protocol, id, text)));
    }
}

/// The client wants no more of it: at once, whatever waits. It is still answered.
pub(crate) fn cancel(connection: &Arc<Connection>, id: &str) {
    connection.with_busy_if_any(|busy| {
        if let Some(token) = busy.running.get(id) {
            token.cancel();
        }
    });
}

/// An item of an upload, or its end. Unknown ones are passed over: the method may have ended before the client noticed.
/// Returns what to wait for where the method is behind.
pub(crate) fn uploaded(connection: &Arc<Connection>, id: &str, what: Uploaded) -> Option<Wait> {
    let full = connection.with_busy_if_any(|busy| {
        let sender = match &what {
            Uploaded::Item(_) => busy.uploads.get(id)?.clone(),
            Uploaded::End(_) => busy.uploads.remove(id)?,
        };
        match sender.try_send(what) {
            Ok(()) | Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(what)) => Some((sender, what, busy.whole.clone())),
        }
    });
    let (sender, what, whole) = full??;
    Some(Box::pin(async move {
        tokio::select! {
            // Where the method ends meanwhile, nobody wants it.
            _ = sender.send(what) => {}
            () = whole.cancelled() => {}
        }
    }))
}
