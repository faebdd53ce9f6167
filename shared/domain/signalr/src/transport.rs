//! The transports (TransportProtocols.md).

use serde_json::{Value, json};

/// How a connection's bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One WebSocket, both ways.
    WebSockets,
    /// An event stream to the client, POST from it. Text only.
    ServerSentEvents,
    /// GET waits for what there is for the client, POST from it.
    LongPolling,
}

impl Transport {
    /// As a negotiate answer names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebSockets => "WebSockets",
            Self::ServerSentEvents => "ServerSentEvents",
            Self::LongPolling => "LongPolling",
        }
    }

    /// Whether it carries binary protocols.
    pub fn is_binary(self) -> bool {
        self != Self::ServerSentEvents
    }
}

/// The transports that a hub offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transports {
    /// WebSockets.
    pub web_sockets: bool,
    /// Server-Sent Events.
    pub server_sent_events: bool,
    /// Long polling.
    pub long_polling: bool,
}

impl Transports {
    /// All three.
    pub const ALL: Self = Self { web_sockets: true, server_sent_events: true, long_polling: true };

    /// Whether this one is offered.
    pub fn has(self, transport: Transport) -> bool {
        match transport {
            Transport::WebSockets => self.web_sockets,
            Transport::ServerSentEvents => self.server_sent_events,
            Transport::LongPolling => self.long_polling,
        }
    }

    /// As a negotiate answer lists them, the best first.
    pub(crate) fn listed(self) -> Value {
        [Transport::WebSockets, Transport::ServerSentEvents, Transport::LongPolling]
            .into_iter()
            .filter(|transport| self.has(*transport))
            .map(|transport| {
                let formats: &[&str] = if transport.is_binary() { &["Text", "Binary"] } else { &["Text"] };
                json!({ "transport": transport.name(), "transferFormats": formats })
            })
            .collect()
    }
}
