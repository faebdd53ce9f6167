//! Where targets may be.

use crate::http::{Web, private_address};
use octavo_domain_notify::SendError;
use reqwest::Client;
use url::Url;

/// Where webhooks and Slack may be, as an operator says it: the notation of `OCTAVO_WORKFLOW_HTTP_HOSTS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetHosts(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// A pattern of public hosts, by https: `*`, `*.example.com`.
    Public(String),
    /// An origin such as `http://crm.internal:8080`, wherever it is.
    Origin(String),
    /// A scheme and a host such as `http://127.0.0.1:*`, at every port.
    Ports(String),
}

/// An entry is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no host, pattern of hosts or origin")]
pub struct InvalidTargetHosts(pub String);

impl Default for TargetHosts {
    /// Every public host, by https.
    fn default() -> Self {
        Self(vec![Entry::Public("*".to_owned())])
    }
}

impl TargetHosts {
    /// `*` for every public host by https; a host or a pattern with `*` for public hosts by https; an origin with its scheme
    /// for that one, private or not, or with `*` for its port.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidTargetHosts> {
        let entry = |text: &str| parse(text.trim()).ok_or_else(|| InvalidTargetHosts(text.trim().to_owned()));
        entries.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a target may be at this URL; whether its address is public is known only when it is called.
    pub fn allow(&self, url: &Url) -> bool {
        self.judge(url).is_some()
    }

    /// The client for a URL.
    pub(super) fn client<'a>(&self, web: &'a Web, url: &Url) -> Result<&'a Client, SendError> {
        match self.judge(url) {
            Some(true) => web.public(url),
            Some(false) => web.any(),
            None => Err(private_address()),
        }
    }

    /// Whether only at a public address; none, if not at all.
    fn judge(&self, url: &Url) -> Option<bool> {
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let origin = url.origin().ascii_serialization();
        let portless = format!("{}://{host}", url.scheme());
        if self.0.contains(&Entry::Origin(origin)) || self.0.contains(&Entry::Ports(portless)) {
            return Some(false);
        }
        let named = self.0.iter().any(|entry| matches!(entry, Entry::Public(pattern) if fits(pattern, host)));
        (named && url.scheme() == "https").then_some(true)
    }
}

fn parse(text: &str) -> Option<Entry> {
    if text.contains("://") {
        let ports = text.strip_suffix(":*");
        let url = Url::parse(ports.unwrap_or(text)).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty() && url.password().is_none();
        let good = bare && matches!(url.scheme(), "http" | "https") && (ports.is_none() || url.port().is_none());
        let entry = if ports.is_some() { Entry::Ports } else { Entry::Origin };
        return good.then(|| entry(url.origin().ascii_serialization()));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*');
    (!text.is_empty() && text.bytes().all(allowed)).then(|| Entry::Public(text.to_ascii_lowercase()))
}

/// Whether a pattern with `*` is the whole of a text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_public_and_https_unless_its_origin_is_named() {
        for (entries, url, wanted) in [
            ("*", "https://api.example.com/a", Some(true)),
            ("*", "http://api.example.com/a", None),
            ("*", "https://u:p@api.example.com/", None),
            ("*", "ftp://api.example.com/", None),
            ("api.example.com", "https://API.example.com/a", Some(true)),
            ("api.example.com", "https://other.example.com/a", None),
            ("*.example.com", "https://api.example.com:8443/a", Some(true)),
            ("*.example.com", "https://example.com.evil.org/", None),
            ("a*b*c", "https://aXbYc/", Some(true)),
            ("a*b*c", "https://acb/", None),
            ("*,http://127.0.0.1:8080", "http://127.0.0.1:8080/x", Some(false)),
            ("*,http://127.0.0.1:8080", "http://127.0.0.1:8081/x", None),
            ("http://127.0.0.1:*", "http://127.0.0.1:8081/x", Some(false)),
            ("http://127.0.0.1:*", "http://127.0.0.1.example.com:8081/x", None),
            ("http://127.0.0.1:*", "https://127.0.0.1:8081/x", None),
        ] {
            let hosts = TargetHosts::parse(entries.split(',')).unwrap();
            assert_eq!(hosts.judge(&url.parse().unwrap()), wanted, "{entries} {url}");
        }
    }

    #[test]
    fn entries_that_are_none_are_refused() {
        for text in ["", "a b", "http://h/path", "ftp://h", "http://u@h", "http://", "h/p", "http://h:8:*", "://:*"] {
            assert_eq!(TargetHosts::parse([text]), Err(InvalidTargetHosts(text.to_owned())), "{text}");
        }
    }
}
