//! An aggregation, parsed.

use serde_json::Value;

use crate::mapping::date::Unit;
use crate::query::Query;
use crate::search::SearchRequest;

#[derive(Debug)]
pub(crate) struct Aggregation {
    pub(super) kind: Kind,
    pub(super) children: Vec<(String, Aggregation)>,
    pub(super) meta: Option<Value>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Terms(Terms),
    DateHistogram {
        field: String,
        interval: Interval,
        min_doc_count: u64,
        offset_ms: i64,
        format: Option<String>,
        missing: Option<Value>,
        descending: bool,
        keyed: bool,
        /// Buckets from and to here at least, empty or not.
        bounds: (Option<Value>, Option<Value>),
    },
    Histogram {
        field: String,
        interval: f64,
        offset: f64,
        min_doc_count: u64,
        keyed: bool,
        missing: Option<Value>,
    },
    Range {
        field: String,
        ranges: Vec<Span>,
        dates: bool,
        keyed: bool,
        format: Option<String>,
    },
    Filter(Query),
    Filters {
        filters: Vec<(Option<String>, Query)>,
        other: Option<String>,
    },
    Missing {
        field: String,
        substituted: bool,
    },
    Global,
    Metric {
        field: String,
        metric: Metric,
        missing: Option<Value>,
    },
    TopHits(Box<SearchRequest>),
}

#[derive(Debug)]
pub(super) struct Terms {
    pub(super) field: String,
    pub(super) size: usize,
    pub(super) min_doc_count: u64,
    pub(super) missing: Option<Value>,
    pub(super) order: Vec<(Order, bool)>,
    pub(super) include: Option<Selection>,
    pub(super) exclude: Option<Selection>,
}

/// Which values `include` and `exclude` name.
#[derive(Debug)]
pub(super) enum Selection {
    Values(Vec<String>),
    Pattern(regex::Regex),
}

/// What buckets are ordered by; the flag beside it means descending.
#[derive(Debug, Clone)]
pub(super) enum Order {
    Count,
    Key,
    /// A metric below: its name, and which of its values.
    Metric(String, Option<String>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Interval {
    Calendar(Unit),
    FixedMs(i64),
}

#[derive(Debug)]
pub(super) struct Span {
    pub(super) key: Option<String>,
    pub(super) from: Option<Value>,
    pub(super) to: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    Min,
    Max,
    Avg,
    Sum,
    Stats,
    ValueCount,
    Cardinality,
}
