//! The engine of tests that need one to themselves.

use local_emulator_redis::{Options, Server};

/// The emulator's Redis, empty, and its URL. Stopped when it is dropped.
pub(crate) async fn engine() -> (Server, String) {
    let server = Server::start(Options::default()).await.unwrap();
    let url = server.url();
    (server, url)
}
