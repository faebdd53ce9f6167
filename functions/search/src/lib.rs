//! The search function: queries, facets, highlights, suggestions, deep paging, over ports. Knows nothing of Elasticsearch or Redis.
