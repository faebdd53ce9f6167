//! Where the engine is and how the index is made.

use octavo_domain_search::EmbeddingModel;
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

/// What goes into the order of hits. Everything is on; each can be taken away, to measure what it earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranking {
    /// Words are looked for in headings, tags and file name too, not in title and text alone.
    pub fields: bool,
    /// Fields have weights, and a title that says most of what is looked for counts more.
    pub boosts: bool,
    /// Words that stand together count more.
    pub phrases: bool,
    /// A word at the beginning of a text counts more than one further on.
    pub beginnings: bool,
    /// Endings are left aside. Of a new index.
    pub stemming: bool,
    /// A text's endings are those of its own language, and it is looked for in that of the query. Of what is written, too.
    pub language: bool,
    /// Of what fits equally well the last changed comes first.
    pub recency: bool,
    /// Typing errors are tolerated where nothing is found without.
    pub tolerance: bool,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            fields: true,
            boosts: true,
            phrases: true,
            beginnings: true,
            stemming: true,
            language: true,
            recency: true,
            tolerance: true,
        }
    }
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
    /// For so long it is believed which indices the aliases name, and which vectors they hold. A reindex lasts longer than this,
    /// see [`ReindexSettings::waits_for`](crate::ReindexSettings::waits_for): whoever believes that there is one index saw so
    /// before it began or after it ended.
    pub believed: Duration,
    /// What goes into the order of hits.
    pub ranking: Ranking,
    /// What vectors are made with, if a new index is to hold such; with an index that holds others, or none, searches are
    /// by words.
    pub vectors: Option<EmbeddingModel>,
    /// What is less alike than this, as a cosine (-1 to 1), is not found by meaning. Depends on the model.
    pub similarity_min: f32,
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
            believed: Duration::from_secs(30),
            ranking: Ranking::default(),
            vectors: None,
            similarity_min: 0.25,
        }
    }

    pub(crate) fn read_alias(&self) -> String {
        format!("{}-read", self.name)
    }

    pub(crate) fn write_alias(&self) -> String {
        format!("{}-write", self.name)
    }

    /// What is written by while there are two indices: the one of before, see [`crate::reindex`].
    pub(crate) fn old_alias(&self) -> String {
        format!("{}-write-old", self.name)
    }

    /// The one that is to take its place.
    pub(crate) fn new_alias(&self) -> String {
        format!("{}-write-new", self.name)
    }

    pub(crate) fn visible_within(&self) -> Duration {
        self.refresh_interval + VISIBILITY_MARGIN
    }
}
