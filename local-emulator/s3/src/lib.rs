//! S3 over a folder.
