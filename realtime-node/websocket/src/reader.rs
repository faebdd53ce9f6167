//! The half of a socket that its one task has.

use crate::decoder::{Decoder, Fault, Item};
use crate::frame::Frame;
use crate::header::Violation;
use crate::state::Shared;
use bytes::{Buf, Bytes, BytesMut};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// One for all sockets of a thread.
const SCRATCH_BYTES: usize = 64 * 1024;
/// A peer that does not answer a Close by then is dropped.
const CLOSE_WAIT: Duration = Duration::from_secs(3);
/// After the last Close the peer may close the connection itself for so long, which spares it a reset.
const LINGER: Duration = Duration::from_secs(1);
/// And may send so much meanwhile, which nobody reads.
const LINGER_BYTES: usize = 4 * 1024 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A text: UTF-8.
    Text(Bytes),
    /// A binary message.
    Binary(Bytes),
    /// A ping; it is answered already.
    Ping,
    /// A pong.
    Pong,
}

/// Why nothing more comes. The connection is gone then.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// By the handshake of section 7: this is what the peer's Close said, if it said anything.
    #[error("closed by the peer (code {code:?})")]
    Closed {
        /// Its code.
        code: Option<u16>,
        /// Its reason, in the peer's words.
        reason: String,
    },
    /// The peer broke the protocol and was told so.
    #[error("the peer broke the protocol: {0}")]
    Violation(Violation),
    /// A message over the limit; the peer was told so.
    #[error("a message over the limit")]
    TooLarge,
    /// The peer read too slowly.
    #[error("the peer reads too slowly")]
    Slow,
    /// The connection broke, or ended without a Close (`UnexpectedEof`).
    #[error("the connection was lost: {0}")]
    Lost(#[source] io::Error),
    /// By this side: aborted, or the peer did not answer a Close in time.
    #[error("ended by this side")]
    Stopped,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// Both have said what they had to say, or we do not listen any more; what is written still goes out.
    Lingering(Box<Lingering>),
    Over,
}

#[derive(Debug)]
struct Lingering {
    why: Ended,
    shut_down: bool,
    discarded: usize,
}

/// Receives, and does the writing that senders had to leave.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    decoder: Decoder,
    /// What was read behind the last message.
    pending: BytesMut,
    phase: Phase,
    /// Only while it closes.
    timer: Option<Pin<Box<Sleep>>>,
}

/// Sees to it that nothing gathers for a task that has stopped waiting: given up, a call leaves its waker behind.
struct Parking<'a> {
    reader: &'a mut Reader,
    parked: bool,
}

impl Drop for Parking<'_> {
    fn drop(&mut self) {
        if self.parked {
            self.reader.shared.0.lock().parked = false;
        }
    }
}

enum Step {
    Event(Event),
    More,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, unread: BytesMut, message_bytes_max: usize) -> Self {
        let decoder = Decoder::new(message_bytes_max);
        Self { shared, decoder, pending: unread, phase: Phase::Open, timer: None }
    }

    /// The next message. Answers pings, writes what waits, completes the handshake of a Close. Lets other tasks run after
    /// some messages however many there are. A call that is given up loses nothing.
    pub async fn next(&mut self) -> Result<Event, Ended> {
        let mut parking = Parking { reader: self, parked: false };
        poll_fn(|cx| {
            let polled = parking.reader.poll_next(cx);
            parking.parked = polled.is_pending();
            polled
        })
        .await
    }

    /// Writes what waits and reads nothing, for whoever cannot take the next message yet: the peer is slowed down, while what
    /// others send still goes out. Returns only when the connection closes or is over, which [`Reader::next`] then tells.
    /// Can be given up at any time.
    pub async fn flush(&mut self) {
        let mut parking = Parking { reader: self, parked: false };
        poll_fn(|cx| {
            parking.parked = false;
            let mut state = parking.reader.shared.0.lock();
            state.parked = false;
            if !matches!(parking.reader.phase, Phase::Open)
                || state.closing
                || state.fate.is_some()
                || state.stream.is_none()
            {
                return Poll::Ready(());
            }
            if let Poll::Ready(Err(_)) = state.poll_flush(cx) {
                return Poll::Ready(());
            }
            // What is sent from now on and does not fit wakes it again.
            state.wait(cx);
            parking.parked = true;
            Poll::Pending
        })
        .await;
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Ended>> {
        loop {
            match &self.phase {
                Phase::Over => return Poll::Ready(Err(Ended::Stopped)),
                Phase::Lingering(_) => return self.poll_linger(cx).map(Err),
                Phase::Open => {}
            }
            let step = if self.pending.is_empty() { ready!(self.poll_read(cx)) } else { ready!(self.poll_pending(cx)) };
            match step {
                Ok(Step::Event(event)) => return Poll::Ready(Ok(event)),
                Ok(Step::More) => {}
                Err(ended) => return Poll::Ready(Err(self.over(ended))),
            }
        }
    }

    /// Goes on with what was read before. Costs of the task's budget, as reading does.
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Ended>> {
        let budget = ready!(tokio::task::coop::poll_proceed(cx));
        budget.made_progress();
        let mut state = self.shared.0.lock();
        state.parked = false;
        if let Some(why) = state.fate.take() {
            return Poll::Ready(Err(*why));
        }
        if let Poll::Ready(Err(error)) = state.poll_flush(cx) {
            return Poll::Ready(Err(Ended::Lost(error)));
        }
        drop(state);
        let mut pending = std::mem::take(&mut self.pending);
        let decoded = self.decoder.decode(&mut pending);
        if let Ok((read, _)) = decoded {
            pending.advance(read);
            if !pending.is_empty() {
                self.pending = pending;
            }
        }
        Poll::Ready(Ok(self.take(decoded)))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Ended>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let bytes = match ready!(self.poll_bytes(cx, scratch)) {
                Ok(0) => return Poll::Ready(Err(Ended::Lost(io::ErrorKind::UnexpectedEof.into()))),
                Ok(bytes) => bytes,
                Err(ended) => return Poll::Ready(Err(ended)),
            };
            let decoded = self.decoder.decode(&mut scratch[..bytes]);
            if let Ok((read, _)) = decoded
                && read < bytes
            {
                self.pending = BytesMut::from(&scratch[read..bytes]);
            }
            Poll::Ready(Ok(self.take(decoded)))
        })
    }

    /// Writes what waits, and waits for bytes.
    fn poll_bytes(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> Poll<Result<usize, Ended>> {
        let mut state = self.shared.0.lock();
        state.parked = false;
        if let Some(why) = state.fate.take() {
            return Poll::Ready(Err(*why));
        }
        if let Poll::Ready(Err(error)) = state.poll_flush(cx) {
            return Poll::Ready(Err(Ended::Lost(error)));
        }
        if state.closing {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(CLOSE_WAIT)));
            if timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(Ended::Stopped));
            }
        }
        let read = state.poll_read(cx, scratch);
        if read.is_pending() {
            state.wait(cx);
        }
        read.map_err(Ended::Lost)
    }

    fn take(&mut self, decoded: Result<(usize, Option<Item>), Fault>) -> Step {
        match decoded {
            Ok((_, None)) => return Step::More,
            Ok((_, Some(Item::Text(text)))) => return Step::Event(Event::Text(text)),
            Ok((_, Some(Item::Binary(bytes)))) => return Step::Event(Event::Binary(bytes)),
            Ok((_, Some(Item::Pong(_)))) => return Step::Event(Event::Pong),
            Ok((_, Some(Item::Ping(payload)))) => {
                let mut state = self.shared.0.lock();
                if !state.closing {
                    // The waker is this task's own, which runs.
                    drop(state.write_control(Frame::pong(&payload).bytes(), true));
                }
                return Step::Event(Event::Ping);
            }
            Ok((_, Some(Item::Close(close)))) => {
                // The answer has the same code (section 5.5.1).
                let answer = Frame::close(close.code, "");
                self.linger(&answer, Ended::Closed { code: close.code, reason: close.reason });
            }
            Err(fault) => {
                let told = Frame::close(Some(fault.close_code()), &fault.to_string());
                let why = match fault {
                    Fault::Violation(violation) => Ended::Violation(violation),
                    Fault::TooLarge => Ended::TooLarge,
                };
                self.linger(&told, why);
            }
        }
        Step::More
    }

    /// Nothing more is read; `close` is the last that is written, if no Close was sent.
    fn linger(&mut self, close: &Frame, why: Ended) {
        let mut state = self.shared.0.lock();
        if !std::mem::replace(&mut state.closing, true) {
            drop(state.write_control(close.bytes(), false));
        }
        self.pending = BytesMut::new();
        self.timer = Some(Box::pin(sleep(LINGER)));
        self.phase = Phase::Lingering(Box::new(Lingering { why, shut_down: false, discarded: 0 }));
    }

    /// Sees to it that the peer gets the Close: a stream that is dropped with something unread resets the connection, and
    /// what was written may be lost.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        let late = self.timer.as_mut().is_none_or(|timer| timer.as_mut().poll(cx).is_ready());
        let Phase::Lingering(lingering) = &mut self.phase else { return Poll::Ready(Ended::Stopped) };
        let mut state = self.shared.0.lock();
        let gone = late
            || loop {
                if !lingering.shut_down {
                    match state.poll_flush(cx) {
                        Poll::Ready(Err(_)) => break true,
                        Poll::Ready(Ok(())) => match state.poll_shutdown(cx) {
                            Poll::Ready(Err(_)) => break true,
                            Poll::Ready(Ok(())) => lingering.shut_down = true,
                            Poll::Pending => {}
                        },
                        Poll::Pending => {}
                    }
                }
                match SCRATCH.with_borrow_mut(|scratch| state.poll_read(cx, scratch)) {
                    Poll::Ready(Ok(0) | Err(_)) => break true,
                    Poll::Ready(Ok(bytes)) => {
                        lingering.discarded += bytes;
                        if lingering.discarded > LINGER_BYTES {
                            break true;
                        }
                    }
                    Poll::Pending => {
                        state.wait(cx);
                        break false;
                    }
                }
            };
        drop(state);
        if !gone {
            return Poll::Pending;
        }
        let why = std::mem::replace(&mut lingering.why, Ended::Stopped);
        Poll::Ready(self.over(why))
    }

    fn over(&mut self, why: Ended) -> Ended {
        self.phase = Phase::Over;
        self.timer = None;
        self.pending = BytesMut::new();
        let mut state = self.shared.0.lock();
        // A sender may have been first.
        drop(state.end(Ended::Stopped));
        state.fate.take();
        why
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.shared.0.lock().end(Ended::Stopped));
    }
}
