//! The server asks a client for a result.

use crate::ClientFault;
use crate::connection::Connection;
use crate::encoded::Encoded;
use octavo_domain_realtime::SlowReader;
use octavo_domain_signalr::{Message, Outcome, Payload};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Forgets what was asked when nobody waits for it any more.
struct Asked<'a> {
    connection: &'a Connection,
    id: String,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.connection.with_busy_if_any(|busy| busy.asked.remove(&self.id));
    }
}

/// Invokes the client's `target` and waits for its answer.
pub(crate) async fn ask(
    connection: &Arc<Connection>,
    target: &str,
    arguments: Vec<Payload>,
) -> Result<Outcome, ClientFault> {
    let options = &connection.core().options;
    let asked = connection.with_busy(|busy| {
        if busy.asked.len() >= options.limits.client_results {
            return Err(ClientFault::TooMany);
        }
        let (sender, receiver) = oneshot::channel();
        let id = connection.core().next_ask();
        busy.asked.insert(id.clone(), sender);
        Ok((id, receiver))
    });
    let (id, receiver) = asked.ok_or(ClientFault::Gone)??;
    let asked = Asked { connection, id };
    let message = Message::Invocation {
        id: Some(asked.id.clone()),
        target: target.to_owned(),
        arguments,
        stream_ids: Vec::new(),
    };
    let encoded = Encoded::for_one(connection.protocol(), &message, SlowReader::Disconnect);
    connection.tell(&encoded.map_err(|fault| ClientFault::Encoding(fault.to_string()))?);
    match tokio::time::timeout(options.timing.client_result, receiver).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) => Err(ClientFault::Gone),
        Err(_) => Err(ClientFault::Timeout),
    }
}

/// A completion has come: of something that was asked? If not, it is given back.
pub(crate) fn answered(connection: &Connection, id: &str, outcome: Outcome) -> Option<Outcome> {
    let asked = connection.with_busy_if_any(|busy| busy.asked.remove(id)).flatten();
    match asked {
        Some(asked) => {
            // Where nobody waits any more the answer came too late.
            let _ = asked.send(outcome);
            None
        }
        None => Some(outcome),
    }
}
