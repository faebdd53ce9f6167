//! Forgets what is older than 90 days.

/// As [`crate::sweep`] does it: the policies let the relay delete nothing else; the conditions are for the indexes.
pub(crate) const SWEEPS: [&str; 2] = [
    "delete from search_query_day where (tenant, day, other, text) in (
        select tenant, day, other, text from search_query_day
        where day < (now() - interval '90 days')::date order by day limit $1)",
    "delete from search_click where (tenant, day, search_id, document_id) in (
        select tenant, day, search_id, document_id from search_click
        where day < (now() - interval '90 days')::date order by day limit $1)",
];
