//! Leaving alone for a while what has just failed.

use octavo_domain_kernel::PortError;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// After a failure the shared state is left alone for so long: a call must not wait for a dead server's timeout each
/// time, several times.
const REST: Duration = Duration::from_secs(1);

/// Whether the shared state (Redis) is worth asking.
#[derive(Default)]
pub(crate) struct Rest(Mutex<Option<Instant>>);

impl Rest {
    /// Whether it is left alone now.
    pub(crate) fn rests(&self) -> bool {
        self.0.lock().is_some_and(|until| Instant::now() < until)
    }

    /// What it answered, where it did; otherwise it is left alone for a while.
    pub(crate) fn note<T>(&self, what: &'static str, answer: Result<T, PortError>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::warn!(%error, what, rest_ms = REST.as_millis(), "shared state is away; going on without");
                *self.0.lock() = Some(Instant::now() + REST);
                None
            }
        }
    }
}
