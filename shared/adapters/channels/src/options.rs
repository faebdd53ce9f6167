//! What an operator says of each provider.

use crate::Secret;
use octavo_domain_notify::Channel;
use serde::Deserialize;
use url::Url;

/// A provider, as an entry of `OCTAVO_NOTIFY_PROVIDERS` has it: `{"kind": "sendgrid", "name": "sendgrid", "key": ".."}`. The
/// order of entries is the order in which the providers of a channel are tried.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProviderConfig {
    /// A mail server.
    Smtp(SmtpOptions),
    /// Amazon SES, its API v2.
    Ses(SesOptions),
    /// Twilio SendGrid, its API v3.
    Sendgrid(SendgridOptions),
    /// Postmark.
    Postmark(PostmarkOptions),
    /// Twilio's Programmable Messaging.
    Twilio(TwilioOptions),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpOptions {
    /// What it is called: 1 to 64 characters of `a-z`, `0-9`, `-`, `_`.
    pub name: String,
    /// `smtp://[user:password@]host[:port][?tls=required|opportunistic|none]`, or `smtps://` for TLS from the first byte.
    /// Ports: 587 (465 for `smtps`). Without `tls`, `required`: credentials and mails are not shown to the network. With
    /// `opportunistic` TLS is used where the server offers it, and its certificate is checked all the same.
    pub url: Secret,
    /// Whom mail comes from, where the tenant does not say: `Octavo <no-reply@octavo.example>`.
    pub from: String,
    /// Messages a second.
    #[serde(default)]
    pub per_second: Option<u32>,
    /// How long the server may take to take a mail, in seconds: it may look for viruses meanwhile. 1 to 30; default 30.
    #[serde(default)]
    pub answer_seconds: Option<u64>,
    /// Certificates that are believed besides the public ones, PEM: of a company's own mail server.
    #[serde(default)]
    pub certificates: Option<String>,
}

/// Amazon SES.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SesOptions {
    /// What it is called.
    pub name: String,
    /// Which region: `eu-west-1`.
    pub region: String,
    /// The API's origin; the region's, if none is said.
    #[serde(default)]
    pub url: Option<Url>,
    /// The access key's id.
    pub access_key: String,
    /// The secret access key.
    pub key: Secret,
    /// The session's token, where the key is a temporary one.
    #[serde(default)]
    pub session_token: Option<Secret>,
    /// Whom mail comes from, where the tenant does not say.
    pub from: String,
    /// The configuration set, which publishes what becomes of mails to the topic below.
    #[serde(default)]
    pub configuration_set: Option<String>,
    /// Messages a second: the account's sending rate.
    #[serde(default)]
    pub per_second: Option<u32>,
    /// The topic of SNS's that says what became of mails: nothing of another one is believed. Without it SES calls nobody.
    #[serde(default)]
    pub callback_topic: Option<String>,
    /// For tests: an origin besides `https://sns.REGION.amazonaws.com` that certificates and confirmations may be fetched
    /// from.
    #[serde(default)]
    pub callback_origin: Option<Url>,
}

/// SendGrid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendgridOptions {
    /// What it is called.
    pub name: String,
    /// The API's origin.
    #[serde(default = "sendgrid_url")]
    pub url: Url,
    /// The API key.
    pub key: Secret,
    /// Whom mail comes from, where the tenant does not say.
    pub from: String,
    /// Messages a second.
    #[serde(default)]
    pub per_second: Option<u32>,
    /// The public key of the signed event webhook: Base64 of its DER form, as the provider shows it. Without it, no callback
    /// is believed.
    #[serde(default)]
    pub callback_key: Option<String>,
}

/// Postmark.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostmarkOptions {
    /// What it is called.
    pub name: String,
    /// The API's origin.
    #[serde(default = "postmark_url")]
    pub url: Url,
    /// The server's token.
    pub key: Secret,
    /// Whom mail comes from, where the tenant does not say.
    pub from: String,
    /// The message stream.
    #[serde(default = "postmark_stream")]
    pub stream: String,
    /// Messages a second.
    #[serde(default)]
    pub per_second: Option<u32>,
    /// The user that its webhooks sign in as (they carry no signature). Without it and the password, no callback is believed.
    #[serde(default)]
    pub callback_user: Option<String>,
    /// The password that its webhooks sign in with.
    #[serde(default)]
    pub callback_password: Option<Secret>,
}

/// Twilio.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioOptions {
    /// What it is called.
    pub name: String,
    /// The API's origin.
    #[serde(default = "twilio_url")]
    pub url: Url,
    /// The account: `AC` and 32 hexadecimal digits.
    pub account: String,
    /// The account's auth token: requests are signed in with it, and callbacks signed.
    pub key: Secret,
    /// The number that messages come from, E.164; or `messaging_service`.
    #[serde(default)]
    pub from: Option<String>,
    /// The messaging service that chooses the number: `MG` and 32 hexadecimal digits.
    #[serde(default)]
    pub messaging_service: Option<String>,
    /// Messages a second.
    #[serde(default)]
    pub per_second: Option<u32>,
}

fn sendgrid_url() -> Url {
    Url::parse("https://api.sendgrid.com/").expect("it is a URL")
}

fn postmark_url() -> Url {
    Url::parse("https://api.postmarkapp.com/").expect("it is a URL")
}

fn postmark_stream() -> String {
    "outbound".to_owned()
}

fn twilio_url() -> Url {
    Url::parse("https://api.twilio.com/").expect("it is a URL")
}

/// An entry that cannot be used. Says nothing of secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider '{name}': {problem}")]
pub struct InvalidProvider {
    /// Which.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

impl InvalidProvider {
    pub(crate) fn new(name: &str, problem: impl Into<String>) -> Self {
        Self { name: name.to_owned(), problem: problem.into() }
    }
}

impl ProviderConfig {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Smtp(options) => &options.name,
            Self::Ses(options) => &options.name,
            Self::Sendgrid(options) => &options.name,
            Self::Postmark(options) => &options.name,
            Self::Twilio(options) => &options.name,
        }
    }

    /// By which channel it delivers.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Twilio(_) => Channel::Sms,
            _ => Channel::Email,
        }
    }

    /// The entries of `OCTAVO_NOTIFY_PROVIDERS`: a JSON list. The error says where it is wrong, and repeats no value.
    pub fn parse_list(json: &str) -> Result<Vec<Self>, InvalidProvider> {
        let list: Vec<serde_json::Value> = serde_json::from_str(json)
            .map_err(|error| InvalidProvider::new("", format!("no list of JSON at column {}", error.column())))?;
        list.into_iter().map(Self::parse).collect()
    }

    fn parse(entry: serde_json::Value) -> Result<Self, InvalidProvider> {
        let name = entry["name"].as_str().unwrap_or_default().to_owned();
        let kind = entry["kind"].as_str().unwrap_or_default().to_owned();
        // What serde says may repeat a value, and a value may be a key.
        let config: Self = serde_json::from_value(entry).map_err(|error| {
            let said = error.to_string();
            let safe = ["missing field", "unknown field"].iter().any(|start| said.starts_with(start));
            InvalidProvider::new(&name, if safe { said } else { format!("no entry of the kind '{kind}'") })
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), InvalidProvider> {
        let name = self.name();
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(letters) {
            return Err(InvalidProvider::new(name, "a name has 1 to 64 characters of a-z, 0-9, - and _"));
        }
        if let Self::Twilio(options) = self
            && options.from.is_some() == options.messaging_service.is_some()
        {
            return Err(InvalidProvider::new(name, "either 'from' or 'messaging_service' is to be said"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_settings_have_them() {
        let list = ProviderConfig::parse_list(
            r#"[{"name":"smtp","kind":"smtp","url":"smtp://u:p@h:25?tls=none","from":"Octavo <a@b.example>","per_second":100},
            {"name":"sendgrid","kind":"sendgrid","key":"SG.x","from":"a@b.example","callback_key":"AA=="},
            {"name":"pm","kind":"postmark","key":"t","from":"a@b.example","callback_user":"u","callback_password":"p"},
            {"name":"ses","kind":"ses","region":"eu-west-1","access_key":"AK","key":"s","from":"a@b.example","callback_topic":"arn:aws:sns:eu-west-1:1:t"},
            {"name":"twilio","kind":"twilio","account":"AC1","key":"t","messaging_service":"MG1"}]"#,
        )
        .unwrap();
        let names: Vec<_> = list.iter().map(|entry| (entry.name(), entry.channel())).collect();
        let mail = Channel::Email;
        assert_eq!(names, [("smtp", mail), ("sendgrid", mail), ("pm", mail), ("ses", mail), ("twilio", Channel::Sms)]);
        let shown = format!("{list:?}");
        assert!(!shown.contains("SG.x") && !shown.contains("u:p"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_said_without_repeating_it() {
        for (json, wanted) in [
            ("{}", "no list of JSON"),
            (r#"[{"name":"a","kind":"fax"}]"#, "no entry of the kind 'fax'"),
            (r#"[{"name":"a","kind":"sendgrid","from":"a@b"}]"#, "missing field `key`"),
            (r#"[{"name":"a","kind":"sendgrid","from":"a@b","key":"k","user":"u"}]"#, "unknown field `user`"),
            (r#"[{"name":"a","kind":"sendgrid","from":"a@b","key":"k","url":"hunter2"}]"#, "no entry of the kind"),
            (r#"[{"name":"A B","kind":"sendgrid","from":"a@b","key":"hunter2"}]"#, "1 to 64 characters"),
            (r#"[{"name":"t","kind":"twilio","account":"AC","key":"hunter2"}]"#, "either 'from'"),
        ] {
            let said = ProviderConfig::parse_list(json).unwrap_err().to_string();
            assert!(said.contains(wanted) && !said.contains("hunter2"), "{json}: {said}");
        }
    }
}
