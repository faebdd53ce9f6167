//! Redis or Valkey behind the cache and the queue (Streams).
