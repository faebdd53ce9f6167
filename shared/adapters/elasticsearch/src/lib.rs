//! Elasticsearch and OpenSearch behind domain-search's SearchIndex.
