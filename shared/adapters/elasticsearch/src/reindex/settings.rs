//! How a reindex is run, and what it tells while it runs.

use crate::Options;
use std::ops::ControlFlow;
use std::time::Duration;

/// How an engine changes aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aliasing {
    /// While bulk requests run: these go on by the aliases of before.
    Amid,
    /// When the bulk requests that had begun are over, and before the next begins: the embedded engine.
    Between,
}

/// How a reindex is run.
#[derive(Debug, Clone)]
pub struct ReindexSettings {
    /// After this long no write that was sent before two indices were written is still accepted, and nobody believes what they
    /// saw before: see [`Self::waits_for`].
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
            writers_within: Duration::from_secs(45),
            lease: Duration::from_secs(30),
            keep: Duration::from_secs(24 * 60 * 60),
            compare_each: 100,
            page_bytes: 8 * 1024 * 1024,
            page_documents: 500,
        }
    }
}

impl ReindexSettings {
    /// The same, waiting for writers whose options are `options`, half as long again as need be: clocks of machines run
    /// unevenly, and an answer takes its time to arrive. [`Options::new`]'s on an engine that changes aliases
    /// [amid](Aliasing::Amid) writes are waited for as by default, 45 seconds.
    #[must_use]
    pub fn waits_for(self, options: &Options, aliasing: Aliasing) -> Self {
        let accepted = match aliasing {
            Aliasing::Amid => options.write_timeout,
            Aliasing::Between => Duration::ZERO,
        };
        Self { writers_within: options.believed.max(accepted).mul_f64(1.5), ..self }
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
    /// Vectors that the new index could not take over are asked for.
    VectorsAsked,
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
    /// Documents that were copied so far; of a comparison, that were compared; of vectors that were asked for, the tenants.
    pub documents: u64,
}

/// Is told of each point, and may say to stop there: at once, as if the process had been killed. For those who show how far it
/// is, and for tests.
pub type Watch<'a> = &'a (dyn Fn(Event) -> ControlFlow<()> + Send + Sync);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_for_what_a_writer_believes_and_for_what_may_still_be_accepted() {
        let options = Options::new("http://127.0.0.1:1".parse().unwrap());
        let waits = |options: &Options, aliasing| {
            ReindexSettings::default().waits_for(options, aliasing).writers_within.as_millis()
        };
        assert_eq!(waits(&options, Aliasing::Amid), ReindexSettings::default().writers_within.as_millis());
        let local = Options { believed: Duration::from_secs(1), ..options.clone() };
        assert_eq!(waits(&local, Aliasing::Between), 1500);
        assert_eq!(waits(&local, Aliasing::Amid), 45_000, "a write may take as long as before");
        assert_eq!(waits(&options, Aliasing::Between), 45_000, "and a writer believes as long as before");
    }
}
