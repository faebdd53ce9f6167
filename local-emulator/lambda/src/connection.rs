//! One accepted connection.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Nothing is asked of the system; it is to be asked as soon as the connection is looked at; it is asked at each read.
const LATER: u8 = 0;
const NOW: u8 = 1;
const EACH_READ: u8 = 2;

/// Who is at the other end.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    prompt: Arc<AtomicU8>,
}

impl Peer {
    /// Acknowledges what comes at once, as long as the guard lives, where the system can be told to. A sender that holds
    /// small pieces back until the last is acknowledged (RFC 896), as `lambda_runtime`'s client does, and a receiver that
    /// waits with that for something to send (RFC 1122, section 4.2.3.2) otherwise cost the first piece of a streamed
    /// answer 40 ms.
    pub(crate) fn acknowledge_at_once(&self) -> AtOnce {
        self.prompt.store(NOW, Ordering::Relaxed);
        AtOnce(self.prompt.clone())
    }
}

/// See [`Peer::acknowledge_at_once`].
pub(crate) struct AtOnce(Arc<AtomicU8>);

impl Drop for AtOnce {
    fn drop(&mut self) {
        self.0.store(LATER, Ordering::Relaxed);
    }
}

/// The connection's bytes.
pub(crate) struct Connection {
    stream: TcpStream,
    prompt: Arc<AtomicU8>,
}

impl Connection {
    /// Takes a stream from `address`; what is written leaves at once.
    pub(crate) fn new(stream: TcpStream, address: SocketAddr) -> (Self, Peer) {
        let _ = stream.set_nodelay(true);
        let prompt = Arc::new(AtomicU8::new(LATER));
        (Self { stream, prompt: prompt.clone() }, Peer { address, prompt })
    }
}

impl Connection {
    fn acknowledge(&self) {
        self.prompt.store(EACH_READ, Ordering::Relaxed);
        #[cfg(target_os = "linux")]
        let _ = self.stream.set_quickack(true);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.prompt.load(Ordering::Relaxed) != LATER {
            // Each time: the system falls back by itself.
            self.acknowledge();
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper has read what there was before the request was looked at, and reads on when more has come; but it flushes
        // after each look.
        if self.prompt.load(Ordering::Relaxed) == NOW {
            self.acknowledge();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
