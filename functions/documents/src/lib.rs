//! The documents function: create, read, version, share, delete. Knows nothing of SQL, S3 or Lambda.
