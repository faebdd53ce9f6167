//! A body as it comes, with its deadlines and its limit.

use crate::fault;
use crate::patience::{Patience, Wait};
use bytes::Bytes;
use futures::Stream;
use http_body::Body as _;
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until};

/// How far the reading of a body has come: told by who understands the bytes, heeded by who waits for them.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Bytes that came and have not become anything yet.
    unfinished: AtomicUsize,
    /// Whether anything has.
    begun: AtomicBool,
}

impl Progress {
    /// What came has been understood.
    pub(crate) fn understood(&self) {
        self.unfinished.store(0, Ordering::Relaxed);
        self.begun.store(true, Ordering::Relaxed);
    }

    /// What came says nothing, and has been let go.
    pub(crate) fn passed_over(&self) {
        self.unfinished.store(0, Ordering::Relaxed);
    }
}

/// How much may come before it is understood, and what that much is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub(crate) bytes: usize,
    pub(crate) of: &'static str,
}

/// The pieces of a body. One timer for all of them, set anew only when it fires or must fire sooner: a piece costs no
/// allocation and no timer. Dropping it closes the connection unless all has been read.
pub(crate) struct Pieces {
    body: reqwest::Body,
    patience: Patience,
    /// Since when the provider is waited for: while the caller does something else, its idle time does not run.
    waiting: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    progress: Arc<Progress>,
    most: Most,
    _place: OwnedSemaphorePermit,
}

impl Pieces {
    pub(crate) fn new(body: reqwest::Body, patience: Patience, most: Most, place: OwnedSemaphorePermit) -> Self {
        let timer = Box::pin(sleep_until(patience.first_token_by().0));
        Self { body, patience, waiting: None, timer, progress: Arc::default(), most, _place: place }
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    fn overdue(&mut self, cx: &mut Context<'_>) -> Poll<ProviderFault> {
        let (due, wait) = if self.progress.begun.load(Ordering::Relaxed) {
            self.patience.piece_by(*self.waiting.get_or_insert_with(Instant::now))
        } else {
            self.patience.first_token_by()
        };
        if due < self.timer.deadline() {
            self.timer.as_mut().reset(due);
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if self.timer.deadline() >= due {
                return Poll::Ready(self.patience.exhausted(wait));
            }
            self.timer.as_mut().reset(due);
        }
    }

    fn take(&mut self, piece: Bytes) -> Result<Bytes, ProviderFault> {
        self.waiting = None;
        // A provider that never pauses would never be asked for its time elsewhere.
        let (due, wait) = self.patience.all_by();
        if Instant::now() >= due {
            debug_assert_eq!(wait, Wait::All);
            return Err(self.patience.exhausted(wait));
        }
        let unfinished = self.progress.unfinished.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
        if unfinished > self.most.bytes {
            let message = format!("{} has more than {} bytes", self.most.of, self.most.bytes);
            return Err(ProviderFault::new(FaultClass::Protocol, message));
        }
        Ok(piece)
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, ProviderFault>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(piece) if !piece.is_empty() => return Poll::Ready(Some(this.take(piece))),
                    // Trailers tell nothing that anybody here reads.
                    _ => {}
                },
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(fault::broken(error)))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return this.overdue(cx).map(|fault| Some(Err(fault))),
            }
        }
    }
}
