//! The contract of [`Backplane`], judged by two nodes.

mod durable;
mod live;

use crate::build::tenant;
use crate::hearing::Hearing;
use octavo_domain_kernel::TenantId;
use octavo_domain_realtime::{Audience, Backplane, Channel, HubName};
use std::sync::Arc;

/// Judges a backplane. `make` gives another node's handle, to which nobody listens yet; all are on the same engine.
/// `forget` loses the channel's history, as an engine does that restarts without its disk.
pub async fn backplane<B: Backplane, F: Future<Output = B>>(make: impl Fn() -> F, forget: impl AsyncFn(&Channel)) {
    let nodes = [Node::new(make().await).await, Node::new(make().await).await];
    live::judge(&nodes).await;
    durable::judge(&nodes, &forget).await;
}

/// A backplane and what it heard.
struct Node<B> {
    backplane: B,
    heard: Arc<Hearing>,
}

impl<B: Backplane> Node<B> {
    async fn new(backplane: B) -> Self {
        let heard = Arc::new(Hearing::default());
        assert!(backplane.subscribed().await.is_err(), "nobody listens");
        backplane.listen(heard.clone());
        let node = Self { backplane, heard };
        node.wants(&[]).await;
        node
    }

    /// Subscribes, and waits until it is.
    async fn wants(&self, channels: &[Channel]) {
        self.backplane.subscribe(channels);
        self.backplane.subscribed().await.unwrap();
    }
}

/// A tenant's groups.
struct Groups(TenantId, HubName);

impl Groups {
    /// Of a tenant that no other test has.
    fn new() -> Self {
        Self(tenant(), "chat".parse().unwrap())
    }

    fn channel(&self, group: &str) -> Channel {
        Channel::new(&self.0, &self.1, &Audience::Group(group.to_owned())).unwrap()
    }
}
