//! What a search answers.

use crate::{FacetField, Position};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::DocumentId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hit {
    /// Which one.
    pub id: DocumentId,
    /// What it is called.
    #[schema(example = "References and borrowing")]
    pub title: String,
    /// How well it fits; only comparable within one search. None where hits are not sorted by it.
    pub score: Option<f64>,
    /// Where the words were found, if that was asked for.
    #[serde(default, skip_serializing_if = "Highlights::is_empty")]
    pub highlights: Highlights,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its format.
    #[schema(example = "text/html")]
    pub media_type: String,
    /// Who owns it.
    #[schema(example = "ada")]
    pub owner: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// The name of the uploaded file.
    pub file_name: Option<String>,
    /// Bytes of the body.
    pub size: u64,
    /// The revision that was found; the document may be at a later one by now.
    pub revision: i64,
}

/// Pieces of HTML: the document's own text escaped, what was found in `<mark>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Highlights {
    /// The whole title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["References and <mark>borrowing</mark>"]))]
    pub title: Vec<String>,
    /// The best places of the text, at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
}

impl Highlights {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.title.is_empty() && self.text.is_empty()
    }
}

/// How exact a total is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// So many.
    Exactly,
    /// So many or more.
    AtLeast,
}

/// How many documents fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Total {
    /// So many: exact up to 10,000.
    pub value: u64,
    /// How exact that is.
    pub relation: Relation,
}

/// How many hits share a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bucket {
    /// The value; of a date facet the moment at which the span begins.
    #[schema(example = "text/html")]
    pub value: String,
    /// Hits.
    pub count: u64,
}

/// The counts of one facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FacetCounts {
    /// By what was counted.
    pub field: FacetField,
    /// Most hits first; of a date facet the newest first.
    pub buckets: Vec<Bucket>,
    /// Different values there are, approximately; also those that have no bucket here.
    pub distinct: u64,
}

/// What the engine found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The hits of this page.
    pub hits: Vec<Hit>,
    /// How many there are.
    pub total: Total,
    /// In the order in which they were asked for.
    pub facets: Vec<FacetCounts>,
    /// What the words might have been meant to be, if nothing was found with them as they are.
    pub suggestions: Vec<String>,
    /// Whether typing errors were tolerated, because nothing was found without.
    pub tolerant: bool,
    /// Where the page ended, if more follow.
    pub next: Option<Position>,
    /// Why it was found by words alone, though meaning was asked for.
    #[serde(default)]
    pub degraded: Option<Degraded>,
}

/// Why a hybrid search was answered by words alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Degraded {
    /// What makes texts vectors is away.
    EmbeddingsAway,
    /// The index holds no vectors: the engine cannot, or the index was made before they were configured.
    IndexWithoutVectors,
}

/// A page of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SearchAnswer {
    /// The hits of this page, at most `size`.
    pub hits: Vec<Hit>,
    /// How many documents fit in all.
    pub total: Total,
    /// The counts that were asked for, in the order in which they were.
    pub facets: Vec<FacetCounts>,
    /// What the words might have been meant to be: not empty only where nothing was found with them as they are. Made of
    /// words of documents that one may read.
    pub suggestions: Vec<String>,
    /// Whether the hits were found by tolerating typing errors, because there were none without.
    pub tolerant: bool,
    /// Why a hybrid search was answered by words alone; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<Degraded>,
    /// For the next page; none on the last.
    pub next_cursor: Option<String>,
    /// Milliseconds that the search took; of a cached answer, that reading it took.
    pub took_ms: u64,
    /// Names this search when its hits are opened (`POST /v1/search/clicks`), for a day; clicks on later pages are told with
    /// that of the first, which alone has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_id: Option<String>,
    /// How the search was run, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// How a search was run. It is told beside the answer and changes nothing about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// The first query that the engine is sent for this search, in its own language. Documents that are hidden from the
    /// person are told by their number only.
    #[schema(value_type = Object)]
    pub engine_query: Value,
    /// Milliseconds that the engine took, the way to it included; none if it was not asked.
    pub engine_ms: Option<u64>,
    /// What the cache had to do with the answer: `hit`, `miss` or `bypass`.
    #[schema(example = "miss")]
    pub cache: String,
}

/// Documents like another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimilarDocuments {
    /// The most alike first; scores are comparable within this list only.
    pub hits: Vec<Hit>,
}

/// A completion of what somebody types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TitleSuggestion {
    /// The document.
    pub id: DocumentId,
    /// Its title.
    pub title: String,
}
