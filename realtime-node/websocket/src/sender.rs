//! The half of a socket that everybody has who sends to it.

use crate::frame::Frame;
use crate::outbound::WhenFull;
use crate::reader::Ended;
use crate::state::{Shared, State};
use std::sync::Arc;
use std::task::Waker;

/// Sends; cheap to clone. What the kernel does not take at once is written by the task that waits in
/// [`Reader::next`](crate::Reader::next), so that one must be waiting there or come back soon.
#[derive(Debug, Clone)]
pub struct Sender(pub(crate) Arc<Shared>);

/// Why a frame was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendFault {
    /// The socket closes or is gone.
    #[error("the socket is closed")]
    Closed,
    /// Its peer reads too slowly: it was disconnected by this frame.
    #[error("the peer reads too slowly")]
    Slow,
}

impl Sender {
    /// Sends a frame that must arrive: [`WhenFull::Disconnect`].
    pub fn send(&self, frame: &Frame) -> Result<(), SendFault> {
        self.send_as(frame, WhenFull::Disconnect)
    }

    /// Sends a frame. Frames arrive in the order of the calls, but for those that `when_full` lets go. `Ok` says that it was
    /// taken, not that it arrived.
    pub fn send_as(&self, frame: &Frame, when_full: WhenFull) -> Result<(), SendFault> {
        self.with(|state| state.write(frame.bytes(), when_full))
    }

    /// Pings; the answer is an [`Event::Pong`](crate::Event::Pong) of the reader.
    pub fn ping(&self) {
        self.with(|state| ((), if state.closing { None } else { state.write_control(Frame::ping().bytes(), false) }));
    }

    /// Sends a Close behind what waits. What the peer still sends is read until it answers or a few seconds are over. A code
    /// that RFC 6455 section 7.4 allows; a reason over 123 bytes is cut. Does nothing where it closes already.
    pub fn close(&self, code: u16, reason: &str) {
        let frame = Frame::close(Some(code), reason);
        self.with(|state| {
            if std::mem::replace(&mut state.closing, true) {
                return ((), None);
            }
            let waker = state.write_control(frame.bytes(), false);
            // Also where it was written: the reader sets its timer.
            ((), waker.or_else(|| state.wake()))
        });
    }

    /// Drops the TCP connection now.
    pub fn abort(&self) {
        self.with(|state| ((), state.end(Ended::Stopped)));
    }

    /// Whether nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        let state = self.0.0.lock();
        state.closing || state.stream.is_none()
    }

    /// Bytes that wait to be written, with some 48 a frame for its place.
    pub fn queued_bytes(&self) -> usize {
        self.0.0.lock().outbound.bytes()
    }

    /// Bytes that were written, headers included.
    pub fn bytes_sent(&self) -> u64 {
        self.0.0.lock().sent
    }

    /// Frames that were dropped or replaced because the peer reads too slowly.
    pub fn frames_dropped(&self) -> u64 {
        self.0.0.lock().outbound.dropped()
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> (T, Option<Waker>)) -> T {
        let (answer, waker) = act(&mut self.0.0.lock());
        // Not under the lock: a waker may run whatever it likes.
        if let Some(waker) = waker {
            waker.wake();
        }
        answer
    }
}
