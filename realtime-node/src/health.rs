//! `GET /health/live` and `GET /health/ready`, and `GET /status` for people.

use crate::http::{Answer, json};
use http::StatusCode;
use octavo_domain_kernel::{Outbox, PortError, Queue};
use octavo_domain_realtime::{Backplane, BackplaneState};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What takes longer to answer counts as away.
const WITHIN: Duration = Duration::from_secs(2);

/// What a part says of itself, when it is asked.
pub(crate) type Says = Box<dyn Fn() -> Value + Send + Sync>;

/// What health looks at.
pub(crate) struct Health {
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) outbox: Arc<dyn Outbox>,
    /// None without hubs.
    pub(crate) backplane: Option<Arc<dyn Backplane>>,
    pub(crate) draining: Arc<AtomicBool>,
    /// What the parts say of themselves.
    pub(crate) parts: Vec<(&'static str, Says)>,
}

impl Health {
    /// Ready: not draining, and what the node works on answers.
    ///
    /// A lost backplane alone does not make a node unready: its clients stay connected and served, the state is in the
    /// answer, and sending everybody elsewhere would help nobody, as the other nodes have lost it too.
    pub(crate) async fn ready(&self) -> Answer {
        let draining = self.draining.load(Ordering::SeqCst);
        // Claiming nothing asks the database as the relay does, with the same rights.
        let (queue, database) = tokio::join!(within(self.queue.ping()), within(self.outbox.outbox_claim(0, 0, 1)));
        let is_ready = !draining && queue.is_none() && database.is_none();
        let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let backplane = self.backplane.as_ref().map(|backplane| match backplane.state() {
            BackplaneState::Connected => "connected",
            BackplaneState::Away => "away",
        });
        let answer = json!({
            "ready": is_ready, "draining": draining, "queue": queue, "database": database, "backplane": backplane,
        });
        json(status, &answer)
    }

    /// What the parts say of themselves.
    pub(crate) fn status(&self) -> Value {
        let draining = self.draining.load(Ordering::SeqCst);
        let mut all = json!({ "draining": draining });
        for (name, part) in &self.parts {
            all[*name] = part();
        }
        all
    }
}

async fn within<T>(ask: impl Future<Output = Result<T, PortError>>) -> Option<String> {
    match tokio::time::timeout(WITHIN, ask).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} s", WITHIN.as_secs())),
    }
}
