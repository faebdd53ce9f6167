//! What is counted while it happens.

use super::rooms::RoomMetrics;
use octavo_domain_realtime::{BackplaneState, HubName};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use realtime_node_server::{Ending, InvocationOutcome, Observer, Refusal, Transport};
use std::time::Duration;

/// Upper bounds of the time histograms, seconds: from what a local delivery takes to what a person calls broken.
pub(super) const SECONDS: [f64; 12] = [0.0001, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Opened {
    hub: String,
    transport: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    hub: String,
    transport: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Invoked {
    hub: String,
    method: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Direction {
    direction: &'static str,
}

/// The counters. Cheap to clone: all clones count into the same.
#[derive(Clone)]
pub(crate) struct Metrics {
    opened: Family<Opened, Counter>,
    closed: Family<Closed, Counter>,
    failures: Family<Reason, Counter>,
    messages: Family<Direction, Counter>,
    bytes: Family<Direction, Counter>,
    dropped: Counter,
    invocations: Family<Invoked, Counter>,
    invocation_seconds: Histogram,
    delivery_seconds: Histogram,
    lag_seconds: Histogram,
    throttled: Counter,
    directory_failures: Counter,
    backplane_up: Gauge,
    backplane_losses: Counter,
    recovered: Counter,
    resyncs: Counter,
    resumed: Counter,
}

impl Metrics {
    /// Counters at nothing, those of rooms, and where they are registered.
    pub(crate) fn new() -> (Self, RoomMetrics, Registry) {
        let seconds = || Histogram::new(SECONDS);
        let metrics = Self {
            opened: Family::default(),
            closed: Family::default(),
            failures: Family::default(),
            messages: Family::default(),
            bytes: Family::default(),
            dropped: Counter::default(),
            invocations: Family::default(),
            invocation_seconds: seconds(),
            delivery_seconds: seconds(),
            lag_seconds: seconds(),
            throttled: Counter::default(),
            directory_failures: Counter::default(),
            backplane_up: Gauge::default(),
            backplane_losses: Counter::default(),
            recovered: Counter::default(),
            resyncs: Counter::default(),
            resumed: Counter::default(),
        };
        let mut all = Registry::with_prefix("octavo_realtime");
        let m = &metrics;
        all.register("connections_opened", "Connections that have shaken hands", m.opened.clone());
        all.register("connections_closed", "Connections that have ended, by why", m.closed.clone());
        all.register("connection_failures", "Connections that failed or were refused, by why", m.failures.clone());
        all.register("messages", "Records in and out; one for each receiver", m.messages.clone());
        all.register("bytes", "Bytes of these records", m.bytes.clone());
        all.register("messages_dropped", "Messages that a slow reader did not get", m.dropped.clone());
        all.register("invocations", "Hub methods that have ended, by how", m.invocations.clone());
        all.register("invocation_seconds", "How long hub methods ran", m.invocation_seconds.clone());
        all.register(
            "delivery_seconds",
            "From a message's arrival at the node until all local receivers' sockets had it",
            m.delivery_seconds.clone(),
        );
        all.register("backplane_lag_seconds", "Age of other nodes' messages, by two clocks", m.lag_seconds.clone());
        all.register("throttled", "Records that waited because their connection sends too much", m.throttled.clone());
        all.register(
            "directory_failures",
            "New connections whose groups could not be asked for",
            m.directory_failures.clone(),
        );
        all.register("backplane_up", "1 while other nodes can be reached", m.backplane_up.clone());
        all.register(
            "backplane_losses",
            "How often the other nodes could no longer be reached",
            m.backplane_losses.clone(),
        );
        all.register("messages_recovered", "Messages delivered from histories after a loss", m.recovered.clone());
        all.register("resyncs", "Groups that were told to read anew after a loss", m.resyncs.clone());
        all.register("connections_resumed", "Connections that came back by stateful reconnect", m.resumed.clone());
        let rooms = RoomMetrics::new(&mut all);
        (metrics, rooms, all)
    }

    fn traffic(&self, direction: &'static str, messages: usize, bytes: usize) {
        let direction = Direction { direction };
        self.messages.get_or_create(&direction).inc_by(messages as u64);
        self.bytes.get_or_create(&direction).inc_by(bytes as u64);
    }
}

impl Observer for Metrics {
    fn opened(&self, hub: &HubName, transport: Transport) {
        self.opened.get_or_create(&Opened { hub: hub.to_string(), transport: transport.name() }).inc();
    }

    fn closed(&self, hub: &HubName, transport: Option<Transport>, ending: Ending) {
        let transport = transport.map_or("none", Transport::name);
        self.closed.get_or_create(&Closed { hub: hub.to_string(), transport, reason: ending.label() }).inc();
        if ending.is_failure() {
            self.failures.get_or_create(&Reason { reason: ending.label() }).inc();
        }
    }

    fn refused(&self, refusal: Refusal) {
        self.failures.get_or_create(&Reason { reason: refusal.label() }).inc();
    }

    fn received(&self, bytes: usize) {
        self.traffic("in", 1, bytes);
    }

    fn sent(&self, connections: usize, bytes: usize) {
        self.traffic("out", connections, connections * bytes);
    }

    fn dropped(&self, connections: usize) {
        self.dropped.inc_by(connections as u64);
    }

    fn invoked(&self, hub: &HubName, method: &str, outcome: InvocationOutcome, took: Duration) {
        let labels = Invoked { hub: hub.to_string(), method: method.to_owned(), outcome: outcome.label() };
        self.invocations.get_or_create(&labels).inc();
        self.invocation_seconds.observe(took.as_secs_f64());
    }

    fn delivered(&self, took: Duration) {
        self.delivery_seconds.observe(took.as_secs_f64());
    }

    fn lagged(&self, lag: Duration) {
        self.lag_seconds.observe(lag.as_secs_f64());
    }

    fn throttled(&self) {
        self.throttled.inc();
    }

    fn directory_failed(&self) {
        self.directory_failures.inc();
    }

    fn backplane(&self, state: BackplaneState) {
        let is_up = state == BackplaneState::Connected;
        self.backplane_up.set(i64::from(is_up));
        if !is_up {
            self.backplane_losses.inc();
        }
    }

    fn recovered(&self, messages: usize, whole: bool) {
        if whole {
            self.recovered.inc_by(messages as u64);
        } else {
            self.resyncs.inc();
        }
    }

    fn resumed(&self) {
        self.resumed.inc();
    }
}
