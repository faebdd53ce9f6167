//! Aggregations, computed over the list of matching documents.
//!
//! A bucket aggregation divides the list, and runs its own aggregations over each part; values merge across segments
//! and indices by the value itself, so that there is no separate reduce step. Exact, also where the real server
//! approximates: counts of `terms` have no error bound, `cardinality` is a true count.
//!
//! To add an aggregation: a variant of `Kind` in `aggregation.rs`, its parser in `parse`, its arm in `run`.

mod aggregation;
mod buckets;
mod metrics;
mod parse;
mod run;

pub(crate) use aggregation::Aggregation;
pub(crate) use run::Run;
