//! The port that sends clients to the nodes.

use crate::HubName;
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::Principal;
use serde::Serialize;

/// What a `negotiate` answers that sends the client elsewhere (SignalR's TransportProtocols.md, "negotiate").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    /// Where the client negotiates again.
    #[schema(example = "https://realtime.example.com/client/?hub=notifications")]
    pub url: String,
    /// With which token.
    pub access_token: String,
}

/// Signs clients in at the nodes.
pub trait Redirects: Send + Sync {
    /// Sends `principal` to `hub`, with a token that is good from `now` on for `lifetime`.
    fn redirect(&self, principal: &Principal, hub: &HubName, now: DateTime<Utc>, lifetime: TimeDelta) -> Redirect;
}
