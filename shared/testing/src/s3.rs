//! An object store for tests: the emulator's S3 over a temporary folder.

use local_emulator_s3::{Options, Server};
use tempfile::TempDir;

/// A running server with one empty bucket. Stopped and cleared away when it is dropped.
#[derive(Debug)]
pub struct S3 {
    server: Server,
    // Dropped after the server: fields go in their order.
    _folder: TempDir,
}

/// Starts one, on a free port.
pub async fn server() -> S3 {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Options::new(folder.path())).await.unwrap();
    S3 { server, _folder: folder }
}

impl S3 {
    /// The endpoint, `http://address:port`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.server.options().bucket
    }

    /// The access key and its secret.
    pub fn credentials(&self) -> (&str, &str) {
        (&self.server.options().access_key, &self.server.options().secret_key)
    }
}
