//! Access keys that were used a moment ago.

use octavo_domain_workflow::catalogue::AccessKey;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a key is believed to be as it was: a deleted one signs no longer than that.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Keys that are remembered at most.
const REMEMBERED_MAX: usize = 1_000;

/// A key with its secret.
pub(super) struct OpenKey {
    /// The key.
    pub(super) key: AccessKey,
    /// What it signs with. Secret: never in a log.
    pub(super) secret: String,
}

/// Keys that were looked up in the last seconds.
#[derive(Default)]
pub(crate) struct KeyMemory(Mutex<HashMap<String, (Arc<OpenKey>, Instant)>>);

impl fmt::Debug for KeyMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyMemory").field(&self.0.lock().len()).finish()
    }
}

impl KeyMemory {
    pub(super) fn get(&self, id: &str) -> Option<Arc<OpenKey>> {
        let now = Instant::now();
        self.0.lock().get(id).filter(|(_, until)| *until > now).map(|(key, _)| key.clone())
    }

    pub(super) fn put(&self, key: Arc<OpenKey>) {
        let now = Instant::now();
        let mut known = self.0.lock();
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() < REMEMBERED_MAX {
            known.insert(key.key.id.clone(), (key, now + REMEMBERED));
        }
    }

    /// A key was deleted here.
    pub(crate) fn forget(&self, id: &str) {
        self.0.lock().remove(id);
    }
}
