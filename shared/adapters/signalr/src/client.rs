//! The client of the data plane.

use crate::Tokens;
use chrono::TimeDelta;
use octavo_domain_kernel::{Clock, TenantId, UserId};
use octavo_domain_realtime::HubName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, StatusCode};
use serde::Serialize;
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What one push may take: it is never worth more than that to whoever sends it.
const WITHIN: Duration = Duration::from_secs(2);
/// How long a push's token is good.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// What stands as it is in a path segment (RFC 3986, section 3.3, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why nothing was pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushFault {
    /// The nodes cannot be reached, or one did not answer in time.
    #[error("the realtime nodes cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// A node refused it.
    #[error("a realtime node answered {status}: {detail}")]
    Refused {
        /// Its status.
        status: StatusCode,
        /// What it said.
        detail: String,
    },
}

/// Pushes to who is connected. Cheap to clone.
#[derive(Clone)]
pub struct Push {
    client: Client,
    base: String,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Push {
    /// To the nodes whose data plane is at `url`.
    pub fn new(url: &Url, tokens: Tokens, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(WITHIN).build()?;
        Ok(Self { client, base: url.as_str().trim_end_matches('/').to_owned(), tokens, clock })
    }

    /// Calls `target` with `arguments` (a tuple or an array) on all connections of `user` to `hub`.
    pub async fn user(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        user: &UserId,
        target: &str,
        arguments: impl Serialize,
    ) -> Result<(), PushFault> {
        self.post(tenant, &format!("/api/hubs/{hub}/users/{}/:send", segment(user.as_str())), &call(target, arguments))
            .await
    }

    /// The same on all connections of a group.
    pub async fn group(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        group: &str,
        target: &str,
        arguments: impl Serialize,
    ) -> Result<(), PushFault> {
        self.post(tenant, &format!("/api/hubs/{hub}/groups/{}/:send", segment(group)), &call(target, arguments)).await
    }

    /// The same on all of the tenant's connections.
    pub async fn everyone(
        &self,
        tenant: &TenantId,
        hub: &HubName,
        target: &str,
        arguments: impl Serialize,
    ) -> Result<(), PushFault> {
        self.post(tenant, &format!("/api/hubs/{hub}/:send"), &call(target, arguments)).await
    }

    /// Puts a notification into a user's inbox and shows it to who is connected.
    pub async fn notify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        notification: &impl Serialize,
    ) -> Result<(), PushFault> {
        self.post(tenant, &format!("/api/users/{}/notifications", segment(user.as_str())), notification).await
    }

    async fn post(&self, tenant: &TenantId, path: &str, body: &impl Serialize) -> Result<(), PushFault> {
        let url = format!("{}{path}", self.base);
        let token = self.tokens.sign(tenant, &url, self.clock.now(), TOKEN_LIFETIME, |_| {});
        let answer =
            self.client.post(&url).bearer_auth(token).json(body).send().await.map_err(PushFault::Unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let detail: String = answer.text().await.unwrap_or_default().chars().take(500).collect();
        Err(PushFault::Refused { status, detail })
    }
}

fn call(target: &str, arguments: impl Serialize) -> serde_json::Value {
    json!({ "target": target, "arguments": arguments })
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}
