//! What goes to other nodes: several messages in one round trip, in order, never more than may wait.

use crate::ports::RoomPorts;
use crate::{RoomEvent, RoomObserver};
use bytes::Bytes;
use octavo_domain_kernel::TenantId;
use octavo_domain_realtime::{Channel, Command, Envelope};
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Messages that wait for the backplane. What does not fit is dropped: nodes compare their states anyway.
const WAITING_MAX: usize = 8_192;
/// Messages in one round trip.
const BATCH_MAX: usize = 256;

pub(crate) struct Publisher {
    waiting: Sender<(Channel, Bytes)>,
    ports: RoomPorts,
}

impl Publisher {
    /// Within a runtime of tokio.
    pub(crate) fn new(ports: RoomPorts) -> Self {
        let (waiting, receiver) = channel(WAITING_MAX);
        tokio::spawn(publish(receiver, ports.clone()));
        Self { waiting, ports }
    }

    /// Says `message` to the other nodes that have the room open.
    pub(crate) fn publish(&self, tenant: &TenantId, room: &Channel, message: Bytes) {
        let envelope = Envelope {
            origin: self.ports.node.clone(),
            tenant: tenant.clone(),
            hub: String::new(),
            sent_at: self.ports.clock.now().timestamp_millis(),
            command: Command::Room { message },
        };
        if self.waiting.try_send((room.clone(), envelope.encode())).is_err() {
            self.ports.observer.observe(RoomEvent::PublishFailed);
        }
    }
}

async fn publish(mut waiting: Receiver<(Channel, Bytes)>, ports: RoomPorts) {
    let observer: Arc<dyn RoomObserver> = ports.observer;
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        if let Err(error) = ports.backplane.publish_many(std::mem::take(&mut batch)).await {
            observer.observe(RoomEvent::PublishFailed);
            tracing::debug!(%error, "rooms: other nodes were not told; states are compared later");
        }
    }
}
