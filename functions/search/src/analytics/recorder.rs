//! Counts searches after they are answered: gathered in this process, written together, and dropped rather than waited for.
//!
//! Where the platform freezes the process between two invocations, what was gathered is written during the next one; where it
//! ends the process it is lost.

use octavo_domain_kernel::UserId;
use octavo_domain_search::{SearchAnalytics, SearchSeen, counted};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Searches that wait to be written; more are dropped.
const PENDING_MAX: usize = 2000;
/// Searches that are looked at for one that is being typed on.
const TYPED_LOOK_MAX: usize = 64;

pub(crate) struct Recorder(Arc<Inner>);

struct Inner {
    store: Arc<dyn SearchAnalytics>,
    pace: Pace,
    pending: Mutex<Pending>,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Between two writes.
    written_every: Duration,
    /// Two searches of one person that follow each other faster, of which one's text begins with the other's, are one that is
    /// being typed: the later one counts.
    typed_within: Duration,
}

const PACE: Pace = Pace { written_every: Duration::from_secs(2), typed_within: Duration::from_secs(1) };

#[derive(Default)]
struct Pending {
    /// The oldest first.
    searches: VecDeque<Noted>,
    /// Whether a task writes them.
    writes: bool,
    dropped: u64,
}

/// A search for as long as it waits. Who searched is forgotten when it is written.
struct Noted {
    at: Instant,
    by: UserId,
    seen: SearchSeen,
}

impl Recorder {
    pub(crate) fn new(store: Arc<dyn SearchAnalytics>) -> Self {
        Self::at(PACE, store)
    }

    fn at(pace: Pace, store: Arc<dyn SearchAnalytics>) -> Self {
        Self(Arc::new(Inner { store, pace, pending: Mutex::default() }))
    }

    /// Counts a search. Waits for nothing; must be called within a tokio runtime.
    pub(crate) fn note(&self, by: &UserId, seen: SearchSeen) {
        let noted = Noted { at: Instant::now(), by: by.clone(), seen };
        let mut pending = self.0.pending.lock();
        if pending.note(self.0.pace, noted) && !std::mem::replace(&mut pending.writes, true) {
            tokio::spawn(write(self.0.clone()));
        }
    }
}

impl Pending {
    /// Takes a search, if there is room for it.
    fn note(&mut self, pace: Pace, noted: Noted) -> bool {
        self.forget_typed(pace, &noted);
        if self.searches.len() >= PENDING_MAX {
            self.dropped += 1;
            return false;
        }
        self.searches.push_back(noted);
        true
    }

    /// Takes away what the same person typed a moment ago on the way to this.
    fn forget_typed(&mut self, pace: Pace, after: &Noted) {
        let typed = |before: &Noted| {
            let (one, other) = (before.seen.text.as_str(), after.seen.text.as_str());
            after.at.duration_since(before.at) < pace.typed_within
                && before.by == after.by
                && before.seen.tenant == after.seen.tenant
                && !one.is_empty()
                && !other.is_empty()
                && (other.starts_with(one) || one.starts_with(other))
        };
        let looked = self.searches.len().saturating_sub(TYPED_LOOK_MAX);
        if let Some(place) = self.searches.range(looked..).rposition(typed) {
            self.searches.remove(looked + place);
        }
    }

    /// What nobody types on any more.
    fn take_over(&mut self, pace: Pace, now: Instant) -> Vec<SearchSeen> {
        let over = self.searches.partition_point(|noted| now.duration_since(noted.at) >= pace.typed_within);
        self.searches.drain(..over).map(|noted| noted.seen).collect()
    }
}

async fn write(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(inner.pace.written_every).await;
        let (seen, dropped) = {
            let mut pending = inner.pending.lock();
            let seen = pending.take_over(inner.pace, Instant::now());
            if seen.is_empty() && pending.searches.is_empty() {
                pending.writes = false;
                return;
            }
            (seen, std::mem::take(&mut pending.dropped))
        };
        if dropped > 0 {
            tracing::warn!(dropped, "searches were not counted: there were too many at once");
        }
        for (tenant, sums) in counted(seen) {
            if let Err(error) = inner.store.analytics_add(&tenant, &sums).await {
                let searches = sums.iter().map(|sum| sum.searches).sum::<u64>();
                tracing::warn!(%error, %tenant, searches, "searches were not counted");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
    use octavo_domain_search::{AnalyticsFound, AnalyticsRange, Click, Counted};

    #[derive(Default)]
    struct Store {
        added: Mutex<Vec<(String, u64)>>,
        fails: Mutex<bool>,
    }

    #[async_trait]
    impl SearchAnalytics for Store {
        async fn analytics_add(&self, _: &TenantId, counted: &[Counted]) -> Result<(), PortError> {
            if std::mem::take(&mut *self.fails.lock()) {
                return Err(PortError::new(PortErrorKind::Unavailable, "told to fail"));
            }
            self.added.lock().extend(counted.iter().map(|sum| (sum.text.clone(), sum.searches)));
            Ok(())
        }

        async fn analytics_click(&self, _: &TenantId, _: &Click) -> Result<(), PortError> {
            panic!("nobody clicks here")
        }

        async fn analytics(&self, _: &TenantId, _: AnalyticsRange) -> Result<AnalyticsFound, PortError> {
            panic!("nobody reads here")
        }
    }

    fn seen(tenant: &str, text: &str) -> SearchSeen {
        SearchSeen {
            tenant: tenant.parse().unwrap(),
            at: chrono::DateTime::UNIX_EPOCH,
            text: text.to_owned(),
            hits: 1,
            tolerant: false,
            took_ms: 1,
        }
    }

    /// What waits after these searches of tenant, person and text, so many milliseconds after the first moment.
    fn waiting(searches: &[(u64, &str, &str, &str)]) -> Vec<String> {
        let (mut pending, first) = (Pending::default(), Instant::now());
        for (after, tenant, user, text) in searches {
            let at = first + Duration::from_millis(*after);
            pending.note(PACE, Noted { at, by: user.parse().unwrap(), seen: seen(tenant, text) });
        }
        pending.searches.iter().map(|noted| format!("{} {} {}", noted.seen.tenant, noted.by, noted.seen.text)).collect()
    }

    #[test]
    fn what_is_typed_is_one_search_and_what_others_look_for_is_another() {
        let typed = [
            (0, "acme", "ada", "l"),
            (100, "acme", "bob", "lea"),
            (200, "acme", "ada", "leas"),
            (1100, "acme", "ada", "lea"),
            (1200, "umbrella", "ada", "lease"),
            (1300, "acme", "ada", "lease"),
        ];
        assert_eq!(waiting(&typed), ["acme bob lea", "umbrella ada lease", "acme ada lease"]);
        // Slower, or otherwise, it is another search; and nothing is not the beginning of something.
        let slow = [(0, "acme", "ada", "rent"), (1000, "acme", "ada", "rents"), (1100, "acme", "ada", "tax")];
        assert_eq!(waiting(&slow).len(), 3);
        assert_eq!(waiting(&[(0, "acme", "ada", ""), (100, "acme", "ada", "rent"), (200, "acme", "ada", "")]).len(), 3);
    }

    #[test]
    fn only_what_is_typed_to_its_end_is_written_and_what_is_too_much_is_dropped() {
        let (mut pending, first) = (Pending::default(), Instant::now());
        for number in 0..PENDING_MAX + 5 {
            let at = first + Duration::from_millis(if number == 0 { 0 } else { 500 });
            let taken =
                pending.note(PACE, Noted { at, by: format!("u{number}").parse().unwrap(), seen: seen("acme", "many") });
            assert_eq!(taken, number < PENDING_MAX);
        }
        assert_eq!((pending.searches.len(), pending.dropped), (PENDING_MAX, 5));
        assert_eq!(pending.take_over(PACE, first + Duration::from_millis(999)).len(), 0);
        assert_eq!(pending.take_over(PACE, first + Duration::from_secs(1)).len(), 1);
        assert_eq!(pending.take_over(PACE, first + Duration::from_secs(2)).len(), PENDING_MAX - 1);
    }

    #[tokio::test]
    async fn they_are_written_by_themselves_and_the_writer_ends() {
        let pace = Pace { written_every: Duration::from_millis(1), typed_within: Duration::ZERO };
        let store = Arc::new(Store::default());
        let recorder = Recorder::at(pace, store.clone());
        let written = async |searches: &[&str]| {
            for text in searches {
                recorder.note(&"ada".parse().unwrap(), seen("acme", text));
            }
            // The writer ends when it finds nothing: then all of it was tried.
            while recorder.0.pending.lock().writes {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            std::mem::take(&mut *store.added.lock())
        };
        assert_eq!(written(&["lease", "rent", "lease"]).await, [("lease".to_owned(), 2), ("rent".to_owned(), 1)]);
        *store.fails.lock() = true;
        assert_eq!(written(&["lost"]).await, []);
        assert_eq!(written(&["found"]).await, [("found".to_owned(), 1)]);
    }
}
