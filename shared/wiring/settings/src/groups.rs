//! The settings, by what they are about. `infra/settings.md` lists them for operators.

use crate::{Environment, Secret, SettingsError};
use std::time::Duration;
use url::Url;

/// The longest that a time limit may be: ten minutes, which is longer than anybody waits.
const LIMIT_MS_MAX: u64 = 600_000;

/// PostgreSQL.
#[derive(Debug, Clone)]
pub struct Database {
    /// `OCTAVO_DATABASE_URL`: `postgres://login:password@host:port/database`. The login is a member of `octavo_app`.
    pub url: Secret,
    /// `OCTAVO_DATABASE_CONNECTIONS_MAX`, default 2: a function handles one request at a time.
    pub connections_max: u32,
    /// `OCTAVO_DATABASE_STATEMENT_CACHE`, `on` (default) or `off`: off behind a PgBouncer older than 1.21.
    pub statement_cache: bool,
    /// `OCTAVO_DATABASE_ACQUIRE_TIMEOUT_MS`, default 5,000: how long a call waits for a connection. A server that hangs is given
    /// up a second later.
    pub acquire_timeout: Duration,
    /// `OCTAVO_DATABASE_STATEMENT_TIMEOUT_MS`, default 5,000: how long a statement may run. A server that says nothing for a
    /// second longer is given up, and the connection with it.
    pub statement_timeout: Duration,
    /// `OCTAVO_DATABASE_IDLE_MS`, default 60,000: a connection that nobody used for so long is closed, within twice that time.
    pub idle_timeout: Duration,
}

impl Database {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            url: environment.required("OCTAVO_DATABASE_URL", "a postgres:// URL")?.into(),
            connections_max: environment.parsed("OCTAVO_DATABASE_CONNECTIONS_MAX", "a number")?.unwrap_or(2),
            statement_cache: switch(environment, "OCTAVO_DATABASE_STATEMENT_CACHE")?.unwrap_or(true),
            acquire_timeout: milliseconds(environment, "OCTAVO_DATABASE_ACQUIRE_TIMEOUT_MS", 5_000)?,
            statement_timeout: milliseconds(environment, "OCTAVO_DATABASE_STATEMENT_TIMEOUT_MS", 5_000)?,
            idle_timeout: milliseconds(environment, "OCTAVO_DATABASE_IDLE_MS", 60_000)?,
        })
    }
}

/// Redis or Valkey.
#[derive(Debug, Clone)]
pub struct Redis {
    /// `OCTAVO_REDIS_URL`: `redis://` or `rediss://`.
    pub url: Secret,
}

impl Redis {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self { url: environment.required("OCTAVO_REDIS_URL", "a redis:// or rediss:// URL")?.into() })
    }
}

/// Elasticsearch or OpenSearch.
#[derive(Debug, Clone)]
pub struct Search {
    /// `OCTAVO_ELASTICSEARCH_URL`, credentials in it if there are any.
    pub url: Url,
    /// `OCTAVO_ELASTICSEARCH_INDEX`, default `docs`: begins the name of every index and alias.
    pub index: String,
    /// `OCTAVO_ELASTICSEARCH_REFRESH_MS`, default 5,000: how often a new index shows what was written, milliseconds.
    pub refresh_ms: u64,
    /// `OCTAVO_ELASTICSEARCH_BELIEVED_MS`, 1 to 30,000, default 30,000: how long a process believes which indices its aliases name.
    /// A reindex waits for longer than the longest, see `infra/reindex.md`.
    pub believed: Duration,
}

/// What a reindex counts with unless it is told otherwise.
const BELIEVED_MS_MAX: u64 = 30_000;

impl Search {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let (name, expected) = ("OCTAVO_ELASTICSEARCH_BELIEVED_MS", "milliseconds, 1 to 30000");
        let believed_ms = environment.parsed(name, expected)?.unwrap_or(BELIEVED_MS_MAX);
        if !(1..=BELIEVED_MS_MAX).contains(&believed_ms) {
            return Err(SettingsError::Unusable { variable: name.to_owned(), expected });
        }
        Ok(Self {
            believed: Duration::from_millis(believed_ms),
            url: environment.required_parsed("OCTAVO_ELASTICSEARCH_URL", "an http:// or https:// URL")?,
            index: environment.optional("OCTAVO_ELASTICSEARCH_INDEX").unwrap_or_else(|| "docs".to_owned()),
            refresh_ms: environment.parsed("OCTAVO_ELASTICSEARCH_REFRESH_MS", "milliseconds")?.unwrap_or(5_000),
        })
    }
}

/// Object storage.
#[derive(Debug, Clone)]
pub struct Blobs {
    /// `OCTAVO_BLOBS_ENDPOINT`: where it is, if it is not Amazon's own S3.
    pub endpoint: Option<Url>,
    /// `OCTAVO_BLOBS_REGION`, default `us-east-1`.
    pub region: String,
    /// `OCTAVO_BLOBS_BUCKET`.
    pub bucket: String,
    /// `OCTAVO_BLOBS_ACCESS_KEY` and `OCTAVO_BLOBS_SECRET_KEY`; without them what the machine's role gives.
    pub credentials: Option<(String, Secret)>,
    /// `OCTAVO_BLOBS_TIMEOUT_MS`, default 6,000: the longest that a call takes, its retries included, where somebody waits for it.
    pub timeout: Duration,
}

impl Blobs {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let credentials = match environment.optional("OCTAVO_BLOBS_ACCESS_KEY") {
            Some(access_key) => {
                let secret =
                    environment.required("OCTAVO_BLOBS_SECRET_KEY", "the secret of OCTAVO_BLOBS_ACCESS_KEY")?;
                Some((access_key, secret.into()))
            }
            None => None,
        };
        Ok(Self {
            endpoint: environment.parsed("OCTAVO_BLOBS_ENDPOINT", "an http:// or https:// URL")?,
            region: environment.optional("OCTAVO_BLOBS_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
            bucket: environment.required("OCTAVO_BLOBS_BUCKET", "a bucket's name")?,
            credentials,
            timeout: milliseconds(environment, "OCTAVO_BLOBS_TIMEOUT_MS", 6_000)?,
        })
    }
}

/// Where messages go.
#[derive(Debug, Clone)]
pub enum Queues {
    /// `OCTAVO_QUEUES=redis` (default): Redis Streams at `OCTAVO_REDIS_URL`.
    Redis(Redis),
    /// `OCTAVO_QUEUES=sqs`: SQS queues under `OCTAVO_SQS_URL_PREFIX`, such as
    /// `https://sqs.eu-central-1.amazonaws.com/123456789012/octavo-`.
    Sqs {
        /// A queue's URL without its name.
        url_prefix: String,
    },
}

impl Queues {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        match environment.optional("OCTAVO_QUEUES").as_deref() {
            None | Some("redis") => Ok(Self::Redis(Redis::read(environment)?)),
            Some("sqs") => Ok(Self::Sqs {
                url_prefix: environment
                    .required("OCTAVO_SQS_URL_PREFIX", "the URL of the queues without their names")?,
            }),
            Some(_) => Err(SettingsError::Unusable { variable: "OCTAVO_QUEUES".to_owned(), expected: "redis or sqs" }),
        }
    }
}

/// Whose tokens are accepted.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `OCTAVO_TOKENS_ISSUER`: the `iss` of every token.
    pub issuer: String,
    /// `OCTAVO_TOKENS_AUDIENCE`, default `octavo`: must be in every token's `aud`.
    pub audience: String,
    /// `OCTAVO_TOKENS_JWKS_URL`: the issuer's keys (RFC 7517).
    pub jwks_url: Url,
    /// `OCTAVO_TOKENS_TENANT_CLAIM`, default `tenant`: the claim that names the tenant.
    pub tenant_claim: String,
}

impl Tokens {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            issuer: environment.required("OCTAVO_TOKENS_ISSUER", "the issuer's URL, as in the tokens")?,
            audience: environment.optional("OCTAVO_TOKENS_AUDIENCE").unwrap_or_else(|| "octavo".to_owned()),
            jwks_url: environment.required_parsed("OCTAVO_TOKENS_JWKS_URL", "an http:// or https:// URL")?,
            tenant_claim: environment.optional("OCTAVO_TOKENS_TENANT_CLAIM").unwrap_or_else(|| "tenant".to_owned()),
        })
    }
}

/// What search cursors are signed with.
#[derive(Debug, Clone)]
pub struct CursorKey(
    /// `OCTAVO_CURSOR_KEY`: at least 32 characters, the same for every instance of a deployment.
    pub Secret,
);

impl CursorKey {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let expected = "at least 32 characters";
        let key = environment.required("OCTAVO_CURSOR_KEY", expected)?;
        if key.len() < 32 {
            return Err(SettingsError::Unusable { variable: "OCTAVO_CURSOR_KEY".to_owned(), expected });
        }
        Ok(Self(key.into()))
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// `OCTAVO_LOG`, default `info`: a filter of `tracing-subscriber`.
    pub filter: String,
    /// `OCTAVO_LOG_FORMAT`: `json` (default) or `text`.
    pub format: LogFormat,
}

impl Log {
    /// Reads the group.
    pub fn read(environment: &Environment) -> Result<Self, SettingsError> {
        let format = match environment.optional("OCTAVO_LOG_FORMAT").as_deref() {
            None | Some("json") => LogFormat::Json,
            Some("text") => LogFormat::Text,
            Some(_) => {
                return Err(SettingsError::Unusable {
                    variable: "OCTAVO_LOG_FORMAT".to_owned(),
                    expected: "json or text",
                });
            }
        };
        Ok(Self { filter: environment.optional("OCTAVO_LOG").unwrap_or_else(|| "info".to_owned()), format })
    }
}

/// A time limit in milliseconds: not none, and not for ever.
fn milliseconds(environment: &Environment, variable: &str, default: u64) -> Result<Duration, SettingsError> {
    let expected = "milliseconds, 1 to 600000";
    let limit = environment.parsed(variable, expected)?.unwrap_or(default);
    if !(1..=LIMIT_MS_MAX).contains(&limit) {
        return Err(SettingsError::Unusable { variable: variable.to_owned(), expected });
    }
    Ok(Duration::from_millis(limit))
}

pub(crate) fn switch(environment: &Environment, variable: &str) -> Result<Option<bool>, SettingsError> {
    match environment.optional(variable).as_deref() {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(_) => Err(SettingsError::Unusable { variable: variable.to_owned(), expected: "on or off" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_error_names_the_variable_and_never_the_value() {
        let missing = Database::read(&environment(&[])).unwrap_err().to_string();
        assert_eq!(missing, "OCTAVO_DATABASE_URL is not set: expected a postgres:// URL");
        let short = CursorKey::read(&environment(&[("OCTAVO_CURSOR_KEY", "hunter2")])).unwrap_err().to_string();
        assert!(short.contains("OCTAVO_CURSOR_KEY") && !short.contains("hunter2"), "{short}");
        assert!(Queues::read(&environment(&[("OCTAVO_QUEUES", "kafka")])).is_err());
    }

    #[test]
    fn nobody_believes_for_longer_than_a_reindex_counts_with() {
        let read = |believed| {
            let url = ("OCTAVO_ELASTICSEARCH_URL", "http://engine:9200");
            Search::read(&environment(&[url, ("OCTAVO_ELASTICSEARCH_BELIEVED_MS", believed)]))
        };
        assert_eq!(read("250").unwrap().believed, Duration::from_millis(250));
        for unusable in ["0", "30001", "soon"] {
            let error = read(unusable).unwrap_err().to_string();
            assert!(error.contains("OCTAVO_ELASTICSEARCH_BELIEVED_MS"), "{error}");
        }
    }

    #[test]
    fn a_time_limit_is_neither_nothing_nor_for_ever() {
        let read = |value| milliseconds(&environment(&[("LIMIT_MS", value)]), "LIMIT_MS", 5_000);
        assert_eq!(milliseconds(&environment(&[]), "LIMIT_MS", 5_000).unwrap(), Duration::from_secs(5));
        assert_eq!(read("250").unwrap(), Duration::from_millis(250));
        for unusable in ["0", "600001", "soon", "-1"] {
            let error = read(unusable).unwrap_err().to_string();
            assert!(error.contains("LIMIT_MS") && error.contains("1 to 600000"), "{error}");
        }
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let database = Database::read(&environment(&[("OCTAVO_DATABASE_URL", "postgres://a:hunter2@h/d")])).unwrap();
        assert!(!format!("{database:?}").contains("hunter2"));
        assert_eq!(database.connections_max, 2);
    }
}
