//! PostgreSQL behind the document store, the outbox and the search state. Owns the schema and its migrations.
