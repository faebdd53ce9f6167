//! The machine's clock, read in one place.

use chrono::{DateTime, Utc};

#[expect(
    clippy::disallowed_methods,
    reason = "sandboxes are processes: they live by the machine's clock, like their deadlines"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "request ids are the service's own to draw; no rule depends on them")]
pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
