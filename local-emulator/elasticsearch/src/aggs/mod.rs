//! Aggregations, computed over the list of matching documents.
//!
//! A bucket aggregation divides the list, and runs its own aggregations over each part; values merge across segments
//! and indices by the value itself, so that there is no separate reduce step. Exact, also where the real server
//! approximates: counts of `terms` have no error bound, `cardinality` is a true count.
//!
//! To add an aggregation: a variant of [`Kind`], its parser in `parse`, its arm in `run`.

mod buckets;
mod metrics;
mod parse;
mod run;

use serde_json::Value;

use crate::mapping::date::Unit;
use crate::query::Query;
use crate::search::SearchRequest;

pub(crate) use run::Run;

#[derive(Debug)]
pub(crate) struct Aggregation {
    kind: Kind,
    children: Vec<(String, Aggregation)>,
    meta: Option<Value>,
}

#[derive(Debug)]
enum Kind {
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
struct Terms {
    field: String,
    size: usize,
    min_doc_count: u64,
    missing: Option<Value>,
    order: Vec<(Order, bool)>,
    include: Option<Selection>,
    exclude: Option<Selection>,
}

/// Which values `include` and `exclude` name.
#[derive(Debug)]
enum Selection {
    Values(Vec<String>),
    Pattern(regex::Regex),
}

/// What buckets are ordered by; the flag beside it means descending.
#[derive(Debug, Clone)]
enum Order {
    Count,
    Key,
    /// A metric below: its name, and which of its values.
    Metric(String, Option<String>),
}

#[derive(Debug, Clone, Copy)]
enum Interval {
    Calendar(Unit),
    FixedMs(i64),
}

#[derive(Debug)]
struct Span {
    key: Option<String>,
    from: Option<Value>,
    to: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metric {
    Min,
    Max,
    Avg,
    Sum,
    Stats,
    ValueCount,
    Cardinality,
}
