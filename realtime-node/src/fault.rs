//! Why the node refuses a request of its HTTP addresses. What a hub refuses is said in the hub protocol.

use octavo_adapters_signalr::TokenFault;
use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use std::time::Duration;

/// How long whoever pushes is asked to wait while the nodes do not hear of each other.
const BACKPLANE_AFTER: Duration = Duration::from_secs(2);

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum RealtimeFault {
    /// The data plane's token is missing or not accepted.
    #[error("the access token is not accepted: {0}")]
    Token(TokenFault),
    /// There is no hub of that name.
    #[error("there is no such hub")]
    NoHub,
    /// There is no such connection of this tenant, on any node that lives.
    #[error("there is no such connection")]
    NoConnection,
    /// Nobody of them is connected.
    #[error("nobody is connected there")]
    Nobody,
    /// The client has no handler, answered with an error, or left.
    #[error("the client did not answer: {0}")]
    ClientFailed(String),
    /// The client did not answer in time.
    #[error("the client did not answer in time")]
    ClientTimeout,
    /// This node delivered to its own connections; other nodes cannot be reached.
    #[error("other nodes cannot be reached: what is connected to them did not get it")]
    BackplaneAway(#[source] PortError),
    /// A notification's field.
    #[error("{0}")]
    Notification(#[from] octavo_domain_notify::InvalidNotification),
    /// What is needed is away.
    #[error(transparent)]
    Port(#[from] PortError),
}

const TOKEN: Code = Code::new("REALTIME_0001", "The access token is not accepted");
const NO_HUB: Code = Code::new("REALTIME_0002", "There is no such hub");
const NO_CONNECTION: Code = Code::new("REALTIME_0003", "There is no such connection");
const NOBODY: Code = Code::new("REALTIME_0004", "Nobody is connected there");
const CLIENT: Code = Code::new("REALTIME_0005", "The client did not answer");
const BACKPLANE: Code = Code::new("REALTIME_0006", "Other nodes cannot be reached");
const NOTIFICATION: Code = Code::new("REALTIME_0007", "The notification is not acceptable");

impl Fault for RealtimeFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Token(_) => FaultKind::Unauthenticated,
            Self::NoHub | Self::NoConnection | Self::Nobody => FaultKind::NotFound,
            Self::ClientFailed(_) => FaultKind::BadGateway,
            Self::ClientTimeout => FaultKind::Timeout,
            Self::BackplaneAway(_) => FaultKind::Unavailable(BACKPLANE_AFTER),
            Self::Notification(_) => FaultKind::Invalid,
            Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Token(_) => TOKEN,
            Self::NoHub => NO_HUB,
            Self::NoConnection => NO_CONNECTION,
            Self::Nobody => NOBODY,
            Self::ClientFailed(_) | Self::ClientTimeout => CLIENT,
            Self::BackplaneAway(_) => BACKPLANE,
            Self::Notification(_) => NOTIFICATION,
            Self::Port(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Port(error) => error.detail(),
            other => other.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Notification(fault) => vec![FieldFault::new(fault.field, fault.message)],
            Self::Token(_) => vec![FieldFault::new("header:Authorization", self.to_string())],
            _ => Vec::new(),
        }
    }
}
