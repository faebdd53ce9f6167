//! Search: the query, its answer, cursors, cache keys, and the port of the engine. No I/O.
