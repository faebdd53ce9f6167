//! An observer that remembers.

use octavo_domain_realtime::{BackplaneState, HubName};
use parking_lot::Mutex;
use realtime_node_server::{Ending, InvocationOutcome, Observer, Refusal, Transport};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What was observed.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) opened: AtomicUsize,
    pub(crate) endings: Mutex<Vec<(Option<Transport>, Ending)>>,
    pub(crate) refusals: Mutex<Vec<Refusal>>,
    pub(crate) invocations: Mutex<Vec<(String, InvocationOutcome)>>,
    pub(crate) sent: AtomicUsize,
    pub(crate) dropped: AtomicUsize,
    pub(crate) throttled: AtomicUsize,
    pub(crate) directory_failed: AtomicUsize,
    pub(crate) lagged: AtomicUsize,
    pub(crate) recovered: Mutex<Vec<(usize, bool)>>,
    pub(crate) resumed: AtomicUsize,
    pub(crate) states: Mutex<Vec<BackplaneState>>,
}

impl Seen {
    pub(crate) fn ended(&self, ending: Ending) -> usize {
        self.endings.lock().iter().filter(|(_, seen)| *seen == ending).count()
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> bool {
        self.refusals.lock().contains(&refusal)
    }
}

impl Observer for Seen {
    fn opened(&self, _hub: &HubName, _transport: Transport) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    fn closed(&self, _hub: &HubName, transport: Option<Transport>, ending: Ending) {
        self.endings.lock().push((transport, ending));
    }

    fn refused(&self, refusal: Refusal) {
        self.refusals.lock().push(refusal);
    }

    fn sent(&self, records: usize, _bytes: usize) {
        self.sent.fetch_add(records, Ordering::Relaxed);
    }

    fn dropped(&self, messages: usize) {
        self.dropped.fetch_add(messages, Ordering::Relaxed);
    }

    fn invoked(&self, _hub: &HubName, method: &str, outcome: InvocationOutcome, _took: Duration) {
        self.invocations.lock().push((method.to_owned(), outcome));
    }

    fn lagged(&self, _lag: Duration) {
        self.lagged.fetch_add(1, Ordering::Relaxed);
    }

    fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    fn directory_failed(&self) {
        self.directory_failed.fetch_add(1, Ordering::Relaxed);
    }

    fn backplane(&self, state: BackplaneState) {
        self.states.lock().push(state);
    }

    fn recovered(&self, messages: usize, whole: bool) {
        self.recovered.lock().push((messages, whole));
    }

    fn resumed(&self) {
        self.resumed.fetch_add(1, Ordering::Relaxed);
    }
}
