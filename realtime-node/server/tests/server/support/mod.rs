//! What the tests stand on: nodes in this process on a backplane in this process, and clients that speak raw frames.

mod bus;
mod client;
mod directory;
mod hub;
mod node;
mod seen;

pub(crate) use bus::Bus;
pub(crate) use client::{Client, packed, unpacked};
pub(crate) use directory::Groups;
pub(crate) use node::Node;
pub(crate) use seen::Seen;

use std::future::Future;
use std::time::Duration;

/// Nothing here takes so long, unless it never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something, but not for ever.
pub(crate) async fn within<T>(what: &str, wanted: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, wanted).await {
        Ok(value) => value,
        Err(_) => panic!("it never came: {what}"),
    }
}

/// Waits until something holds that nothing tells of.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    within(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
