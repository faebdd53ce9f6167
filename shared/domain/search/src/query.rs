//! A search, checked and in its normal form.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What to find. Made by [`crate::SearchRequest::validate`], so everything in it is within its limits.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// The words, single spaces between them; none finds everything that the filters let through.
    pub text: Option<String>,
    /// What hits must be.
    pub filters: Filters,
    /// What to count among the hits.
    pub facets: Vec<Facet>,
    /// In which order the hits come.
    pub sort: Sort,
    /// Whether to show where the words were found.
    pub highlight: bool,
    /// Hits a page, 1 to [`crate::PAGE_HITS_MAX`].
    pub size: u16,
    /// After this hit; none for the first page.
    pub after: Option<Position>,
    /// By what to find.
    pub mode: Mode,
    /// The text as a vector, as the index's own are made; none unless a function filled it in.
    pub vector: Option<Vec<f32>>,
    /// Other ways to say parts of the text, as its tenant says them; none unless a function filled them in. At most
    /// [`crate::ALTERNATIVES_MAX`].
    pub alternatives: Vec<Alternative>,
    /// Whether only what has the words as they are is found, and typing errors are never tolerated.
    pub exact: bool,
}

/// By what a search finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By words.
    #[default]
    Words,
    /// By words and by meaning, where the index holds vectors.
    Hybrid,
}

/// Another way to say a part of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alternative {
    /// Words of the text that stand together, lower case, single spaces between them.
    pub of: String,
    /// Words that mean the same, lower case, single spaces between them.
    pub is: String,
}

/// What hits must be: all of what is given. Lists are sorted and without repetition; an empty one asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Filters {
    /// At least one of these tags.
    pub tags_any: Vec<String>,
    /// Every one of these tags.
    pub tags_all: Vec<String>,
    /// One of these formats.
    pub media_types: Vec<String>,
    /// Owned by one of these users.
    pub owners: Vec<UserId>,
    /// When it was made.
    pub created: DateRange,
    /// When it was changed last.
    pub updated: DateRange,
    /// Only what others own.
    pub shared_with_me: bool,
}

/// A span of time, open where an end is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DateRange {
    /// At this moment or later.
    #[schema(example = "2026-01-01T00:00:00Z")]
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    #[schema(example = "2027-01-01T00:00:00Z")]
    pub to: Option<DateTime<Utc>>,
}

impl DateRange {
    /// Whether it lets everything through.
    pub fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// In which order hits come. Ties are broken by id, so that paging neither repeats nor skips.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The best first. Without a text nothing is better than anything else, and the last changed comes first.
    #[default]
    Relevance,
    /// The last changed first.
    Updated,
    /// The last made first.
    Created,
    /// By title, letters' case aside.
    Title,
}

/// What can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacetField {
    /// Each tag.
    Tags,
    /// Each format.
    MediaType,
    /// Each owner.
    Owner,
    /// Each span of time in which documents were made.
    Created,
    /// Each span of time in which documents were changed last.
    Updated,
}

impl FacetField {
    /// As in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::MediaType => "media_type",
            Self::Owner => "owner",
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }

    /// Whether it is counted by spans of time.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Created | Self::Updated)
    }
}

/// How long the spans of a date facet are; they begin where the calendar's do, in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first of a month.
    #[default]
    Month,
    /// From the first of January.
    Year,
}

/// One thing to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Facet {
    /// By what.
    pub field: FacetField,
    /// So many buckets: those with most hits, of a date the newest. 1 to [`crate::FACET_BUCKETS_MAX`].
    pub size: u16,
    /// The spans of a date facet.
    pub interval: Interval,
}

/// Where a page ended. Only a sealed cursor carries it outside, so its values are an engine's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Whether the page was found with typing errors tolerated: the next one must be, too.
    pub tolerant: bool,
    /// Hits up to and including the last one of the page.
    pub seen: u32,
    /// What the last hit was sorted by, its id last.
    pub values: Vec<Value>,
}

/// What is completed as somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestQuery {
    /// What was typed so far, single spaces between words, 1 to [`crate::PREFIX_CHARS_MAX`] characters.
    pub prefix: String,
    /// At most so many, 1 to [`crate::SUGGESTIONS_MAX`].
    pub limit: u16,
}

impl SearchQuery {
    /// The order that the hits really come in.
    pub fn effective_sort(&self) -> Sort {
        match self.sort {
            Sort::Relevance if self.text.is_none() => Sort::Updated,
            sort => sort,
        }
    }

    /// Names what is searched for (text, filters, order; not page, facets or highlights): the same for every page of a
    /// listing. A BLAKE3 hash, 64 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        // Letters' case does not change what the engine finds.
        let text = self.text.as_deref().map(str::to_lowercase);
        // Neither vector nor alternatives: they follow from text and settings, and a cursor outlives a change of these.
        let mut form = serde_json::json!({"text": text, "filters": self.filters, "sort": self.effective_sort()});
        if self.mode != Mode::Words {
            form["mode"] = serde_json::json!(self.mode);
        }
        blake3::hash(form.to_string().as_bytes()).to_hex().to_string()
    }
}
