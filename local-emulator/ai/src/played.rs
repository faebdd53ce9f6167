//! A response body that plays the steps of a plan.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::faults::Step;
use crate::record::{Follow, Outcome};

/// Why a body ended early: hyper closes the connection for it.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed by a fault")]
pub(crate) struct Closed;

pub(crate) struct Played {
    steps: std::vec::IntoIter<Step>,
    /// Bytes that are announced and not sent yet, if the body is no stream.
    left: Option<u64>,
    waiting: Option<Pin<Box<Sleep>>>,
    /// Ends a hang when the server stops.
    hanging: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    stop: tokio_util::sync::CancellationToken,
    follow: Follow,
}

impl Played {
    pub(crate) fn new(
        steps: Vec<Step>,
        length: Option<u64>,
        stop: tokio_util::sync::CancellationToken,
        follow: Follow,
    ) -> Self {
        let mut played = Self { steps: steps.into_iter(), left: length, waiting: None, hanging: None, stop, follow };
        if played.steps.as_slice().is_empty() {
            played.follow.ended(Outcome::Sent);
        }
        played
    }

    /// A body that is sent as it is, and followed by nobody.
    pub(crate) fn plain(body: Bytes) -> Self {
        let length = body.len() as u64;
        Self::new(vec![Step::Send(body)], Some(length), tokio_util::sync::CancellationToken::new(), Follow::new(None))
    }
}

impl Body for Played {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        let this = &mut *self;
        loop {
            if let Some(waiting) = &mut this.waiting {
                ready!(waiting.as_mut().poll(context));
                this.waiting = None;
            }
            if let Some(hanging) = &mut this.hanging {
                ready!(hanging.as_mut().poll(context));
                this.follow.ended(Outcome::Cut);
                return Poll::Ready(Some(Err(Closed)));
            }
            match this.steps.next() {
                None => {
                    this.follow.ended(Outcome::Sent);
                    return Poll::Ready(None);
                }
                Some(Step::Send(bytes)) => {
                    if let Some(left) = &mut this.left {
                        *left = left.saturating_sub(bytes.len() as u64);
                        // A body of known length is not asked for its end.
                        if *left == 0 {
                            this.follow.ended(Outcome::Sent);
                        }
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Wait(wait)) => this.waiting = Some(Box::pin(tokio::time::sleep(wait))),
                Some(Step::Hang) => this.hanging = Some(Box::pin(this.stop.clone().cancelled_owned())),
                Some(Step::Cut) => {
                    this.follow.ended(Outcome::Cut);
                    // What was sent is flushed before the connection closes: the client sees the beginning, then the end.
                    this.waiting = Some(Box::pin(tokio::time::sleep(FLUSH)));
                    this.hanging = Some(Box::pin(cancelled()));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// hyper drops what it has not written yet when a body fails: the pause lets it write.
const FLUSH: Duration = Duration::from_millis(2);

fn cancelled() -> WaitForCancellationFutureOwned {
    let token = tokio_util::sync::CancellationToken::new();
    token.cancel();
    token.cancelled_owned()
}
