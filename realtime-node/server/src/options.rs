//! What an operator decides.

use crate::Elsewhere;
use octavo_domain_realtime::NodeId;
use octavo_domain_signalr::TokenKeys;
use std::sync::Arc;
use std::time::Duration;

/// How a server behaves. [`Options::new`] has ASP.NET Core's figures where it has any.
#[derive(Clone)]
pub struct Options {
    /// This run of the node: a part of every connection's id.
    pub node: NodeId,
    /// What signs connection tokens, the same on all nodes.
    pub token_keys: TokenKeys,
    /// Which web pages may connect.
    pub origins: Origins,
    /// What one connection, user and address may use.
    pub limits: Limits,
    /// When somebody is given up.
    pub timing: Timing,
    /// Whether stateful reconnect is granted to clients that ask for it.
    pub stateful_reconnect: bool,
    /// Whether a caller is told the text of an unexpected error: in development only.
    pub detailed_errors: bool,
    /// Reaches other nodes. None: what is for another node is answered with 404, and a draining node refuses with 503.
    pub elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl Options {
    /// The defaults.
    pub fn new(node: NodeId, token_keys: TokenKeys) -> Self {
        Self {
            node,
            token_keys,
            origins: Origins::None,
            limits: Limits::default(),
            timing: Timing::default(),
            stateful_reconnect: true,
            detailed_errors: false,
            elsewhere: None,
        }
    }
}

/// Whose scripts may read what the server answers (CORS). A page of another origin is not answered with the headers that
/// its browser asks for, and its WebSocket is refused: browsers do not check those themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Only requests without an `Origin`, or from pages of the same host.
    None,
    /// Any page: for development.
    Any,
    /// These, as browsers spell them: `https://app.example.com`.
    Listed(Vec<String>),
}

impl Origins {
    /// Whether a page of `origin` may use the server that was addressed as `host`.
    pub fn allow(&self, origin: &str, host: Option<&str>) -> bool {
        let same = host.is_some_and(|host| {
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        });
        same || match self {
            Self::None => false,
            Self::Any => true,
            Self::Listed(origins) => origins.iter().any(|known| known.eq_ignore_ascii_case(origin)),
        }
    }
}

/// What one connection, user, address and the server may use; each says what happens at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Connections that the server holds in all, negotiated ones included. More: 503.
    pub connections: usize,
    /// Connections that have not shaken hands yet. More: 503.
    pub pending: usize,
    /// Connections of a user to a hub, on this node. More: Close with an error.
    pub connections_per_user: usize,
    /// Connections from an address, as the acceptor says it: behind a proxy, what that is trusted to say. More: 429.
    pub connections_per_address: usize,
    /// Groups of a connection. More: the joining method fails.
    pub groups_per_connection: usize,
    /// Bytes of a received record without its framing. More: Close with an error.
    pub record_bytes: usize,
    /// Bytes of the body of one POST, which may hold several records. More: 413.
    pub post_bytes: usize,
    /// Bytes that wait for a connection that does not read. More: as the message's `SlowReader` says.
    pub queue_bytes: usize,
    /// Records a second that a connection may send for long. More: they are read later; the client waits.
    pub records_per_second: f32,
    /// Records that it may send at once after a pause.
    pub records_burst: f32,
    /// Methods of one connection that run at once; streams are counted apart.
    pub parallel_invocations: usize,
    /// Invocations that wait for those. More: nothing further is read until one has ended.
    pub queued_invocations: usize,
    /// Methods with streams, in either direction, that run at once for a connection. More: the invocation fails.
    pub streams: usize,
    /// Items of an upload that wait for the method. More: nothing further is read until it has taken one.
    pub upload_items: usize,
    /// Answers that the server awaits from one client. More: the asking method fails.
    pub client_results: usize,
    /// Bytes that are kept for one connection's stateful reconnect. More: its streams and answers wait until it has
    /// acknowledged; what is pushed to it may be `queue_bytes` more, then it is as one that does not read.
    pub stateful_bytes: usize,
    /// The same of all connections together. More: a new connection is not granted it, and one that is detached is ended.
    pub stateful_bytes_total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            pending: 10_000,
            connections_per_user: 100,
            connections_per_address: 20_000,
            groups_per_connection: 1_000,
            record_bytes: octavo_domain_signalr::RECORD_BYTES_MAX,
            post_bytes: 1024 * 1024,
            queue_bytes: 1024 * 1024,
            records_per_second: 500.0,
            records_burst: 2_000.0,
            parallel_invocations: 1,
            queued_invocations: 32,
            streams: 32,
            upload_items: 10,
            client_results: 16,
            stateful_bytes: octavo_domain_signalr::OUTBOX_BYTES_MAX,
            stateful_bytes_total: 256 * 1024 * 1024,
        }
    }
}

/// When somebody is given up. All but `client_result` are kept by the wheel, to the accuracy of `tick`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How often the wheel turns.
    pub tick: Duration,
    /// A ping is sent after so long without a message.
    pub keep_alive: Duration,
    /// A client that was not heard for so long is gone.
    pub client_timeout: Duration,
    /// For the handshake, from the connection's first byte.
    pub handshake: Duration,
    /// A connection without a transport (negotiated and not used, between two polls, detached) is kept for so long.
    pub disconnect: Duration,
    /// A poll that has nothing to bring is answered after so long.
    pub poll: Duration,
    /// A client's answer to an invocation by the server.
    pub client_result: Duration,
    /// The directory's answer at the start of a connection.
    pub directory: Duration,
    /// The other side's part of the closing handshake.
    pub close: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(1),
            keep_alive: Duration::from_secs(15),
            client_timeout: Duration::from_secs(30),
            handshake: Duration::from_secs(15),
            disconnect: Duration::from_secs(15),
            poll: Duration::from_secs(90),
            client_result: Duration::from_secs(30),
            directory: Duration::from_secs(2),
            close: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_same_host_or_of_the_list_may_connect() {
        let listed = Origins::Listed(vec!["https://app.example.com".to_owned()]);
        assert!(listed.allow("https://app.example.com", Some("node.example.com")));
        assert!(listed.allow("https://node.example.com", Some("node.example.com")));
        assert!(!listed.allow("https://app.example.com.evil.example", Some("node.example.com")));
        assert!(!Origins::None.allow("https://app.example.com", None));
        assert!(Origins::Any.allow("https://anything.example", None));
    }
}
