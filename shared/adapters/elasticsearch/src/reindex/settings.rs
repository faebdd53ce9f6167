//! How a reindex is run, and what it tells while it runs.

use crate::targets::BELIEVED;
use std::ops::ControlFlow;
use std::time::Duration;

/// How a reindex is run.
#[derive(Debug, Clone)]
pub struct ReindexSettings {
    /// After this long no write that was sent before two indices were written is still accepted: more than the
    /// [`write_timeout`](crate::Options::write_timeout) of every writer, and more than a writer believes what it saw.
    pub writers_within: Duration,
    /// Whoever has not said for so long that they are at work has died. Measured by the one who waits.
    pub lease: Duration,
    /// For so long after the swap the old index is kept up to date, to go back to it.
    pub keep: Duration,
    /// Of each tenant the first document and then one of so many is compared in full, the others by their version. 1: all.
    pub compare_each: u32,
    /// Bytes of documents that are read at a time, about.
    pub page_bytes: usize,
    /// Documents that are read at a time, at most; of those that are compared by version ten times as many. At most 1,000.
    pub page_documents: usize,
}

impl Default for ReindexSettings {
    fn default() -> Self {
        Self {
            writers_within: BELIEVED + Duration::from_secs(15),
            lease: Duration::from_secs(30),
            keep: Duration::from_secs(24 * 60 * 60),
            compare_each: 100,
            page_bytes: 8 * 1024 * 1024,
            page_documents: 500,
        }
    }
}

/// A point that a reindex has come to. Between any two of them it may be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The state is written down.
    Begun,
    /// The new index is there.
    Made,
    /// Both indices are written.
    Doubled,
    /// Nothing is accepted any more that does not go to both.
    Settled,
    /// Documents were written, and it is not written down yet.
    PageCopied,
    /// How far the copy is, is written down.
    PageKept,
    /// All are copied.
    Copied,
    /// Some were compared.
    PageCompared,
    /// Both hold the same.
    Compared,
    /// The new index is read.
    Swapped,
    /// Results of before are not served any more.
    Told,
    /// The old index is read again.
    SwappedBack,
    /// One index is written.
    Single,
    /// The other index is deleted.
    Deleted,
}

/// A point, and figures of it.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Where it is.
    pub step: Step,
    /// Documents that were copied so far; of a comparison, that were compared.
    pub documents: u64,
}

/// Is told of each point, and may say to stop there: at once, as if the process had been killed. For those who show how far it
/// is, and for tests.
pub type Watch<'a> = &'a (dyn Fn(Event) -> ControlFlow<()> + Send + Sync);
