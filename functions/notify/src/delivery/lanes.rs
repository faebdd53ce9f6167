//! How much a process does at a time.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Messages that one process has sent at a time, whatever came for them.
const SENDS_MAX: usize = 32;

/// Places for messages that are being sent.
#[derive(Debug)]
pub struct Lanes(Semaphore);

impl Default for Lanes {
    fn default() -> Self {
        Self(Semaphore::new(SENDS_MAX))
    }
}

impl Lanes {
    /// A place, as soon as one is free.
    pub(super) async fn take(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("it is never closed")
    }
}
