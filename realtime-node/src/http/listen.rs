//! Takes connections and serves HTTP/1.1 on them. A connection that is upgraded leaves here with its socket.

use super::Answer;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections that speak HTTP at a time: requests, long polls, event streams, and what has not been upgraded yet. More wait
/// in the kernel's queue until one ends.
const HTTP_CONNECTIONS_MAX: usize = 16_384;
/// A request's head must be there within this: nobody holds a place by sending nothing.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Bytes of a request's head, and of what is read ahead.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Pause after the machine had no socket left to give.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections that wait to be taken. When another node drains, its clients come within a second or two; one for which there is
/// no place here tries again only after a second, then after three more.
const BACKLOG: u32 = 4_096;

/// Listens on `address`.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Who is at the other end of the socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves until `stop`; then takes nobody new, and ends idle connections. What is under way ends by itself.
pub(crate) async fn serve<F, R>(listener: TcpListener, handle: F, stop: CancellationToken)
where
    F: Fn(Peer, Request<Incoming>) -> R + Send + Sync + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let (handle, places) = (Arc::new(handle), Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX)));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: going round at once would only burn the processor.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let (handle, stop) = (handle.clone(), stop.clone());
        tokio::spawn(async move {
            connection(stream, peer, &*handle, stop).await;
            drop(place);
        });
    }
}

async fn connection<F, R>(stream: TcpStream, peer: SocketAddr, handle: &F, stop: CancellationToken)
where
    F: Fn(Peer, Request<Incoming>) -> R,
    R: Future<Output = Answer> + Send + 'static,
{
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection that is gone already");
        return;
    }
    let service = service_fn(|request| {
        let answer = handle(Peer(peer.ip()), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
