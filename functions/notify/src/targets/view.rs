//! A target as clients see it: without its secrets.

use super::seal::open;
use crate::Deps;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Channel, SealedTarget, TargetKind};
use serde::Serialize;

/// A target.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TargetView {
    /// Its name.
    #[schema(example = "crm")]
    name: String,
    /// Its channel: `webhook`, `slack` or `pagerduty`.
    kind: Channel,
    /// Where it goes; of Slack only the host, as the address is a secret itself. None for PagerDuty.
    #[schema(example = "https://crm.acme.example/hooks")]
    url: Option<String>,
    /// How bad PagerDuty is told that it is.
    severity: Option<String>,
    /// Whether it is told anything.
    active: bool,
    /// When it was set.
    updated_at: DateTime<Utc>,
    /// The secret that was drawn for a webhook: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub(super) secret: Option<String>,
}

impl TargetView {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn of(deps: &Deps, tenant: &TenantId, target: &SealedTarget) -> Result<Self, PortError> {
        Ok(Self::opened(target, open(&*deps.sealer, tenant, target)?))
    }

    pub(super) fn opened(target: &SealedTarget, kind: TargetKind) -> Self {
        let (url, severity) = match kind {
            TargetKind::Webhook { url, .. } => (Some(url), None),
            TargetKind::Slack { url } => (Some(origin(&url)), None),
            TargetKind::Pagerduty { severity, .. } => (None, Some(severity)),
        };
        Self {
            name: target.name.clone(),
            kind: target.channel,
            url,
            severity,
            active: target.active,
            updated_at: target.updated_at,
            secret: None,
        }
    }
}

/// An address without what follows its host.
fn origin(url: &str) -> String {
    let end = url.find("://").map_or(0, |at| at + 3);
    match url[end..].find(['/', '?', '#']) {
        Some(at) => format!("{}/...", &url[..end + at]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_part_of_an_address_is_not_shown() {
        assert_eq!(origin("https://hooks.slack.com/services/T/B/x"), "https://hooks.slack.com/...");
        assert_eq!(origin("https://hooks.slack.com?x"), "https://hooks.slack.com/...");
        assert_eq!(origin("https://hooks.slack.com"), "https://hooks.slack.com");
    }
}
