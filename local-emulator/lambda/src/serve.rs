//! Accepts connections and serves HTTP/1.1 on them.

use crate::Body;
use crate::connection::{Connection, Peer};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Bytes of a request's headers.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Serves every connection with `answer` until `stop`. A client whose next request's headers are not there within
/// `headers_within`, counted from the end of the one before, is disconnected.
pub(crate) async fn serve<F, R>(
    listener: TcpListener,
    stop: CancellationToken,
    headers_within: Option<Duration>,
    answer: F,
) where
    F: Fn(Request<Incoming>, Peer) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let (connection, peer) = match accepted {
            Ok((stream, address)) => Connection::new(stream, address),
            Err(error) => {
                // Out of file descriptors, most likely: others will be given back.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (answer, stop) = (answer.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answered = answer(request, peer.clone());
                async move { Ok::<_, Infallible>(answered.await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(headers_within)
                .max_buf_size(HEADER_BYTES_MAX.max(8192))
                .half_close(true)
                .serve_connection(TokioIo::new(connection), service);
            tokio::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => {}
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(Duration::from_millis(500), connection).await;
                }
            }
        });
    }
}
