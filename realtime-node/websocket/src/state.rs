//! What a socket's reader and senders share.

use crate::outbound::{Full, Outbound, WhenFull};
use crate::reader::{Ended, Reader};
use crate::sender::{SendFault, Sender};
use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Frames that go to the kernel in one call.
const SLICES: usize = 64;
/// Who was written to less than this ago is written to by its own task, with all that has gathered until that runs: a call
/// to the kernel costs more than anything else here, and many messages in a short time are worth one.
const GATHER: Duration = Duration::from_millis(1);
/// More than this does not gather.
const GATHER_BYTES: usize = 16 * 1024;

/// Limits of one socket.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a message that is received, all its fragments together; over it the peer is told 1009.
    pub message_bytes_max: usize,
    /// Bytes that wait to be written, with some 48 a frame for its place. A single frame may be larger.
    pub queue_bytes_max: usize,
}

/// Takes over a TCP stream after the upgrade; `unread` is what the HTTP library had read beyond it. Within a runtime of
/// tokio with I/O and time. Dropping the reader drops the connection, whoever still has a sender.
pub fn open(stream: TcpStream, unread: Bytes, limits: Limits) -> (Reader, Sender) {
    // Messages are small and waited for. Where it fails the socket is gone, which the first read tells.
    let _ = stream.set_nodelay(true);
    let shared = Arc::new(Shared(Mutex::new(State {
        stream: Some(stream),
        outbound: Outbound::new(limits.queue_bytes_max),
        waker: None,
        parked: false,
        written_at: None,
        sent: 0,
        closing: false,
        fate: None,
    })));
    // Copied, also where it is empty: it is a part of the HTTP library's buffer, which would be kept with it.
    let pending = BytesMut::from(&unread[..]);
    drop(unread);
    (Reader::new(Arc::clone(&shared), pending, limits.message_bytes_max), Sender(shared))
}

/// The stream lies under the lock, so that whoever ends the socket closes it there and then, and nobody holds the lock for
/// longer than a call to the kernel takes.
#[derive(Debug)]
pub(crate) struct Shared(pub(crate) Mutex<State>);

#[derive(Debug)]
pub(crate) struct State {
    /// None once the socket is gone.
    pub(crate) stream: Option<TcpStream>,
    pub(crate) outbound: Outbound,
    /// Of the reader's task, where it waits.
    pub(crate) waker: Option<Waker>,
    /// The reader's task waits for the socket: woken it writes at once. While it does something else nothing gathers.
    pub(crate) parked: bool,
    written_at: Option<Instant>,
    /// Bytes that the kernel took.
    pub(crate) sent: u64,
    /// Our Close is queued or sent: nothing may come behind it.
    pub(crate) closing: bool,
    /// Why a sender ended it, for the reader.
    pub(crate) fate: Option<Box<Ended>>,
}

impl State {
    /// Writes a frame at once where nothing waits before it and nothing was written just now, else queues it; the waker, if
    /// there is one, is to be woken after the lock is let go.
    pub(crate) fn write(&mut self, frame: &Bytes, when_full: WhenFull) -> (Result<(), SendFault>, Option<Waker>) {
        if self.closing {
            return (Err(SendFault::Closed), None);
        }
        let gathers = self.parked && self.written_at.is_some_and(|at| at.elapsed() < GATHER);
        let written = if gathers || !self.outbound.is_empty() {
            // What gathers is no sign of a reader that is slow.
            let (bytes, bytes_max) = self.outbound.bytes_with(frame);
            if bytes > GATHER_BYTES.min(bytes_max) { self.flush_now().map(|()| 0) } else { Ok(0) }
        } else {
            self.write_now(frame)
        };
        match written {
            Err(error) => return (Err(SendFault::Closed), self.end(Ended::Lost(error))),
            Ok(written) if written == frame.len() => return (Ok(()), None),
            Ok(0) => {}
            Ok(written) => {
                self.outbound.push_rest(frame.clone(), written);
                return (Ok(()), self.wake());
            }
        }
        let first = self.outbound.is_empty();
        match self.outbound.push(frame.clone(), when_full) {
            Err(Full) => (Err(SendFault::Slow), self.end(Ended::Slow)),
            // The reader's task was woken already, or waits for room, where something waited before.
            Ok(()) => (Ok(()), if first { self.wake() } else { None }),
        }
    }

    /// The same for a control frame, full or not.
    pub(crate) fn write_control(&mut self, frame: &Bytes, pong: bool) -> Option<Waker> {
        match self.write_now(frame) {
            Err(error) => return self.end(Ended::Lost(error)),
            Ok(written) if written == frame.len() => return None,
            Ok(0) if pong => self.outbound.push_pong(frame.clone()),
            Ok(0) => self.outbound.push_control(frame.clone()),
            Ok(written) => self.outbound.push_rest(frame.clone(), written),
        }
        self.wake()
    }

    /// Bytes of the frame that the kernel took; none where others wait.
    fn write_now(&mut self, frame: &Bytes) -> io::Result<usize> {
        let stream = self.stream.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        if !self.outbound.is_empty() {
            return Ok(0);
        }
        match stream.try_write(frame) {
            Ok(written) => {
                self.wrote(written);
                Ok(written)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Writes what waits, as far as the kernel takes it now.
    fn flush_now(&mut self) -> io::Result<()> {
        while !self.outbound.is_empty() {
            let stream = self.stream.as_ref().ok_or(io::ErrorKind::NotConnected)?;
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.outbound.slices(&mut slices);
            match stream.try_write_vectored(&slices[..count]) {
                Ok(written) => {
                    self.outbound.advance(written);
                    self.wrote(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn wrote(&mut self, bytes: usize) {
        self.sent += bytes as u64;
        self.written_at = Some(Instant::now());
    }

    /// Takes the reader's task to be woken.
    pub(crate) fn wake(&mut self) -> Option<Waker> {
        self.parked = false;
        self.waker.take()
    }

    /// Drops the connection; the first reason is the one that counts.
    pub(crate) fn end(&mut self, why: Ended) -> Option<Waker> {
        if self.stream.take().is_some() {
            self.fate = Some(Box::new(why));
        }
        self.outbound.clear();
        self.wake()
    }

    /// Writes what waits, as far as the kernel takes it.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbound.is_empty() {
            let Some(stream) = &mut self.stream else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.outbound.slices(&mut slices);
            match Pin::new(stream).poll_write_vectored(cx, &slices[..count]) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(written)) => {
                    self.outbound.advance(written);
                    self.wrote(written);
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Says that nothing more is written, so that the peer sees an end that is not a reset.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Reads into `buffer`; 0 bytes are the end of the stream.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        let mut buffer = ReadBuf::new(buffer);
        Pin::new(stream).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
    }

    /// Remembers who waits.
    pub(crate) fn wait(&mut self, cx: &Context<'_>) {
        self.parked = true;
        if self.waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
    }
}
