//! What is counted and measured. The server knows no metrics library: whoever has one implements [`Observer`].

use octavo_domain_realtime::{BackplaneState, HubName};
use octavo_domain_signalr::Transport;
use std::time::Duration;

/// Why a connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The client said so.
    Client,
    /// The transport broke.
    Lost,
    /// A hub or the data plane said so.
    Server,
    /// The hub's `connected` refused it.
    Refused,
    /// It was not heard for too long.
    Silent,
    /// No handshake in time.
    HandshakeTimeout,
    /// A handshake that cannot be accepted.
    HandshakeRefused,
    /// Negotiated, and never used.
    Abandoned,
    /// Its transport did not come back in time.
    NotResumed,
    /// Bytes that are none of the protocol.
    Malformed,
    /// A record over the limit.
    TooLarge,
    /// It read too slowly.
    Slow,
    /// Its token has expired.
    Expired,
    /// Its user has too many.
    TooManyOfUser,
    /// A stateful one that does not fit into the server's budget.
    OverBudget,
    /// The node is draining.
    Drained,
}

impl Ending {
    /// As a metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Lost => "lost",
            Self::Server => "server",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::HandshakeRefused => "handshake_refused",
            Self::Abandoned => "abandoned",
            Self::NotResumed => "not_resumed",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Slow => "slow",
            Self::Expired => "expired",
            Self::TooManyOfUser => "too_many_of_user",
            Self::OverBudget => "over_budget",
            Self::Drained => "drained",
        }
    }

    /// Whether it counts as a failure: what an operator wants to hear of.
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Client | Self::Server | Self::Abandoned | Self::Drained)
    }
}

/// Why a request was refused before it made a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No token, or one that is not accepted.
    Unauthenticated,
    /// Tokens cannot be checked now.
    TokensUnchecked,
    /// A page of an origin that may not.
    Origin,
    /// There is no such hub or connection.
    Unknown,
    /// Against the rules of the transports.
    Transport,
    /// The server holds all that it may.
    Full,
    /// Too many have not shaken hands.
    Pending,
    /// Too many from this address.
    Address,
    /// The node is draining.
    Draining,
}

impl Refusal {
    /// As a metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::TokensUnchecked => "tokens_unchecked",
            Self::Origin => "origin",
            Self::Unknown => "unknown",
            Self::Transport => "transport",
            Self::Full => "full",
            Self::Pending => "pending",
            Self::Address => "address",
            Self::Draining => "draining",
        }
    }
}

/// How an invocation has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvocationOutcome {
    /// As it should.
    Succeeded,
    /// The hub refused it.
    Refused,
    /// Arguments that do not fit, or an unknown method.
    Invalid,
    /// Unexpectedly.
    Failed,
    /// The caller wanted no more, or is gone.
    Cancelled,
}

impl InvocationOutcome {
    /// As a metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Sees what happens. Called on the hot path: must not wait. Everything is optional.
#[expect(unused_variables, reason = "an observer implements what it counts")]
pub trait Observer: Send + Sync {
    /// A connection has shaken hands.
    fn opened(&self, hub: &HubName, transport: Transport) {}
    /// A connection has ended; without a transport it never had one.
    fn closed(&self, hub: &HubName, transport: Option<Transport>, ending: Ending) {}
    /// A request was refused.
    fn refused(&self, refusal: Refusal) {}
    /// A record came, of so many bytes.
    fn received(&self, bytes: usize) {}
    /// So many records went out, of so many bytes together.
    fn sent(&self, records: usize, bytes: usize) {}
    /// So many messages were dropped, or refused, since their connection did not read.
    fn dropped(&self, messages: usize) {}
    /// A method has ended. `method` is its declared name, or `unknown`.
    fn invoked(&self, hub: &HubName, method: &str, outcome: InvocationOutcome, took: Duration) {}
    /// A message was handed to the sockets of all its local receivers, so long after it came to this server.
    fn delivered(&self, took: Duration) {}
    /// A message of another node came, so long after that node sent it (by two clocks).
    fn lagged(&self, lag: Duration) {}
    /// A record waited because its connection sends too much.
    fn throttled(&self) {}
    /// The directory was not there for a new connection.
    fn directory_failed(&self) {}
    /// The backplane came or went.
    fn backplane(&self, state: BackplaneState) {}
    /// So many messages of a history were delivered after a loss; or a group was told to read anew.
    fn recovered(&self, messages: usize, whole: bool) {}
    /// A stateful connection came back.
    fn resumed(&self) {}
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
