//! Where the engine is and how the index is made.

use std::time::Duration;
use url::Url;

/// Milliseconds from an acknowledged write to its visibility, beyond the refresh interval: a refresh takes a while, and the
/// clocks of two machines differ.
const VISIBILITY_MARGIN: Duration = Duration::from_secs(2);

/// How the words of a new index are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Analysis {
    /// Letters' case and accents aside, English endings aside, beginnings of words completed.
    #[default]
    English,
    /// Letters' case aside, and nothing else: for an engine that was built without its analysis modules. What is typed is
    /// then completed by whole words only.
    Standard,
}

/// How to reach the engine, and what a new index is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engine's address; `https://user:password@host` where it wants a password.
    pub url: Url,
    /// The first part of every name: `docs` makes the index `docs-v1` and the aliases `docs-read` and `docs-write`.
    /// Lower-case letters, digits and `-`.
    pub name: String,
    /// Primary shards of a new index.
    pub shards: u16,
    /// Copies of each shard of a new index.
    pub replicas: u16,
    /// How often a new index makes what was written visible. At least 100 ms.
    pub refresh_interval: Duration,
    /// How the words of a new index are made.
    pub analysis: Analysis,
    /// A search that takes longer has failed.
    pub search_timeout: Duration,
    /// A bulk request that takes longer has failed; whether it took effect is then unknown.
    pub write_timeout: Duration,
}

impl Options {
    /// What production uses, at `url`.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            name: "docs".to_owned(),
            shards: 3,
            replicas: 1,
            refresh_interval: Duration::from_secs(5),
            analysis: Analysis::English,
            search_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(30),
        }
    }

    pub(crate) fn read_alias(&self) -> String {
        format!("{}-read", self.name)
    }

    pub(crate) fn write_alias(&self) -> String {
        format!("{}-write", self.name)
    }

    pub(crate) fn visible_within(&self) -> Duration {
        self.refresh_interval + VISIBILITY_MARGIN
    }
}
