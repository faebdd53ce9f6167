//! All providers of a deployment.

use crate::http::Web;
use crate::postmark::Postmark;
use crate::sendgrid::Sendgrid;
use crate::ses::Ses;
use crate::smtp::Smtp;
use crate::target::{Pagerduty, Slack, TargetHosts, Webhook};
use crate::twilio::Twilio;
use crate::{InvalidProvider, ProviderConfig};
use octavo_domain_kernel::Clock;
use octavo_domain_notify::Provider;
use std::collections::BTreeSet;
use std::sync::Arc;
use url::Url;

/// Names that are taken: of what needs no entry.
const RESERVED: [&str; 4] = ["webhook", "slack", "pagerduty", "in_app"];

/// What providers need besides their own options.
pub struct Surroundings {
    /// Signatures and mails say when they were made.
    pub clock: Arc<dyn Clock>,
    /// `OCTAVO_PUBLIC_URL`: where providers call back.
    pub public_url: String,
    /// `OCTAVO_NOTIFY_TARGET_HOSTS`: where webhooks and Slack may be.
    pub target_hosts: TargetHosts,
    /// `OCTAVO_NOTIFY_PAGERDUTY_URL`: `https://events.pagerduty.com/`.
    pub pagerduty_url: Url,
}

/// A provider for each entry, in their order, then those of webhooks, Slack and PagerDuty. Connects nowhere yet.
pub fn providers(
    configs: Vec<ProviderConfig>,
    surroundings: Surroundings,
) -> Result<Vec<Arc<dyn Provider>>, InvalidProvider> {
    let Surroundings { clock, public_url, target_hosts, pagerduty_url } = surroundings;
    let public_url = public_url.trim_end_matches('/').to_owned();
    let web = Arc::new(Web::default());
    let mut names = BTreeSet::from(RESERVED.map(str::to_owned));
    let mut made: Vec<Arc<dyn Provider>> = Vec::new();
    for config in configs {
        if !names.insert(config.name().to_owned()) {
            return Err(InvalidProvider::new(config.name(), "the name is another's"));
        }
        let web = Arc::clone(&web);
        made.push(match config {
            ProviderConfig::Smtp(options) => Arc::new(Smtp::new(Arc::clone(&clock), &options, &public_url)?),
            ProviderConfig::Ses(options) => Arc::new(Ses::new(web, Arc::clone(&clock), options)?),
            ProviderConfig::Sendgrid(options) => Arc::new(Sendgrid::new(web, options)?),
            ProviderConfig::Postmark(options) => Arc::new(Postmark::new(web, options)?),
            ProviderConfig::Twilio(options) => Arc::new(Twilio { web, options, public_url: public_url.clone() }),
        });
    }
    made.push(Arc::new(Webhook { web: Arc::clone(&web), clock, hosts: target_hosts.clone() }));
    made.push(Arc::new(Slack { web: Arc::clone(&web), hosts: target_hosts }));
    made.push(Arc::new(Pagerduty { web, url: pagerduty_url }));
    Ok(made)
}
