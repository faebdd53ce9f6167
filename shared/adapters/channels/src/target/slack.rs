//! Slack, by its incoming webhooks.

use super::TargetHosts;
use crate::http::{Repeats, Web, ask, private_address};
use async_trait::async_trait;
use octavo_domain_notify::{Accepted, Channel, Outgoing, OutgoingContent, Provider, SendError};
use serde_json::json;
use std::sync::Arc;
use url::Url;

/// What Slack says where the webhook or its channel is no good: only the tenant can change that.
const TARGET_GONE: &[&str] = &[
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "team_disabled",
    "user_not_found",
];

/// Posts to Slack channels of tenants. What is posted twice is there twice.
pub(crate) struct Slack {
    pub(crate) web: Arc<Web>,
    pub(crate) hosts: TargetHosts,
}

#[async_trait]
impl Provider for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn channel(&self) -> Channel {
        Channel::Slack
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let OutgoingContent::Slack { url, text, blocks } = &message.content else {
            return Err(SendError::Rejected { code: None, detail: "it is no message of Slack's".to_owned() });
        };
        let url: Url = url.parse().map_err(|_| private_address())?;
        let mut body = json!({ "text": text });
        if !blocks.is_null() {
            body["blocks"] = blocks.clone();
        }
        let request = self.hosts.client(&self.web, &url)?.post(url).json(&body);
        let answer = ask(request, Repeats::Harmful).await?;
        if answer.is_success() {
            return Ok(Accepted { provider_id: None, delivered: true });
        }
        let said = answer.text();
        if TARGET_GONE.contains(&said.as_str()) {
            // Not suppressed: the tenant sets another webhook under the same name, and then it is to work.
            return Err(SendError::Recipient { code: Some(said.clone()), detail: said, suppress: false });
        }
        Err(answer.refusal(Repeats::Harmful, None, said))
    }
}
