//! What waits for a client that fetches it by HTTP.

use crate::link::LinkFault;
use bytes::Bytes;
use parking_lot::Mutex;
use realtime_node_websocket::WhenFull;
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

/// What a waiting record counts beside its bytes.
const OVERHEAD_BYTES: usize = 48;

/// What waits for a client that fetches it by HTTP: one long answer, or answer after answer.
pub(crate) struct Outgoing {
    state: Mutex<State>,
    bytes_max: usize,
    /// Only one POST at a time is worked on: records keep their order.
    pub(crate) inbound: tokio::sync::Mutex<crate::inbound::Inbound>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Bytes, WhenFull)>,
    bytes: usize,
    dropped: usize,
    finished: bool,
    /// Counts readers: only the newest gets anything.
    reader: u64,
    reading: bool,
    waker: Option<Waker>,
}

/// What a reader gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// Whole records, in order.
    Records(Vec<Bytes>),
    /// Nothing more comes, or another reader has taken over.
    End,
}

impl Outgoing {
    pub(crate) fn new(bytes_max: usize, inbound: crate::inbound::Inbound) -> Self {
        Self { state: Mutex::default(), bytes_max, inbound: tokio::sync::Mutex::new(inbound) }
    }

    pub(crate) fn push(&self, record: Bytes, when_full: WhenFull) -> Result<(), LinkFault> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if state.finished {
            return Err(LinkFault::Absent);
        }
        if let WhenFull::Replace { .. } = when_full
            && let Some(old) = state.waiting.iter_mut().find(|(_, kind)| *kind == when_full)
        {
            state.bytes = state.bytes - old.0.len() + record.len();
            state.dropped += 1;
            old.0 = record;
            return Ok(());
        }
        let cost = record.len() + OVERHEAD_BYTES;
        while when_full != WhenFull::Disconnect && !state.waiting.is_empty() && state.bytes + cost > self.bytes_max {
            let oldest = state.waiting.iter().position(|(_, kind)| *kind != WhenFull::Disconnect);
            state.dropped += 1;
            match oldest.and_then(|at| state.waiting.remove(at)) {
                Some((old, _)) => state.bytes -= old.len() + OVERHEAD_BYTES,
                // Only such as must arrive wait: the new one goes.
                None => return Ok(()),
            }
        }
        if !state.waiting.is_empty() && state.bytes + cost > self.bytes_max {
            return Err(LinkFault::Slow);
        }
        state.bytes += cost;
        state.waiting.push_back((record, when_full));
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        Ok(())
    }

    /// Nothing more comes after what waits, and after `last`.
    pub(crate) fn finish(&self, last: Option<Bytes>) {
        let mut state = self.state.lock();
        if std::mem::replace(&mut state.finished, true) {
            return;
        }
        if let Some(last) = last {
            state.bytes += last.len() + OVERHEAD_BYTES;
            state.waiting.push_back((last, WhenFull::Disconnect));
        }
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// Begins to read, and ends whoever reads. The number names this reader.
    pub(crate) fn begin(&self) -> u64 {
        let mut state = self.state.lock();
        state.reader += 1;
        state.reading = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        state.reader
    }

    /// This reader reads no more; whether it was still the one.
    pub(crate) fn stop(&self, reader: u64) -> bool {
        let mut state = self.state.lock();
        let newest = state.reader == reader;
        if newest {
            state.reading = false;
        }
        newest
    }

    /// What waits, for this reader.
    pub(crate) fn poll(&self, reader: u64, cx: &mut Context<'_>) -> Poll<Fetched> {
        let mut state = self.state.lock();
        if state.reader != reader {
            return Poll::Ready(Fetched::End);
        }
        if !state.waiting.is_empty() {
            state.bytes = 0;
            let records = std::mem::take(&mut state.waiting);
            return Poll::Ready(Fetched::Records(records.into_iter().map(|(record, _)| record).collect()));
        }
        if state.finished {
            return Poll::Ready(Fetched::End);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) fn is_read(&self) -> bool {
        self.state.lock().reading
    }

    pub(crate) fn bytes(&self) -> usize {
        self.state.lock().bytes
    }

    pub(crate) fn dropped(&self) -> usize {
        self.state.lock().dropped
    }
}
