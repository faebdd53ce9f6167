//! A target as clients set it.

use crate::NotifyFault;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use octavo_domain_notify::TargetKind;
use serde::Deserialize;
use uuid::Uuid;

const URL_CHARS_MAX: usize = 2_000;
const ROUTING_KEY_CHARS_MAX: usize = 64;
/// Bytes of a webhook's secret: what the Standard Webhooks specification wants.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const SECRET_PREFIX: &str = "whsec_";
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

/// What a target is. A secret that is left out stays as it is; for a new webhook one is drawn.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum TargetInput {
    /// An HTTP endpoint; what it is told is signed after the Standard Webhooks specification.
    Webhook {
        /// Where: https, unless the platform allows the host otherwise.
        #[schema(max_length = 2000, example = "https://crm.acme.example/hooks")]
        url: String,
        /// `whsec_` and Base64 of 24 to 64 bytes.
        secret: Option<String>,
        /// Whether it is told anything; true if not given.
        active: Option<bool>,
    },
    /// An incoming webhook of Slack's.
    Slack {
        /// Where. Left out, it stays as it is.
        #[schema(max_length = 2000)]
        url: Option<String>,
        /// Whether it is told anything; true if not given.
        active: Option<bool>,
    },
    /// A service of PagerDuty's, by Events API v2.
    Pagerduty {
        /// The integration's key. Left out, it stays as it is.
        routing_key: Option<String>,
        /// `critical`, `error`, `warning` or `info`; `error` if not given.
        #[schema(example = "error")]
        severity: Option<String>,
        /// Whether it is told anything; true if not given.
        active: Option<bool>,
    },
}

/// A target as it is to be: whether it is active, and the secret that was drawn for it.
pub(super) struct Wanted {
    pub(super) kind: TargetKind,
    pub(super) active: bool,
    pub(super) drawn: Option<String>,
}

impl TargetInput {
    /// The target; `present` is what it was. `chance` is drawn for it: three, as one has too few random bits for a secret.
    pub(super) fn wanted(self, present: Option<TargetKind>, chance: [Uuid; 3]) -> Result<Wanted, NotifyFault> {
        match self {
            Self::Webhook { url, secret, active } => {
                address(&url)?;
                let kept = match present {
                    Some(TargetKind::Webhook { secret, .. }) => Some(secret),
                    _ => None,
                };
                let drawn = if secret.is_none() && kept.is_none() { Some(draw(chance)) } else { None };
                let secret = secret.or(kept).or_else(|| drawn.clone()).expect("one of the three is there");
                if !is_secret(&secret) {
                    return Err(wrong("secret", "expected whsec_ and Base64 of 24 to 64 bytes"));
                }
                Ok(Wanted { kind: TargetKind::Webhook { url, secret }, active: active.unwrap_or(true), drawn })
            }
            Self::Slack { url, active } => {
                let kept = match present {
                    Some(TargetKind::Slack { url }) => Some(url),
                    _ => None,
                };
                let url = url.or(kept).ok_or_else(|| wrong("url", "expected the address of an incoming webhook"))?;
                address(&url)?;
                Ok(Wanted { kind: TargetKind::Slack { url }, active: active.unwrap_or(true), drawn: None })
            }
            Self::Pagerduty { routing_key, severity, active } => {
                let kept = match present {
                    Some(TargetKind::Pagerduty { routing_key, .. }) => Some(routing_key),
                    _ => None,
                };
                let expected = "expected the key of an integration by Events API v2: 1 to 64 letters and digits";
                let key = routing_key.or(kept).ok_or_else(|| wrong("routing_key", expected))?;
                if !(1..=ROUTING_KEY_CHARS_MAX).contains(&key.len())
                    || !key.bytes().all(|byte| byte.is_ascii_alphanumeric())
                {
                    return Err(wrong("routing_key", expected));
                }
                let severity = severity.unwrap_or_else(|| "error".to_owned());
                if !SEVERITIES.contains(&severity.as_str()) {
                    return Err(wrong("severity", "expected critical, error, warning or info"));
                }
                let kind = TargetKind::Pagerduty { routing_key: key, severity };
                Ok(Wanted { kind, active: active.unwrap_or(true), drawn: None })
            }
        }
    }
}

/// Whether it may be reached is decided where it is reached: names lead elsewhere tomorrow.
fn address(url: &str) -> Result<(), NotifyFault> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && url.len() <= URL_CHARS_MAX;
    if host.is_empty() || host.contains('@') || !plain {
        return Err(wrong("url", "expected an https address of at most 2,000 characters, without a user"));
    }
    Ok(())
}

fn draw(chance: [Uuid; 3]) -> String {
    // 48 bytes, of which each identifier gives 74 random bits (RFC 9562, section 5.7).
    let bytes: Vec<u8> = chance.iter().flat_map(|id| *id.as_bytes()).collect();
    format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(bytes))
}

fn is_secret(secret: &str) -> bool {
    let bytes = secret.strip_prefix(SECRET_PREFIX).and_then(|text| BASE64_STANDARD.decode(text).ok());
    bytes.is_some_and(|bytes| SECRET_BYTES.contains(&bytes.len()))
}

fn wrong(field: &str, message: &str) -> NotifyFault {
    NotifyFault::Invalid { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn wanted(input: Value, present: Option<TargetKind>) -> Result<Wanted, String> {
        let input: TargetInput = serde_json::from_value(input).unwrap();
        let chance = [1, 2, 3].map(Uuid::from_u128);
        input.wanted(present, chance).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_secret_is_drawn_once_and_kept() {
        let input = json!({"kind": "webhook", "url": "https://crm.example/hook"});
        let first = wanted(input.clone(), None).unwrap();
        let drawn = first.drawn.unwrap();
        assert!(is_secret(&drawn));
        let second = wanted(input.clone(), Some(first.kind.clone())).unwrap();
        assert_eq!((second.drawn, &second.kind), (None, &first.kind));
        // Of another kind: nothing of it is kept.
        assert!(wanted(input, Some(TargetKind::Slack { url: "https://a".to_owned() })).unwrap().drawn.is_some());
    }

    #[test]
    fn what_cannot_be_a_target_is_named() {
        for (input, field) in [
            (json!({"kind": "webhook", "url": "ftp://a"}), "url"),
            (json!({"kind": "webhook", "url": "https://u:p@a/"}), "url"),
            (json!({"kind": "webhook", "url": "https://"}), "url"),
            (json!({"kind": "webhook", "url": "https://a b"}), "url"),
            (json!({"kind": "webhook", "url": "https://a", "secret": "whsec_AAAA"}), "secret"),
            (json!({"kind": "slack"}), "url"),
            (json!({"kind": "pagerduty"}), "routing_key"),
            (json!({"kind": "pagerduty", "routing_key": "a-b"}), "routing_key"),
            (json!({"kind": "pagerduty", "routing_key": "ab", "severity": "bad"}), "severity"),
        ] {
            assert!(wanted(input.clone(), None).err().unwrap().starts_with(field), "{input}");
        }
    }
}
