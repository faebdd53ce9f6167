//! What is counted of rooms.

use super::observed::SECONDS;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use realtime_node_collaboration::{RoomEvent, RoomObserver};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Event {
    event: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    code: String,
}

/// The counters of rooms. Cheap to clone: all clones count into the same.
#[derive(Clone)]
pub(crate) struct RoomMetrics {
    events: Family<Event, Counter>,
    closed: Family<Closed, Counter>,
    update_bytes: Counter,
    deliveries: Counter,
    appended: Counter,
    open_seconds: Histogram,
    append_seconds: Histogram,
}

impl RoomMetrics {
    pub(super) fn new(all: &mut Registry) -> Self {
        let seconds = || Histogram::new(SECONDS);
        let rooms = Self {
            events: Family::default(),
            closed: Family::default(),
            update_bytes: Counter::default(),
            deliveries: Counter::default(),
            appended: Counter::default(),
            open_seconds: seconds(),
            append_seconds: seconds(),
        };
        all.register("room_events", "What happened to rooms", rooms.events.clone());
        all.register("room_connections_closed", "Connections to rooms that ended, by close code", rooms.closed.clone());
        all.register("room_update_bytes", "Bytes of clients' updates", rooms.update_bytes.clone());
        all.register("room_deliveries", "Updates sent on to connections of this node", rooms.deliveries.clone());
        all.register("room_updates_appended", "Updates stored, merged ones counted once", rooms.appended.clone());
        all.register("room_open_seconds", "How long rooms took to open", rooms.open_seconds.clone());
        all.register("room_append_seconds", "How long the store took to append", rooms.append_seconds.clone());
        rooms
    }

    fn count(&self, event: &'static str) {
        self.events.get_or_create(&Event { event }).inc();
    }
}

impl RoomObserver for RoomMetrics {
    fn observe(&self, event: RoomEvent) {
        match event {
            RoomEvent::Opened(took) => {
                self.open_seconds.observe(took.as_secs_f64());
                self.count("opened");
            }
            RoomEvent::OpenFailed => self.count("open_failed"),
            RoomEvent::Unloaded => self.count("unloaded"),
            RoomEvent::Joined => self.count("joined"),
            RoomEvent::Left(code) => {
                let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
                self.closed.get_or_create(&Closed { code }).inc();
            }
            RoomEvent::Accepted { bytes, receivers } => {
                self.update_bytes.inc_by(bytes as u64);
                self.deliveries.inc_by(receivers as u64);
                self.count("accepted");
            }
            RoomEvent::WriteRefused => self.count("write_refused"),
            RoomEvent::Relayed => self.count("relayed"),
            RoomEvent::Appended { updates, took } => {
                self.appended.inc_by(updates as u64);
                self.append_seconds.observe(took.as_secs_f64());
            }
            RoomEvent::AppendFailed => self.count("append_failed"),
            RoomEvent::PublishFailed => self.count("publish_failed"),
            RoomEvent::Saved => self.count("saved"),
            RoomEvent::SaveFailed => self.count("save_failed"),
            RoomEvent::TakenIn => self.count("taken_in"),
            RoomEvent::Compacted => self.count("compacted"),
            RoomEvent::Rebuilt => self.count("rebuilt"),
        }
    }
}
