//! Writes what calls used into the ledger: many at once where many end at once, and never lost.

use octavo_domain_ai::Call;
use octavo_domain_ai::ports::Ledger;
use octavo_domain_kernel::{Clock, Ids, Message, PortError, Queue, QueueName, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The function's own queue: what the ledger could not take is sent there and written later.
pub(crate) const QUEUE: &str = "ai";
/// What such a message is.
pub(crate) const CALLED: &str = "ai.called";
/// Calls in one transaction.
const BATCH_MAX: usize = 200;
/// Calls that wait to be written; who comes then waits, holding its invocation open.
const WAITING_MAX: usize = 4_096;

struct Waiting {
    call: Call,
    written: oneshot::Sender<()>,
}

/// The way into the ledger. While one batch is written the next one gathers: a call that is alone waits for nobody.
pub(crate) struct LedgerWriter {
    sender: mpsc::Sender<Waiting>,
}

impl LedgerWriter {
    pub(crate) fn new(
        ledger: Arc<dyn Ledger>,
        queue: Arc<dyn Queue>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(run(Arc::new(Ports { ledger, queue, ids, clock }), receiver));
        Self { sender }
    }

    /// Writes `call`. Returns when it is durable, in the ledger or in the queue.
    pub(crate) async fn write(&self, call: Call) {
        let (written, done) = oneshot::channel();
        let id = call.id;
        if self.sender.send(Waiting { call, written }).await.is_err() || done.await.is_err() {
            tracing::error!(call = %id, "the ledger's writer has ended; the reservation is reclaimed later");
        }
    }
}

struct Ports {
    ledger: Arc<dyn Ledger>,
    queue: Arc<dyn Queue>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
}

async fn run(ports: Arc<Ports>, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::new();
    while receiver.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let mut tenants: BTreeMap<TenantId, Vec<Waiting>> = BTreeMap::new();
        for waiting in batch.drain(..) {
            tenants.entry(waiting.call.tenant.clone()).or_default().push(waiting);
        }
        let writes = tenants.into_iter().map(|(tenant, waiting)| write(&ports, tenant, waiting));
        futures::future::join_all(writes).await;
    }
}

async fn write(ports: &Ports, tenant: TenantId, waiting: Vec<Waiting>) {
    let (calls, written): (Vec<_>, Vec<_>) = waiting.into_iter().map(|waiting| (waiting.call, waiting.written)).unzip();
    if let Err(error) = ports.ledger.call_insert(&tenant, &calls).await {
        tracing::warn!(%error, calls = calls.len(), "the ledger is away; calls go to the queue");
        if let Err(error) = send(ports, &calls).await {
            // The last resort: a person can read it from the log.
            for call in &calls {
                let line = serde_json::to_string(call).unwrap_or_default();
                tracing::error!(%error, call = line, "a call could be written nowhere");
            }
        }
    }
    for written in written {
        let _ = written.send(());
    }
}

async fn send(ports: &Ports, calls: &[Call]) -> Result<(), PortError> {
    let queue: QueueName = QUEUE.parse().map_err(PortError::corrupt)?;
    let mut messages = Vec::with_capacity(calls.len());
    for call in calls {
        messages.push(Message {
            id: ports.ids.next(),
            tenant: call.tenant.clone(),
            kind: CALLED.to_owned(),
            key: call.id.to_string(),
            at: ports.clock.now(),
            traceparent: None,
            body: serde_json::to_value(call).map_err(PortError::corrupt)?,
        });
    }
    ports.queue.send(&queue, &messages).await
}
