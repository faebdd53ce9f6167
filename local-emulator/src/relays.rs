//! The relays in front of the engines: what functions, the node, the event sources and the health checks go through, so that
//! an engine can be switched away for all of them at once.

use crate::engines::Addresses;
use anyhow::Context;
use local_emulator_relay::{Mode, Relay};
use std::net::SocketAddr;
use std::time::Duration;
use url::Url;

/// The engines, as faults and the console name them, and as people do.
pub(crate) const ENGINES: [(&str, &str); 4] =
    [("postgres", "PostgreSQL"), ("redis", "Redis"), ("elasticsearch", "Elasticsearch"), ("s3", "S3")];
/// Schemes of protocols that a relay can stand in front of: those without certificates, which name a host.
const SCHEMES: [&str; 4] = ["postgres", "postgresql", "redis", "http"];

/// A relay an engine; none in front of one that is reached by TLS, or where relays are not wanted.
#[derive(Default)]
pub(crate) struct Relays(Vec<(&'static str, Relay)>);

impl Relays {
    /// Starts a relay in front of each engine and puts the relays' addresses in the place of the engines'.
    pub(crate) async fn before(addresses: &mut Addresses) -> anyhow::Result<Self> {
        let mut relays = Self::default();
        let Addresses { database, database_relay, redis, elasticsearch, s3, .. } = addresses;
        let mut searched = elasticsearch.to_string();
        let told: [(&str, Vec<&mut String>); 4] = [
            ("postgres", vec![database, database_relay]),
            ("redis", vec![redis]),
            ("elasticsearch", vec![&mut searched]),
            ("s3", vec![&mut s3.endpoint]),
        ];
        for (name, urls) in told {
            let Some(upstream) = urls.first().and_then(|url| upstream(url)) else { continue };
            let upstream = resolve(&upstream).await.with_context(|| format!("{name}: {upstream}"))?;
            let relay = Relay::start(upstream).await.with_context(|| format!("the relay in front of {name}"))?;
            for url in urls {
                *url = through(url, relay.address()).with_context(|| format!("{name}: the address is no URL"))?;
            }
            relays.0.push((name, relay));
        }
        *elasticsearch = searched.parse().context("elasticsearch: the address is no URL")?;
        Ok(relays)
    }

    /// What the relay in front of an engine does. None if there is no such relay.
    pub(crate) fn mode(&self, engine: &str) -> Option<Mode> {
        self.find(engine).map(Relay::mode)
    }

    /// Switches it. False if there is no such relay.
    pub(crate) async fn switch(&self, engine: &str, mode: Mode) -> bool {
        match self.find(engine) {
            Some(relay) => {
                relay.switch(mode).await;
                true
            }
            None => false,
        }
    }

    /// The engines that can be switched, with what is done to each.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, Mode)> {
        self.0.iter().map(|(name, relay)| (*name, relay.mode()))
    }

    fn find(&self, engine: &str) -> Option<&Relay> {
        self.0.iter().find(|(name, _)| *name == engine).map(|(_, relay)| relay)
    }
}

/// A fault of an engine by its name, with its time where it has one.
pub(crate) fn named(kind: &str, ms: Option<u64>) -> Option<Mode> {
    match (kind, ms) {
        ("on", None) => Some(Mode::Pass),
        ("away", None) => Some(Mode::Refuse),
        ("hang", None) => Some(Mode::BlackHole),
        ("slow", Some(ms)) => Some(Mode::Delay(Duration::from_millis(ms))),
        _ => None,
    }
}

/// The name of what is done, and its time.
pub(crate) fn name(mode: Mode) -> (&'static str, Option<u64>) {
    match mode {
        Mode::Pass => ("on", None),
        Mode::Refuse => ("away", None),
        Mode::BlackHole => ("hang", None),
        Mode::Delay(by) => ("slow", Some(u64::try_from(by.as_millis()).unwrap_or(u64::MAX))),
    }
}

/// The host and port of a URL that a relay may stand in front of.
fn upstream(url: &str) -> Option<String> {
    let url: Url = url.parse().ok()?;
    let verifies = url.query_pairs().any(|(name, value)| name == "sslmode" && value.starts_with("verify"));
    if !SCHEMES.contains(&url.scheme()) || verifies {
        return None;
    }
    let usual = match url.scheme() {
        "redis" => 6379,
        "http" => 80,
        _ => 5432,
    };
    Some(format!("{}:{}", url.host_str()?, url.port().unwrap_or(usual)))
}

async fn resolve(upstream: &str) -> anyhow::Result<SocketAddr> {
    let mut found = tokio::net::lookup_host(upstream).await?;
    found.next().context("it has no address")
}

/// The same URL with the relay's host and port.
fn through(url: &str, relay: SocketAddr) -> Option<String> {
    let (parsed, slash) = (url.parse::<Url>().ok()?, url.ends_with('/'));
    let mut parsed = parsed;
    parsed.set_host(Some(&relay.ip().to_string())).ok()?;
    parsed.set_port(Some(relay.port())).ok()?;
    let text = parsed.to_string();
    // A URL without a path gets one by being read: an endpoint stays as it was written.
    Some(if slash { text } else { text.trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_stands_where_no_certificate_names_the_host() {
        let of = |url: &str| upstream(url);
        assert_eq!(of("postgres://a:b@127.0.0.1:5433/octavo").as_deref(), Some("127.0.0.1:5433"));
        assert_eq!(of("postgresql://db/octavo?sslmode=prefer").as_deref(), Some("db:5432"));
        assert_eq!(of("redis://localhost").as_deref(), Some("localhost:6379"));
        assert_eq!(of("http://127.0.0.1:9200/").as_deref(), Some("127.0.0.1:9200"));
        for tls in ["rediss://cache:6380", "https://search", "postgres://db/octavo?sslmode=verify-full", "nothing"] {
            assert_eq!(of(tls), None, "{tls}");
        }
    }

    #[test]
    fn an_address_keeps_all_but_its_host_and_port() {
        let relay: SocketAddr = "127.0.0.1:7".parse().unwrap();
        let of = |url: &str| through(url, relay).unwrap();
        assert_eq!(of("postgres://a:p%2Fw@db:5432/octavo?x=1"), "postgres://a:p%2Fw@127.0.0.1:7/octavo?x=1");
        assert_eq!(of("redis://127.0.0.1:6379"), "redis://127.0.0.1:7");
        assert_eq!(of("http://127.0.0.1:9000"), "http://127.0.0.1:7");
        assert_eq!(of("http://127.0.0.1:9200/"), "http://127.0.0.1:7/");
    }

    #[test]
    fn every_mode_is_read_by_the_name_that_it_is_written_with() {
        for mode in [Mode::Pass, Mode::Refuse, Mode::BlackHole, Mode::Delay(Duration::from_millis(250))] {
            let (kind, ms) = name(mode);
            assert_eq!(named(kind, ms), Some(mode));
        }
        assert_eq!((named("slow", None), named("away", Some(1)), named("broken", None)), (None, None, None));
    }
}
