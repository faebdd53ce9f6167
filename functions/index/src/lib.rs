//! The index function: committed document changes into the search engine, in bulk. Knows nothing of Elasticsearch or SQS itself.
