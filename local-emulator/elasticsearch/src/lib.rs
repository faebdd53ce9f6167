//! An Elasticsearch-compatible HTTP server over tantivy: the subset of the API that Octavo uses. Refuses what it does not know.
