//! Between the connection and the listener: a bounded queue and the task that empties it.

use super::counters::{Counts, count};
use super::names::Names;
use super::wire;
use bytes::Bytes;
use octavo_domain_realtime::{BackplaneListener, BackplaneState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What holds a waiting message, in bytes, about.
const HELD_BYTES: usize = 128;
/// Messages that are taken out of the queue at a time.
const TAKEN_AT_ONCE: usize = 256;

/// What the listener hears, in this order.
#[derive(Debug)]
pub(super) enum Item {
    Message {
        channel: Vec<u8>,
        message: Vec<u8>,
    },
    State(BackplaneState),
    /// Here something was dropped.
    Loss,
}

/// The writing side. Its queue is bounded by what its messages weigh, so its channel need not be: states and the one
/// `Loss` weigh nothing and are few.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: UnboundedSender<Item>,
    waiting_bytes: AtomicUsize,
    /// Everything is dropped until the listener came to the `Loss`: a history then has what was missed, as a whole.
    losing: AtomicBool,
    bytes_max: usize,
    counts: Arc<Counts>,
}

impl Inbox {
    pub(super) fn new(bytes_max: usize, counts: Arc<Counts>) -> (Self, UnboundedReceiver<Item>) {
        let (queue, items) = unbounded_channel();
        let (waiting_bytes, losing) = (AtomicUsize::new(0), AtomicBool::new(false));
        (Self { queue, waiting_bytes, losing, bytes_max, counts }, items)
    }

    /// A message came. Called from the connection's task: must not wait.
    pub(super) fn message(&self, channel: Vec<u8>, message: Vec<u8>) {
        if self.losing.load(Ordering::Acquire) {
            return count(&self.counts.dropped);
        }
        let weight = weight(&channel, &message);
        if self.waiting_bytes.fetch_add(weight, Ordering::AcqRel) + weight > self.bytes_max {
            self.waiting_bytes.fetch_sub(weight, Ordering::AcqRel);
            count(&self.counts.dropped);
            if !self.losing.swap(true, Ordering::AcqRel) {
                self.put(Item::Loss);
            }
            return;
        }
        self.put(Item::Message { channel, message });
    }

    pub(super) fn state(&self, state: BackplaneState) {
        self.put(Item::State(state));
    }

    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.load(Ordering::Acquire)
    }

    fn put(&self, item: Item) {
        // Fails when nobody listens any more: then nobody misses it.
        let _ = self.queue.send(item);
    }
}

fn weight(channel: &[u8], message: &[u8]) -> usize {
    channel.len() + message.len() + HELD_BYTES
}

/// Hands everything to the listener, one after another, until the inbox is gone.
pub(super) async fn deliver(
    inbox: Arc<Inbox>,
    mut items: UnboundedReceiver<Item>,
    names: Names,
    listener: Arc<dyn BackplaneListener>,
) {
    let mut taken = Vec::with_capacity(TAKEN_AT_ONCE);
    let mut told = BackplaneState::Away;
    while items.recv_many(&mut taken, TAKEN_AT_ONCE).await > 0 {
        for item in taken.drain(..) {
            match item {
                Item::Message { channel, message } => {
                    let weight = weight(&channel, &message);
                    let known = names.channel_of(&channel).zip(wire::open(&Bytes::from(message)));
                    match known {
                        Some((channel, (payload, position))) => {
                            guarded(|| listener.received(&channel, payload, position));
                            count(&inbox.counts.received);
                        }
                        None => count(&inbox.counts.foreign),
                    }
                    inbox.waiting_bytes.fetch_sub(weight, Ordering::AcqRel);
                }
                Item::State(state) => {
                    if told != state {
                        guarded(|| listener.changed(state));
                    }
                    told = state;
                }
                Item::Loss => {
                    count(&inbox.counts.losses);
                    tracing::warn!("backplane: the listener was too slow, messages were dropped");
                    let connected = told == BackplaneState::Connected;
                    if connected {
                        guarded(|| listener.changed(BackplaneState::Away));
                    }
                    // Before `Connected`: nothing is dropped after the histories are asked. While the connection is
                    // away, its own `Connected` is still to come.
                    inbox.losing.store(false, Ordering::Release);
                    if connected {
                        guarded(|| listener.changed(BackplaneState::Connected));
                    }
                }
            }
        }
    }
}

/// A listener that panics over one message must not cost all the others, silently.
fn guarded(call: impl FnOnce()) {
    if std::panic::catch_unwind(AssertUnwindSafe(call)).is_err() {
        tracing::error!("backplane: the listener panicked");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_realtime::{Channel, Position};
    use std::sync::Mutex;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl BackplaneListener for Heard {
        fn received(&self, channel: &Channel, payload: Bytes, _: Option<Position>) {
            assert_ne!(payload, "panic");
            self.0.lock().unwrap().push(format!("{channel} {}", String::from_utf8_lossy(&payload)));
        }
        fn changed(&self, state: BackplaneState) {
            self.0.lock().unwrap().push(format!("{state:?}"));
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_dropped_counted_and_told_as_a_loss() {
        let (names, counts, heard) = (Names::new(0), Arc::new(Counts::default()), Arc::new(Heard::default()));
        let channel = names.channel(&Channel::of_wire("c")).into_bytes();
        let weight = weight(&channel, b"\0x");
        let (inbox, items) = Inbox::new(3 * weight + 8, counts.clone());
        inbox.state(BackplaneState::Connected);
        for payload in [b"\0a", b"\0b", b"\0c", b"\0d", b"\0e"] {
            inbox.message(channel.clone(), payload.to_vec());
        }
        assert_eq!(inbox.waiting_bytes(), 3 * weight);
        let inbox = Arc::new(inbox);
        let task = tokio::spawn(deliver(inbox.clone(), items, names, heard.clone()));
        let caught_up = async {
            while inbox.losing.load(Ordering::Acquire) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), caught_up).await.unwrap();
        inbox.message(b"news".to_vec(), b"\0x".to_vec());
        inbox.message(channel.clone(), b"\0panic".to_vec());
        inbox.message(channel, b"\0f".to_vec());
        let all = async {
            while heard.0.lock().unwrap().len() < 7 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), all).await.unwrap();
        assert_eq!(*heard.0.lock().unwrap(), ["Connected", "c a", "c b", "c c", "Away", "Connected", "c f"]);
        let counters = counts.read(0, inbox.waiting_bytes());
        assert_eq!((counters.dropped, counters.losses, counters.foreign), (2, 1, 1));
        task.abort();
    }
}
