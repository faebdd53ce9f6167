//! Settings of the hubs and of editing together.

use octavo_wiring_settings::{Blobs, Environment, RealtimeKeys, SettingsError, Tokens};
use realtime_node_server::Origins;
use std::time::Duration;
use url::Url;

/// What the hubs need.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Whose tokens are accepted.
    pub tokens: Tokens,
    /// Where documents' bodies are.
    pub blobs: Blobs,
    /// What connection tokens are signed with.
    pub keys: RealtimeKeys,
    /// `OCTAVO_NODE_INTERNAL_URL`: where other nodes reach this one; by default the address that it listens on.
    pub internal_url: Option<Url>,
    /// `OCTAVO_NODE_PUBLIC_URL`: where clients reach this one node, past any load balancer. With it clients are sent to the
    /// node that they negotiated with; without it any node passes on what is another's.
    pub public_url: Option<Url>,
    /// `OCTAVO_NODE_ORIGINS`: the web pages that may connect, separated by commas, or `any`; by default those of the same host.
    pub origins: Origins,
    /// `OCTAVO_NODE_CONFORMANCE`, default off: the hub by which stock clients are tried out.
    pub conformance: bool,
    /// `OCTAVO_NODE_CONNECTIONS_MAX`, default 100,000.
    pub connections_max: usize,
    /// `OCTAVO_NODE_CONNECTIONS_PER_USER`, default 100.
    pub connections_per_user: usize,
    /// `OCTAVO_NODE_CONNECTIONS_PER_ADDRESS`, default 20,000: behind a load balancer all clients have few addresses.
    pub connections_per_address: usize,
    /// `OCTAVO_NODE_RECORDS_PER_SECOND`, default 500: what one connection may send for long.
    pub records_per_second: u32,
    /// `OCTAVO_NODE_PRESENCE_MS`, default 20,000: how often the rights of those who are at documents are looked at again, and
    /// the other nodes hear that they are still there; a node that died is forgotten after three of these and 5 s.
    pub presence_beat: Duration,
    /// `OCTAVO_NODE_DRAIN_SPREAD_MS`, default 3,000: over how long connections are closed when the node drains.
    pub drain_spread: Duration,
}

impl HubSettings {
    /// Reads the group.
    pub(super) fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let number = |variable: &str, default: usize| -> Result<usize, SettingsError> {
            let expected = "a whole number, at least 1";
            match environment.parsed::<usize>(variable, expected)? {
                Some(0) => Err(SettingsError::Unusable { variable: variable.to_owned(), expected }),
                given => Ok(given.unwrap_or(default)),
            }
        };
        let url = "an http:// or https:// URL";
        let spread = environment.parsed("OCTAVO_NODE_DRAIN_SPREAD_MS", "milliseconds")?.unwrap_or(3_000);
        Ok(Self {
            tokens: Tokens::read(environment)?,
            blobs: Blobs::read(environment)?,
            keys: RealtimeKeys::read(environment)?,
            internal_url: environment.parsed("OCTAVO_NODE_INTERNAL_URL", url)?,
            public_url: environment.parsed("OCTAVO_NODE_PUBLIC_URL", url)?,
            origins: match environment.optional("OCTAVO_NODE_ORIGINS").as_deref() {
                None => Origins::None,
                Some("any") => Origins::Any,
                Some(listed) => Origins::Listed(listed.split(',').map(|origin| origin.trim().to_owned()).collect()),
            },
            conformance: match environment.optional("OCTAVO_NODE_CONFORMANCE").as_deref() {
                None | Some("off") => false,
                Some("on") => true,
                Some(_) => {
                    let variable = "OCTAVO_NODE_CONFORMANCE".to_owned();
                    return Err(SettingsError::Unusable { variable, expected: "on or off" });
                }
            },
            connections_max: number("OCTAVO_NODE_CONNECTIONS_MAX", 100_000)?,
            connections_per_user: number("OCTAVO_NODE_CONNECTIONS_PER_USER", 100)?,
            connections_per_address: number("OCTAVO_NODE_CONNECTIONS_PER_ADDRESS", 20_000)?,
            records_per_second: u32::try_from(number("OCTAVO_NODE_RECORDS_PER_SECOND", 500)?).unwrap_or(u32::MAX),
            presence_beat: Duration::from_millis(number("OCTAVO_NODE_PRESENCE_MS", 20_000)? as u64),
            drain_spread: Duration::from_millis(spread),
        })
    }
}
