//! A connection that knows whether all that was written has left.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Tells whether the last write left whole. The dot is the end of what is written last: if that did not leave whole, the
/// server has no dot, whatever else went wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Whether the end of what was written last has not left this process, and never will: after an error, or when nobody
    /// goes on writing.
    pub(super) fn is_short(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A TCP connection that is watched.
#[derive(Debug)]
pub(super) struct Watched {
    stream: TcpStream,
    watch: Watch,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, watch: Watch) -> Self {
        Self { stream, watch }
    }
}

impl AsyncTokioStream for Watched {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        let whole = matches!(written, Poll::Ready(Ok(count)) if count == bytes.len());
        self.watch.0.store(!whole, Ordering::Release);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn what_a_full_connection_does_not_take_is_short() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let watch = Watch::default();
        let mut stream = Watched::new(stream, watch.clone());
        stream.write_all(b"abc").await.unwrap();
        assert!(!watch.is_short());
        // Nobody reads: at some point the system takes no more.
        let much = vec![b'x'; 64 * 1024 * 1024];
        let writing = tokio::time::timeout(std::time::Duration::from_millis(200), stream.write_all(&much));
        assert!(writing.await.is_err() && watch.is_short());
        let mut three = [0; 3];
        server.read_exact(&mut three).await.unwrap();
        assert_eq!(&three, b"abc");
    }
}
