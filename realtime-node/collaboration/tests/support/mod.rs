//! Nodes, engines and browsers for these tests.
#![allow(dead_code, reason = "each test file uses a part of it")]

mod backplane;
mod browser;
mod documents;
mod node;
mod store;

pub(crate) use backplane::{Hub, Wire};
pub(crate) use browser::Browser;
pub(crate) use documents::MemoryDocuments;
pub(crate) use node::{Engines, Node, quick};
pub(crate) use store::MemoryStore;

use octavo_domain_kernel::{DocumentId, TenantId, UserId};
use std::future::Future;
use std::time::{Duration, Instant};

/// Nothing here takes so long; a test that waits for it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(crate) fn document(number: u128) -> DocumentId {
    DocumentId(uuid::Uuid::from_u128((0x0193_0000_0000_7000_8000 << 48) | number))
}

/// Waits until it holds, looking again and again; fails with `what` where it does not come.
pub(crate) async fn until(what: &str, holds: impl FnMut() -> bool) {
    until_or_say(what, holds, String::new).await;
}

/// The same, and says how things stand where it does not come.
pub(crate) async fn until_or_say(what: &str, mut holds: impl FnMut() -> bool, stand: impl Fn() -> String) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "it did not come: {what} {}", stand());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A test on a runtime of its own.
pub(crate) fn run<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(2 * PATIENCE, test).await.expect("the test hangs") });
    runtime.shutdown_background();
}
