//! Negotiate by a function: the client is sent on to the nodes with a token of its own.

use crate::Tokens;
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::Principal;
use octavo_domain_realtime::{HubName, Redirect, Redirects};
use url::Url;

/// Sends clients to the nodes at one address, as Azure SignalR's serverless mode does.
#[derive(Debug, Clone)]
pub struct Redirector {
    tokens: Tokens,
    base: String,
}

impl Redirector {
    /// To `public_url`, where clients reach the nodes.
    pub fn new(tokens: Tokens, public_url: Url) -> Self {
        Self { tokens, base: String::from(public_url).trim_end_matches('/').to_owned() }
    }
}

impl Redirects for Redirector {
    fn redirect(&self, principal: &Principal, hub: &HubName, now: DateTime<Utc>, lifetime: TimeDelta) -> Redirect {
        let url = format!("{}/client/?hub={hub}", self.base);
        let access_token = self.tokens.sign(&principal.tenant, &url, now, lifetime, |claims| {
            claims.sub = Some(principal.user.to_string());
            claims.name.clone_from(&principal.name);
            claims.groups = principal.groups.iter().map(ToString::to_string).collect();
        });
        Redirect { url, access_token }
    }
}
