//! The node's own settings.

use super::{HubSettings, sources};
use octavo_wiring_settings::{Database, Environment, Log, Queues, Redis, Secret, SettingsError};
use octavo_wiring_triggers::{Mapping, Schedule};
use std::net::SocketAddr;
use std::time::Duration;

/// The node's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What is logged.
    pub log: Log,
    /// `OCTAVO_NODE_LISTEN`, default `127.0.0.1:8080`: hubs, rooms, data plane, health, metrics.
    pub listen: SocketAddr,
    /// `OCTAVO_NODE_NAME`: one name a machine, the same after a restart, so that it finds what it held.
    pub name: String,
    /// PostgreSQL, by a login of `octavo_app`: documents, rooms, inboxes.
    pub database: Database,
    /// `OCTAVO_DATABASE_RELAY_URL`, default `OCTAVO_DATABASE_URL`: by a login of `octavo_relay`, for what crosses tenants: the
    /// outbox, rooms that nobody came to save.
    pub relay_url: Secret,
    /// Redis: the backplane, and the queues where these are no SQS.
    pub redis: Redis,
    /// Where the relay publishes.
    pub queues: Queues,
    /// `OCTAVO_NODE_QUEUES`, by default the platform's own: the queues to poll, separated by commas, each
    /// `NAME[:batch=N][:window_ms=N][:concurrency=N][:timeout_ms=N]`; `none` polls nothing.
    pub poll: Vec<Mapping>,
    /// `OCTAVO_NODE_SCHEDULES`, by default the platform's own: `FUNCTION:NAME=EXPRESSION`, separated by semicolons;
    /// `none` fires nothing.
    pub schedules: Vec<Schedule>,
    /// `OCTAVO_NODE_FUNCTION_TIMEOUT_MS`, default 20,000: the deadline of the polled queues' functions, as deployed, where
    /// `OCTAVO_NODE_QUEUES` does not say another.
    pub function_timeout: Duration,
    /// `OCTAVO_LAMBDA_PREFIX`, default none: begins the deployed functions' names.
    pub function_prefix: String,
    /// `OCTAVO_LAMBDA_ENDPOINT`: a Lambda that is not Amazon's own.
    pub lambda_endpoint: Option<String>,
    /// `OCTAVO_LAMBDA_SIGNING`, `on` (default) or `off`: off where that Lambda knows no credentials, such as an emulator.
    pub lambda_signing: bool,
    /// `OCTAVO_NODE_DRAIN_MS`, default 30,000: how long batches under way may take when the node stops.
    pub drain: Duration,
    /// `OCTAVO_NODE_RELAY`, `on` (default) or `off`: whether this node publishes what is left in the outbox.
    pub relay: bool,
    /// `OCTAVO_NODE_BELL`, `on` (default) or `off`: whether this node rings for work that is due (timers of workflows and approvals,
    /// messages that wait).
    pub bell: bool,
    /// The hubs; none where `OCTAVO_NODE_HUBS` is `off`: then the node holds no connections.
    pub hubs: Option<HubSettings>,
}

impl Settings {
    /// Reads them all.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let queues = Queues::read(environment)?;
        let milliseconds = |variable: &str, default: u64| -> Result<Duration, SettingsError> {
            Ok(Duration::from_millis(environment.parsed(variable, "milliseconds")?.unwrap_or(default)))
        };
        let switch = |variable: &str| match environment.optional(variable).as_deref() {
            None | Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(_) => Err(SettingsError::Unusable { variable: variable.to_owned(), expected: "on or off" }),
        };
        let function_timeout = milliseconds("OCTAVO_NODE_FUNCTION_TIMEOUT_MS", 20_000)?;
        Ok(Self {
            log: Log::read(environment)?,
            listen: environment
                .parsed("OCTAVO_NODE_LISTEN", "an address and a port")?
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            name: environment.required("OCTAVO_NODE_NAME", "a name of this machine's own, the same after a restart")?,
            database: Database::read(environment)?,
            relay_url: match environment.optional("OCTAVO_DATABASE_RELAY_URL") {
                Some(url) => url.into(),
                None => Database::read(environment)?.url,
            },
            redis: Redis::read(environment)?,
            poll: sources::queues(environment, &queues, function_timeout)?,
            schedules: sources::schedules(environment, &queues)?,
            queues,
            function_timeout,
            function_prefix: environment.optional("OCTAVO_LAMBDA_PREFIX").unwrap_or_default(),
            lambda_endpoint: environment.optional("OCTAVO_LAMBDA_ENDPOINT"),
            lambda_signing: switch("OCTAVO_LAMBDA_SIGNING")?,
            drain: milliseconds("OCTAVO_NODE_DRAIN_MS", 30_000)?,
            relay: switch("OCTAVO_NODE_RELAY")?,
            bell: switch("OCTAVO_NODE_BELL")?,
            hubs: if switch("OCTAVO_NODE_HUBS")? { Some(HubSettings::read(environment)?) } else { None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let base = [
            ("OCTAVO_NODE_NAME", "node-1"),
            ("OCTAVO_DATABASE_URL", "postgres://a:b@h/d"),
            ("OCTAVO_REDIS_URL", "redis://h"),
            ("OCTAVO_NODE_HUBS", "off"),
        ];
        Settings::read(&Environment::of(
            base.iter().chain(extra).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        ))
    }

    #[test]
    fn sqs_is_not_polled_here() {
        let sqs = [("OCTAVO_QUEUES", "sqs"), ("OCTAVO_SQS_URL_PREFIX", "https://sqs.test/1/octavo-")];
        assert!(read(&sqs).unwrap().poll.is_empty());
        let error = read(&[sqs[0], sqs[1], ("OCTAVO_NODE_QUEUES", "index")]).unwrap_err().to_string();
        assert!(error.contains("OCTAVO_NODE_QUEUES"), "{error}");
    }
}
