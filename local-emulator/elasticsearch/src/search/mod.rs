//! One search: parse the body, run it over the segments of its indices, build the answer.
//!
//! `request` parses strictly; `collect` walks every matching document once, keeping the best hits and, where there are
//! aggregations, all matching documents; `fetch` turns the hits into JSON with `source` and `highlight`.

mod collect;
mod fetch;
mod highlight;
mod knn;
mod pit;
mod request;
mod run;
mod scroll;
mod sort;
mod source;
mod suggest;

pub(crate) use collect::Leaf;
pub(crate) use pit::Pits;
pub(crate) use request::{SearchRequest, Total, keep_alive, total};
pub(crate) use run::{Context, count, matching_ids, search, shards, top_hits_json};
pub(crate) use scroll::Scrolls;
pub(crate) use sort::{check_doc_values, parse as parse_sort};
pub(crate) use source::{SourceFilter, values_at};
