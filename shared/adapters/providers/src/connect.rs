//! A deadline for connecting that is the request's own. reqwest has one for a whole client only.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tower::{Layer, Service};

/// For a connection that is begun outside of any request. None is today; a pool that warms itself would be such.
const CONNECT_MAX: Duration = Duration::from_secs(10);

tokio::task_local! {
    /// The deadline of the request that is being sent. The pool calls its connector within the future of the request
    /// that needs a connection, and gives it no other way to know whose it is.
    static CONNECT_BY: Instant;
}

/// Runs `sending`; if it makes a connection (name look-up and TLS included), it must be there `by` then.
pub(crate) async fn connecting_by<F: Future>(by: Instant, sending: F) -> F::Output {
    CONNECT_BY.scope(by, sending).await
}

/// The deadline has passed. Found in the chain of the client's error.
#[derive(Debug)]
pub(crate) struct NotConnected;

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection in time")
    }
}

impl Error for NotConnected {}

/// Puts the deadline around a connector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectDeadline;

impl<S> Layer<S> for ConnectDeadline {
    type Service = WithDeadline<S>;
    fn layer(&self, connector: S) -> Self::Service {
        WithDeadline(connector)
    }
}

/// A connector with it.
#[derive(Debug, Clone)]
pub(crate) struct WithDeadline<S>(S);

type BoxError = Box<dyn Error + Send + Sync>;

impl<S, R> Service<R> for WithDeadline<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let by = CONNECT_BY.try_with(|by| *by).unwrap_or_else(|_| Instant::now() + CONNECT_MAX);
        let connecting = self.0.call(destination);
        Box::pin(async move { timeout_at(by, connecting).await.unwrap_or_else(|_| Err(Box::new(NotConnected))) })
    }
}
