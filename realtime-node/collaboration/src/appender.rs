//! What was accepted goes to the store: in batches, for each tenant apart, again and again until it is kept.

use crate::ports::RoomPorts;
use crate::{Options, RoomEvent};
use bytes::Bytes;
use octavo_domain_collaboration::{Replica, RoomUpdate};
use octavo_domain_kernel::{DocumentId, TenantId, UserId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Updates in one transaction: the store's limit.
const BATCH_MAX: usize = 1_000;
/// How long an append may take.
const APPEND_TIMEOUT: Duration = Duration::from_secs(10);
/// The store may refuse an update so often before it is believed.
const REFUSALS_MAX: u32 = 5;
/// Between attempts, at first and at most.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Waiting {
    rooms: HashMap<DocumentId, Vec<(Bytes, UserId)>>,
    bytes: usize,
    /// In the store's hands at this moment.
    under_way: HashMap<DocumentId, usize>,
    failing_since: Option<Instant>,
    /// Whether a task is at it.
    running: bool,
}

struct Inner {
    options: Options,
    ports: RoomPorts,
    tenants: Mutex<HashMap<TenantId, Waiting>>,
    /// Something is to be appended at once.
    hurry: Notify,
    /// A batch was kept.
    kept: Notify,
}

#[derive(Clone)]
pub(crate) struct Appender(Arc<Inner>);

impl Appender {
    pub(crate) fn new(options: Options, ports: RoomPorts) -> Self {
        Self(Arc::new(Inner { options, ports, tenants: Mutex::default(), hurry: Notify::new(), kept: Notify::new() }))
    }

    /// Takes an update over. It is kept soon, or later; the room asks [`Appender::stuck`] before it accepts more.
    pub(crate) fn push(&self, tenant: &TenantId, document: DocumentId, update: Bytes, by: UserId) {
        let mut tenants = self.0.tenants.lock();
        let waiting = tenants.entry(tenant.clone()).or_default();
        waiting.bytes += update.len();
        waiting.rooms.entry(document).or_default().push((update, by));
        if waiting.bytes >= self.0.options.append_bytes {
            self.0.hurry.notify_waiters();
        }
        if !std::mem::replace(&mut waiting.running, true) {
            tokio::spawn(run(self.clone(), tenant.clone()));
        }
    }

    /// Bytes of edits that the store does not have yet, of all tenants.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.0.tenants.lock().values().map(|waiting| waiting.bytes).sum()
    }

    /// Whether nothing more of the tenant's can be accepted: the store is away for too long, or too much waits.
    pub(crate) fn stuck(&self, tenant: &TenantId) -> bool {
        let tenants = self.0.tenants.lock();
        let Some(waiting) = tenants.get(tenant) else { return false };
        let away = |since: Instant| since.elapsed() > self.0.options.store_away_max;
        waiting.failing_since.is_some_and(|since| away(since) || waiting.bytes > self.0.options.waiting_bytes_max)
            || waiting.bytes > 4 * self.0.options.waiting_bytes_max
    }

    /// Whether something of the room is not kept yet.
    pub(crate) fn waits(&self, tenant: &TenantId, document: DocumentId) -> bool {
        let tenants = self.0.tenants.lock();
        let waits =
            |waiting: &Waiting| waiting.rooms.contains_key(&document) || waiting.under_way.contains_key(&document);
        tenants.get(tenant).is_some_and(waits)
    }

    /// Waits until nothing of the room waits, at most for `longest`; whether that is so.
    pub(crate) async fn flush(&self, tenant: &TenantId, document: DocumentId, longest: Duration) -> bool {
        let all = async {
            loop {
                let kept = self.0.kept.notified();
                if !self.waits(tenant, document) {
                    return;
                }
                self.0.hurry.notify_waiters();
                kept.await;
            }
        };
        tokio::time::timeout(longest, all).await.is_ok()
    }

    fn take(&self, tenant: &TenantId) -> Vec<(DocumentId, Vec<(Bytes, UserId)>)> {
        let mut tenants = self.0.tenants.lock();
        let Some(waiting) = tenants.get_mut(tenant) else { return Vec::new() };
        if waiting.rooms.is_empty() {
            // Under the same lock as `push`: whoever comes later starts another task.
            tenants.remove(tenant);
            return Vec::new();
        }
        let some: Vec<DocumentId> = waiting.rooms.keys().take(BATCH_MAX).copied().collect();
        let mut batch = Vec::with_capacity(some.len());
        for document in some {
            if let Some(updates) = waiting.rooms.remove(&document) {
                waiting.under_way.insert(document, updates.len());
                batch.push((document, updates));
            }
        }
        batch
    }

    fn kept(&self, tenant: &TenantId, batch: &[RoomUpdate], bytes: usize) {
        if let Some(waiting) = self.0.tenants.lock().get_mut(tenant) {
            waiting.failing_since = None;
            waiting.bytes = waiting.bytes.saturating_sub(bytes);
            for update in batch {
                waiting.under_way.remove(&update.document);
            }
        }
        self.0.kept.notify_waiters();
    }

    fn failed(&self, tenant: &TenantId) {
        self.0.ports.observer.observe(RoomEvent::AppendFailed);
        if let Some(waiting) = self.0.tenants.lock().get_mut(tenant) {
            waiting.failing_since.get_or_insert_with(Instant::now);
        }
    }
}

/// Appends what a tenant's rooms wait for, until nothing does.
async fn run(appender: Appender, tenant: TenantId) {
    let inner = &appender.0;
    loop {
        let hurry = inner.hurry.notified();
        tokio::select! {
            () = hurry => {}
            () = tokio::time::sleep(inner.options.append_after) => {}
        }
        let taken = appender.take(&tenant);
        if taken.is_empty() {
            return;
        }
        let bytes = taken.iter().flat_map(|(_, updates)| updates).map(|(update, _)| update.len()).sum();
        let batch: Vec<RoomUpdate> =
            taken.into_iter().flat_map(|(document, updates)| merged(document, updates)).collect();
        for part in batch.chunks(BATCH_MAX) {
            keep(&appender, &tenant, part).await;
        }
        appender.kept(&tenant, &batch, bytes);
    }
}

/// Does not give up while the store may come back: nothing that was accepted is dropped. Twice is no harm where an answer
/// was lost. What the store will never take (the document is gone) does not hold up the tenant's other rooms.
async fn keep(appender: &Appender, tenant: &TenantId, batch: &[RoomUpdate]) {
    if append(appender, tenant, batch, batch.len() == 1).await {
        return;
    }
    for update in batch {
        if !append(appender, tenant, std::slice::from_ref(update), true).await {
            tracing::error!(%tenant, document = %update.document, "rooms: the store refuses an update for good");
        }
    }
}

/// Whether it was appended; false only where the store says that trying again cannot help, `often` where it is asked again
/// nevertheless.
async fn append(appender: &Appender, tenant: &TenantId, batch: &[RoomUpdate], often: bool) -> bool {
    let inner = &appender.0;
    let mut pause = RETRY_FIRST;
    let mut refusals = if often { REFUSALS_MAX } else { 1 };
    loop {
        let started = Instant::now();
        match tokio::time::timeout(APPEND_TIMEOUT, inner.ports.store.room_append(tenant, batch)).await {
            Ok(Ok(_)) => {
                let event = RoomEvent::Appended { updates: batch.len(), took: started.elapsed() };
                inner.ports.observer.observe(event);
                return true;
            }
            Ok(Err(error)) => {
                tracing::warn!(%tenant, %error, "rooms: the store did not append");
                refusals -= u32::from(!error.is_retryable());
            }
            Err(_) => tracing::warn!(%tenant, "rooms: the store did not answer"),
        }
        appender.failed(tenant);
        if refusals == 0 {
            return false;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

/// One room's updates as one; as they are where they cannot be merged.
fn merged(document: DocumentId, mut updates: Vec<(Bytes, UserId)>) -> Vec<RoomUpdate> {
    if updates.len() > 1 {
        let all: Vec<&Bytes> = updates.iter().map(|(update, _)| update).collect();
        if let (Ok(update), Some((_, by))) = (Replica::merge(&all), updates.last()) {
            updates = vec![(update, by.clone())];
        }
    }
    updates.into_iter().map(|(update, by)| RoomUpdate { document, update, by }).collect()
}
