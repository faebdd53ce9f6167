//! Handing a message to the local connections that it is for. Nothing here waits for a connection: one that does not read
//! has its own queue, and its own end.

use crate::Clients;
use crate::circle::Circle;
use crate::connection::Connection;
use crate::core::Core;
use crate::encoded::Encoded;
use octavo_domain_realtime::{Channel, ConnectionId};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

/// Places of a circle up to which one thread does it all: it is done before others have begun.
const WIDE: usize = 512;

/// Counts what was handed over.
#[derive(Default)]
struct Handed {
    records: usize,
    bytes: usize,
}

impl Handed {
    fn hand(&mut self, batch: &mut Vec<Arc<Connection>>, encoded: &Encoded, excluded: &[ConnectionId]) {
        for connection in batch.drain(..) {
            if !excluded.contains(&connection.id) && connection.deliver(encoded) {
                self.records += 1;
                self.bytes += encoded.record(connection.protocol()).len();
            }
        }
    }

    fn observe(&self, core: &Core, began: Instant) {
        if self.records > 0 {
            core.ports.observer.sent(self.records, self.bytes);
            core.ports.observer.delivered(began.elapsed());
        }
    }
}

impl Core {
    /// To all of a channel but the excluded. Many are shared out over the machine's cores; others run between batches.
    pub(crate) async fn deliver(self: &Arc<Self>, channel: &Channel, encoded: Encoded, excluded: &[ConnectionId]) {
        let Some(circle) = self.circles.get(channel) else { return };
        let (began, places) = (Instant::now(), circle.places());
        if places <= WIDE {
            self.deliver_now(&circle, &encoded, excluded);
            return;
        }
        let shares = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = places.div_ceil(shares);
        let (encoded, excluded): (_, Arc<[ConnectionId]>) = (Arc::new(encoded), excluded.into());
        let tasks: Vec<_> = (0..shares)
            .map(|at| {
                // The last one goes on to the end, wherever that is by then.
                let (from, until) = (at * share, if at + 1 == shares { usize::MAX } else { (at + 1) * share });
                let (circle, encoded, excluded) = (circle.clone(), encoded.clone(), excluded.clone());
                tokio::spawn(async move {
                    let (mut handed, mut batch, mut at) = (Handed::default(), Vec::new(), from);
                    while let Some(next) = circle.batch(at, until, &mut batch) {
                        handed.hand(&mut batch, &encoded, &excluded);
                        at = next;
                        tokio::task::yield_now().await;
                    }
                    handed
                })
            })
            .collect();
        let mut all = Handed::default();
        for task in tasks {
            if let Ok(handed) = task.await {
                all.records += handed.records;
                all.bytes += handed.bytes;
            }
        }
        all.observe(self, began);
    }

    /// The same at once, for callers that cannot wait.
    pub(crate) fn deliver_now(&self, circle: &Circle, encoded: &Encoded, excluded: &[ConnectionId]) {
        let (began, mut handed, mut batch, mut at) = (Instant::now(), Handed::default(), Vec::new(), 0);
        while let Some(next) = circle.batch(at, usize::MAX, &mut batch) {
            handed.hand(&mut batch, encoded, excluded);
            at = next;
        }
        handed.observe(self, began);
    }

    /// To one, if it is of the tenant and the hub.
    pub(crate) fn deliver_one(&self, clients: &Clients, id: ConnectionId, encoded: &Encoded) {
        let found = self.registry.get(&id);
        if let Some(connection) = found.filter(|found| found.clients.is_same(clients)) {
            connection.tell(encoded);
        }
    }
}
