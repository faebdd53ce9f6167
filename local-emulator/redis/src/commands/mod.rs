//! The handlers, one file a data type or concern. `crate::table` says which command is whose.

pub(crate) mod argument;
pub(crate) mod bits;
pub(crate) mod client;
pub(crate) mod counters;
pub(crate) mod expiry;
pub(crate) mod hashes;
pub(crate) mod keys;
pub(crate) mod list_moves;
pub(crate) mod lists;
pub(crate) mod pubsub;
pub(crate) mod scan;
pub(crate) mod scripts;
pub(crate) mod server;
pub(crate) mod set_algebra;
pub(crate) mod sets;
pub(crate) mod sorted_set_ranges;
pub(crate) mod sorted_sets;
pub(crate) mod stream_claims;
pub(crate) mod stream_entries;
pub(crate) mod stream_groups;
pub(crate) mod stream_info;
pub(crate) mod stream_reads;
pub(crate) mod strings;
pub(crate) mod transactions;
