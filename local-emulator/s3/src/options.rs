//! What a server is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Longest bucket name, in characters. S3 itself takes 63; `s3s-fs` puts bucket and key, Base64-encoded, into one file
/// name (at most 255 bytes), and our longest key has 147.
pub const BUCKET_CHARS_MAX: usize = 19;

/// What a server is told.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the objects; made if it is not there.
    pub data: PathBuf,
    /// The bucket that is there from the start, at most [`BUCKET_CHARS_MAX`] of `a-z`, `0-9` and `-`.
    pub bucket: String,
    /// The only access key that is accepted.
    pub access_key: String,
    /// Its secret: every request must be signed with it (Signature Version 4).
    pub secret_key: String,
}

impl Options {
    /// A bucket `octavo` in `data`, on a free port of the loopback interface.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            data: data.into(),
            bucket: "octavo".to_owned(),
            access_key: "octavo".to_owned(),
            secret_key: "octavo-secret".to_owned(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the secret: options end up in logs.
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("data", &self.data)
            .field("bucket", &self.bucket)
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}
