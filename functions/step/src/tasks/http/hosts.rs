//! Which endpoints HTTP tasks may call.

use crate::tasks::allowed::fits;
use url::Url;

/// Endpoints as an operator names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// `*`: every public host, by https, with a connection.
    AnyPublic,
    /// A pattern of public hosts, by https.
    Public(String),
    /// An origin such as `http://crm.internal:8080`, wherever it is.
    Origin(String),
    /// A scheme and a host such as `http://127.0.0.1:*`, at every port.
    Ports(String),
}

/// What an endpoint may be called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Not at all.
    Refused,
    /// At a public address.
    Public {
        /// Whether only with a connection.
        connection: bool,
    },
    /// At whatever address it has.
    Any,
}

impl AllowedHosts {
    /// `*` for every public host by https (tasks then need a connection); a host or a pattern with `*` for public hosts by
    /// https; an origin with its scheme for that one, private or not, or with `*` for its port. None where an entry is none of
    /// these.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let entry = |text: &str| match text.trim() {
            "*" => Some(Entry::AnyPublic),
            origin if origin.contains("://") => {
                let ports = origin.strip_suffix(":*");
                let url = Url::parse(ports.unwrap_or(origin)).ok();
                let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty())?;
                let bare = url.path() == "/" && url.query().is_none() && (ports.is_none() || url.port().is_none());
                let entry = if ports.is_some() { Entry::Ports } else { Entry::Origin };
                bare.then(|| entry(url.origin().ascii_serialization()))
            }
            host => {
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*');
                let good = !host.is_empty() && host.bytes().all(allowed);
                good.then(|| Entry::Public(host.to_ascii_lowercase()))
            }
        };
        entries.into_iter().map(entry).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn judge(&self, url: &Url) -> Judged {
        let origin = url.origin().ascii_serialization();
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() || !url.username().is_empty() || url.password().is_some() {
            return Judged::Refused;
        }
        let portless = format!("{}://{host}", url.scheme());
        if self.0.contains(&Entry::Origin(origin)) || self.0.contains(&Entry::Ports(portless)) {
            return Judged::Any;
        }
        if url.scheme() != "https" {
            return Judged::Refused;
        }
        if self.0.iter().any(|entry| matches!(entry, Entry::Public(pattern) if fits(pattern, host))) {
            return Judged::Public { connection: false };
        }
        if self.0.contains(&Entry::AnyPublic) { Judged::Public { connection: true } } else { Judged::Refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(entries: &str, url: &str) -> Judged {
        AllowedHosts::parse(entries.split(',')).unwrap().judge(&url.parse().unwrap())
    }

    #[test]
    fn an_endpoint_is_public_and_https_unless_its_origin_is_named() {
        let public = |connection| Judged::Public { connection };
        for (entries, url, wanted) in [
            ("*", "https://api.example.com/a", public(true)),
            ("*", "http://api.example.com/a", Judged::Refused),
            ("*", "https://u:p@api.example.com/", Judged::Refused),
            ("*", "ftp://api.example.com/", Judged::Refused),
            ("*", "data:text/plain,x", Judged::Refused),
            ("api.example.com", "https://API.example.com/a", public(false)),
            ("api.example.com", "https://other.example.com/a", Judged::Refused),
            ("*.example.com", "https://api.example.com:8443/a", public(false)),
            ("*.example.com", "https://example.com.evil.org/", Judged::Refused),
            ("*,http://127.0.0.1:8080", "http://127.0.0.1:8080/x", Judged::Any),
            ("*,http://127.0.0.1:8080", "http://127.0.0.1:8081/x", Judged::Refused),
            ("http://127.0.0.1:*", "http://127.0.0.1:8081/x", Judged::Any),
            ("http://127.0.0.1:*", "http://127.0.0.1.example.com:8081/x", Judged::Refused),
            ("http://127.0.0.1:*", "https://127.0.0.1:8081/x", Judged::Refused),
            ("https://crm.internal", "https://crm.internal/x", Judged::Any),
            ("https://crm.internal", "http://crm.internal/x", Judged::Refused),
        ] {
            assert_eq!(judge(entries, url), wanted, "{entries} {url}");
        }
    }

    #[test]
    fn entries_that_are_none_are_refused() {
        for text in ["", "a b", "http://h/path", "ftp://h", "http://u@h", "http://", "h/p", "http://h:8:*", "://:*"] {
            assert_eq!(AllowedHosts::parse([text]), None, "{text}");
        }
    }
}
