//! A connection as it is given.

use octavo_domain_kernel::FieldFault;
use octavo_wiring_edge::EdgeFault;
use serde::Deserialize;

/// The longest name of a connection or a header, in characters.
const NAME_CHARS_MAX: usize = 64;
/// The longest value, in characters.
const VALUE_CHARS_MAX: usize = 4_096;
/// Hosts of a connection at most.
const HOSTS_MAX: usize = 20;
/// The longest name of a host, in characters (RFC 1035, section 2.3.4).
const HOST_CHARS_MAX: usize = 253;

/// Headers that say how a request is sent rather than who sends it.
const REFUSED_HEADERS: [&str; 10] = [
    "host",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
];

/// What a connection is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConnection {
    /// The header that the value goes into; `authorization` if not said.
    #[serde(default = "authorization")]
    #[schema(example = "Authorization")]
    header: String,
    /// What is secret: `Bearer ...`, `Basic ...`, a key. 1 to 4,096 visible ASCII characters and spaces.
    value: String,
    /// To which hosts it may go: exact names, 1 to 20.
    #[schema(example = json!(["api.example.com"]))]
    hosts: Vec<String>,
}

fn authorization() -> String {
    "authorization".to_owned()
}

/// A connection that was checked.
pub(super) struct Checked {
    /// In lower case.
    pub(super) header: String,
    pub(super) value: String,
    /// In lower case, each once.
    pub(super) hosts: Vec<String>,
}

impl NewConnection {
    /// Checks it, with everything that is wrong with it.
    pub(super) fn check(self, name: &str) -> Result<Checked, EdgeFault> {
        let mut faults = Vec::new();
        if !is_name(name) {
            let expected = format!("expected 1 to {NAME_CHARS_MAX} characters of A-Z, a-z, 0-9, '.', '_' and '-'");
            faults.push(FieldFault::new("path:name", expected));
        }
        let header = self.header.to_ascii_lowercase();
        if !is_name(&header) || header.contains('.') || REFUSED_HEADERS.contains(&header.as_str()) {
            let expected = "expected the name of a header that proves who sends a request, for example Authorization";
            faults.push(FieldFault::new("header", expected));
        }
        let visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        let value = self.value.trim().to_owned();
        if !(1..=VALUE_CHARS_MAX).contains(&value.len()) || !value.bytes().all(visible) {
            let expected = format!("expected 1 to {VALUE_CHARS_MAX} visible ASCII characters and spaces");
            faults.push(FieldFault::new("value", expected));
        }
        let mut hosts: Vec<String> = self.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        for (at, host) in hosts.iter().enumerate() {
            if !is_host(host) {
                let expected = "expected the exact name of a host, without scheme, port, path or *";
                faults.push(FieldFault::new(format!("hosts[{at}]"), expected));
            }
        }
        hosts.sort_unstable();
        hosts.dedup();
        if !(1..=HOSTS_MAX).contains(&hosts.len()) {
            faults.push(FieldFault::new("hosts", format!("expected 1 to {HOSTS_MAX} hosts")));
        }
        if faults.is_empty() { Ok(Checked { header, value, hosts }) } else { Err(EdgeFault::Invalid(faults)) }
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

fn is_host(host: &str) -> bool {
    let part = |part: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = part.as_bytes();
        bytes.len() <= 63
            && edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    host.len() <= HOST_CHARS_MAX && host.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(header: &str, value: &str, hosts: &[&str]) -> NewConnection {
        let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
        NewConnection { header: header.to_owned(), value: value.to_owned(), hosts }
    }

    #[test]
    fn names_are_kept_in_lower_case() {
        let hosts = ["API.example.com", "api.example.com", "b-1"];
        let checked = connection("X-Api-Key", " k ", &hosts).check("billing_2.x").unwrap();
        assert_eq!((checked.header.as_str(), checked.value.as_str()), ("x-api-key", "k"));
        assert_eq!(checked.hosts, ["api.example.com", "b-1"]);
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let wrong = connection("Host", "a\nb", &["*.example.com", "a:80", "http://a", "a..b", "-a"]);
        let Err(EdgeFault::Invalid(faults)) = wrong.check("a/b") else { panic!("it is refused") };
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        let expected = ["path:name", "header", "value", "hosts[0]", "hosts[1]", "hosts[2]", "hosts[3]", "hosts[4]"];
        assert_eq!(fields, expected);
        assert!(connection("a", "b", &[]).check("c").is_err());
    }
}
