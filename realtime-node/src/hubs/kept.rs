//! Pushes that whoever was away can ask for.
//!
//! They are kept by the backplane. While it is away, this node's connections are served at once and whom the others have is told
//! to read anew once it is back: no push comes twice, and nobody goes on with what is old.

use super::missed::KEPT;
use octavo_domain_realtime::{Audience, Backplane, BackplaneState, Channel};
use parking_lot::Mutex;
use realtime_node_server::{Clients, Recipients};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What clients are told: everything that they know may be old. The argument is the group, null for the user themselves.
pub(super) const RESYNC: &str = "resync";
/// Audiences that are told so. More: those are told by their next push.
const AUDIENCES_MAX: usize = 10_000;
/// How often it is looked whether the backplane is back.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Those to whom something could not be kept.
pub(super) struct Kept {
    backplane: Arc<dyn Backplane>,
    owed: Mutex<HashMap<Channel, Owed>>,
}

#[derive(Clone)]
struct Owed {
    to: Recipients,
    group: Option<String>,
}

impl Kept {
    pub(super) fn new(backplane: Arc<dyn Backplane>) -> Self {
        Self { backplane, owed: Mutex::new(HashMap::new()) }
    }

    /// Sends so that it can be asked for later; its position is the last argument. While nothing can be kept, without a
    /// position to those of this node.
    pub(super) async fn send(
        &self,
        clients: &Clients,
        audience: Audience,
        target: &str,
        value: &(impl Serialize + Sync),
    ) {
        let (to, group) = match &audience {
            Audience::Group(group) => (clients.group(group), Some(group.clone())),
            Audience::User(user) => (clients.user(user), None),
            Audience::Everyone => (clients.everyone(), None),
            Audience::Connection(connection) => (clients.connection(*connection), None),
        };
        let Err(error) = to.send_durable(target, (value,), KEPT).await else { return };
        tracing::warn!(%error, target, "a push could not be kept, and goes to this node's connections");
        if let Ok(channel) = Channel::new(clients.tenant(), clients.hub(), &audience) {
            let mut owed = self.owed.lock();
            if owed.len() < AUDIENCES_MAX || owed.contains_key(&channel) {
                owed.insert(channel, Owed { to: to.clone(), group });
            }
        }
        super::missed::send(&to, target, value).await;
    }

    /// Tells those to whom something is owed, as soon as that can be kept. Never ends.
    pub(super) async fn run(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.backplane.state() == BackplaneState::Connected {
                self.settle().await;
            }
        }
    }

    async fn settle(&self) {
        let owed = std::mem::take(&mut *self.owed.lock());
        let mut left = owed.into_iter();
        while let Some((channel, owed)) = left.next() {
            // Kept as well: a node that is not back yet finds it in the history.
            if let Err(error) = owed.to.send_durable(RESYNC, (&owed.group,), KEPT).await {
                tracing::debug!(%error, "what could not be kept is told later");
                let mut again = self.owed.lock();
                again.entry(channel).or_insert(owed);
                again.extend(left.by_ref());
            }
        }
    }
}
