//! How notifications leave.

use crate::{Environment, Secret, SettingsError};
use url::Url;

const PAGERDUTY: &str = "https://events.pagerduty.com/";

/// How notifications leave.
#[derive(Debug, Clone)]
pub struct Notify {
    /// `OCTAVO_NOTIFY_PROVIDERS`, default none: a JSON list; within a channel the first is asked first. Without one of a channel
    /// nothing leaves by it, and messages say so. Webhooks, Slack and PagerDuty need no entry. As text: the adapter of the
    /// providers reads it, and knows best what each of them needs.
    pub providers: Option<Secret>,
    /// `OCTAVO_NOTIFY_TARGET_HOSTS`, default `*`: where webhooks and Slack may go to, separated by commas: `*` for every public
    /// host by https, a host or a pattern such as `*.example.com`, an origin such as `http://crm.internal:8080` for one that is
    /// private or without TLS.
    pub target_hosts: Vec<String>,
    /// `OCTAVO_NOTIFY_PAGERDUTY_URL`, default `https://events.pagerduty.com/`.
    pub pagerduty_url: Url,
}

impl Notify {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let hosts = environment.optional("OCTAVO_NOTIFY_TARGET_HOSTS").unwrap_or_else(|| "*".to_owned());
        let pagerduty = environment.parsed("OCTAVO_NOTIFY_PAGERDUTY_URL", "an http:// or https:// URL")?;
        Ok(Self {
            providers: environment.optional("OCTAVO_NOTIFY_PROVIDERS").map(Secret::from),
            target_hosts: hosts.split(',').map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()).collect(),
            pagerduty_url: pagerduty.unwrap_or_else(|| PAGERDUTY.parse().expect("the constant is a URL")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_only_what_needs_none_leaves() {
        let none = Notify::read(&Environment::of([])).unwrap();
        assert!(none.providers.is_none());
        assert_eq!((none.target_hosts, none.pagerduty_url.as_str()), (vec!["*".to_owned()], PAGERDUTY));
        let variables =
            [("OCTAVO_NOTIFY_PROVIDERS", "[\"hunter2\"]"), ("OCTAVO_NOTIFY_TARGET_HOSTS", "a.example, http://b:1,")];
        let some = Environment::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let some = Notify::read(&some).unwrap();
        assert_eq!(some.target_hosts, ["a.example", "http://b:1"]);
        assert!(!format!("{some:?}").contains("hunter2"));
    }
}
