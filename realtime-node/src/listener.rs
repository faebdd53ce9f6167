//! What comes from the other nodes, to whoever it is for.

use bytes::Bytes;
use octavo_domain_realtime::{BackplaneListener, BackplaneState, Channel, Command, Envelope, Position};
use realtime_node_collaboration::Rooms;
use std::sync::Arc;

/// Hands messages of rooms to the rooms, and everything else to the hubs.
pub(crate) struct Listener {
    hubs: Arc<dyn BackplaneListener>,
    rooms: Rooms,
}

impl Listener {
    pub(crate) fn new(hubs: Arc<dyn BackplaneListener>, rooms: Rooms) -> Self {
        Self { hubs, rooms }
    }
}

impl BackplaneListener for Listener {
    fn received(&self, channel: &Channel, payload: Bytes, position: Option<Position>) {
        if !channel.is_room() {
            return self.hubs.received(channel, payload, position);
        }
        match Envelope::decode(&payload) {
            Ok(envelope) if matches!(envelope.command, Command::Room { .. }) => self.rooms.received(channel, &envelope),
            Ok(_) => tracing::warn!(%channel, "a command that no room has"),
            Err(error) => tracing::warn!(%error, %channel, "a message that cannot be read"),
        }
    }

    fn changed(&self, state: BackplaneState) {
        self.hubs.changed(state);
        if state == BackplaneState::Connected {
            self.rooms.backplane_recovered();
        }
    }
}
