//! What a request for a room that is no WebSocket is told: problem documents.

use crate::Close;
use octavo_domain_kernel::{Code, Fault, FaultKind};
use std::time::Duration;

const NOT_AN_UPGRADE: Code = Code::new("COLLABORATION_0001", "This address speaks the Yjs protocol over WebSockets");
const NO_ROOM: Code = Code::new("COLLABORATION_0002", "The document cannot be edited together by this caller");
const AWAY: Code = Code::new("COLLABORATION_0003", "Rooms cannot be opened now");

/// After how long to ask again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Why a request that is no upgrade is refused. A browser cannot read the refusal of an upgrade, so that a request which
/// is one is accepted and closed with the code that says the same ([`Close`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// All would be well, if it were an upgrade.
    #[error("expected a WebSocket upgrade (RFC 6455, version 13)")]
    NotAnUpgrade,
    /// There would be no room even if it were one.
    #[error("{}", .0.reason())]
    Room(Close),
}

impl Fault for Refusal {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotAnUpgrade | Self::Room(Close::Malformed) => FaultKind::Malformed,
            Self::Room(Close::Token) => FaultKind::Unauthenticated,
            Self::Room(Close::Access) => FaultKind::Forbidden,
            Self::Room(Close::NoDocument) => FaultKind::NotFound,
            Self::Room(Close::TooLarge) => FaultKind::TooLarge,
            Self::Room(Close::NotText) => FaultKind::UnsupportedMediaType,
            Self::Room(Close::Limits) => FaultKind::TooManyRequests(RETRY_AFTER),
            Self::Room(Close::Restart | Close::TryAgain) => FaultKind::Unavailable(RETRY_AFTER),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotAnUpgrade => NOT_AN_UPGRADE,
            Self::Room(Close::Restart | Close::TryAgain) => AWAY,
            Self::Room(_) => NO_ROOM,
        }
    }
}
