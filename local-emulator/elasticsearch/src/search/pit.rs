//! Points in time: what a search saw, kept for searches to come.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::{Error, Result};
use crate::index::View;

/// The most points in time open at once (`search.max_open_pit_context`).
const PITS_MAX: usize = 500;

struct Open {
    views: Vec<View>,
    keep_alive: Duration,
    expires: Instant,
}

#[derive(Default)]
pub(crate) struct Pits(Mutex<HashMap<String, Open>>);

#[expect(
    clippy::disallowed_methods,
    reason = "an engine makes up its own identifiers, and this one must not be guessed"
)]
pub(super) fn new_id() -> String {
    // Clients treat it as base64.
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE, uuid::Uuid::new_v4().as_bytes())
}

pub(super) fn missing(id: &str) -> Error {
    let reason = format!("No search context found for id [{id}]");
    let mut error = Error::new(404, "search_context_missing_exception", reason);
    error.phase = Some("query");
    error
}

impl Pits {
    pub(crate) fn open(&self, views: Vec<View>, keep_alive: Duration) -> Result<String> {
        let mut open = self.0.lock();
        let now = Instant::now();
        open.retain(|_, pit| pit.expires > now);
        if open.len() >= PITS_MAX {
            return Err(Error::new(
                429,
                "es_rejected_execution_exception",
                format!(
                    "Trying to create too many point in time contexts. Must be less than or equal to: [{PITS_MAX}]."
                ),
            ));
        }
        let id = new_id();
        open.insert(id.clone(), Open { views, keep_alive, expires: now + keep_alive });
        Ok(id)
    }

    /// The views of a point in time; using it keeps it alive.
    ///
    /// # Errors
    /// 404 `search_context_missing_exception` where it has expired or never was.
    pub(crate) fn views(&self, id: &str, keep_alive: Option<Duration>) -> Result<Vec<View>> {
        let mut open = self.0.lock();
        let now = Instant::now();
        match open.get_mut(id).filter(|pit| pit.expires > now) {
            Some(pit) => {
                pit.keep_alive = keep_alive.unwrap_or(pit.keep_alive);
                pit.expires = now + pit.keep_alive;
                Ok(pit.views.clone())
            }
            None => Err(missing(id)),
        }
    }

    pub(crate) fn close(&self, id: &str) -> bool {
        self.0.lock().remove(id).is_some()
    }

    /// Forgets what has expired, so that its files can go.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        self.0.lock().retain(|_, pit| pit.expires > now);
    }
}
