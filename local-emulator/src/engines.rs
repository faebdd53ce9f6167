//! The engines: the emulator's own, or somebody else's where a URL was given.

use crate::options::{ExternalS3, Options};
use anyhow::Context;
use local_emulator_elasticsearch as elasticsearch;
use local_emulator_postgres as postgres;
use local_emulator_redis as redis;
use local_emulator_s3 as s3;
use octavo_adapters_postgres::{Group, ensure_login, migrate};
use rand::Rng;
use std::path::Path;
use url::Url;

/// The database in the supervised PostgreSQL.
const DATABASE: &str = "octavo";
const BUCKET: &str = "octavo";

/// The engines that this emulator started; each stops when it is dropped.
#[derive(Default)]
pub(crate) struct Engines {
    pub(crate) postgres: Option<postgres::Server>,
    pub(crate) redis: Option<redis::Server>,
    pub(crate) elasticsearch: Option<elasticsearch::Server>,
    pub(crate) s3: Option<s3::Server>,
}

/// Where the engines are, and as whom one speaks to them.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    /// For functions: sees one tenant at a time.
    pub(crate) database: String,
    /// For the relay: sees the outbox.
    pub(crate) database_relay: String,
    /// Where PostgreSQL is, without credentials, to show.
    pub(crate) database_shown: String,
    pub(crate) redis: String,
    pub(crate) elasticsearch: Url,
    pub(crate) s3: ExternalS3,
}

/// Starts what is not given, all at once, and makes the database ready.
pub(crate) async fn start(options: &Options, folder: &Path) -> anyhow::Result<(Engines, Addresses)> {
    let (database, redis, elasticsearch, s3) = tokio::try_join!(
        start_postgres(options, folder),
        start_redis(options, folder),
        start_elasticsearch(options, folder),
        start_s3(options, folder),
    )?;
    let (postgres, database) = database;
    let (redis, redis_url) = redis;
    let (elasticsearch, elasticsearch_url) = elasticsearch;
    let (s3, s3_address) = s3;
    let addresses = Addresses {
        database: database.function,
        database_relay: database.relay,
        database_shown: database.shown,
        redis: redis_url,
        elasticsearch: elasticsearch_url,
        s3: s3_address,
    };
    Ok((Engines { postgres, redis, elasticsearch, s3 }, addresses))
}

struct Database {
    function: String,
    relay: String,
    shown: String,
}

async fn start_postgres(options: &Options, folder: &Path) -> anyhow::Result<(Option<postgres::Server>, Database)> {
    let (server, admin) = match &options.postgres {
        Some(url) => (None, url.clone()),
        None => {
            let mut settings = postgres::Options::new(folder.join("postgres"));
            if options.data.is_none() {
                settings.durability = postgres::Durability::Off;
                settings.remove_data = true;
            }
            let server = postgres::Server::start(settings).await.context("PostgreSQL")?;
            server.create_database(DATABASE, None).await.context("PostgreSQL")?;
            let admin = server.url(DATABASE);
            (Some(server), admin)
        }
    };
    migrate(&admin).await.context("the database cannot be migrated")?;
    let address: Url = admin.parse().context("--postgres")?;
    let name = address.path().trim_start_matches('/').to_owned();
    // Logins belong to the server, not to the database: several emulators may share one.
    let (function, relay) = (format!("octavo_function_{name}"), format!("octavo_node_{name}"));
    let password = secret();
    ensure_login(&admin, &function, &password, Group::App).await.context("PostgreSQL: a login for the functions")?;
    ensure_login(&admin, &relay, &password, Group::Relay).await.context("PostgreSQL: a login for the relay")?;
    let with = |login: &str| {
        let mut url = address.clone();
        let set = url.set_username(login).and_then(|()| url.set_password(Some(&password)));
        set.map(|()| url.to_string()).map_err(|()| anyhow::anyhow!("--postgres must be a URL with a host"))
    };
    let shown = format!("{}:{}/{name}", address.host_str().unwrap_or_default(), address.port().unwrap_or(5432));
    Ok((server, Database { function: with(&function)?, relay: with(&relay)?, shown }))
}

async fn start_redis(options: &Options, folder: &Path) -> anyhow::Result<(Option<redis::Server>, String)> {
    if let Some(url) = &options.redis {
        return Ok((None, url.clone()));
    }
    let persist = options.data.is_some().then(|| folder.join("redis"));
    let server =
        redis::Server::start(redis::Options { persist, ..redis::Options::default() }).await.context("Redis")?;
    let url = server.url();
    Ok((Some(server), url))
}

async fn start_elasticsearch(options: &Options, folder: &Path) -> anyhow::Result<(Option<elasticsearch::Server>, Url)> {
    if let Some(url) = &options.elasticsearch {
        return Ok((None, url.parse().context("--elasticsearch")?));
    }
    let data = Some(folder.join("elasticsearch"));
    let settings = elasticsearch::Options { data, ..elasticsearch::Options::default() };
    let server = elasticsearch::Server::start(settings).await.context("Elasticsearch")?;
    let url = server.url().parse().context("Elasticsearch")?;
    Ok((Some(server), url))
}

async fn start_s3(options: &Options, folder: &Path) -> anyhow::Result<(Option<s3::Server>, ExternalS3)> {
    if let Some(external) = &options.s3 {
        return Ok((None, external.clone()));
    }
    let mut settings = s3::Options::new(folder.join("s3"));
    settings.bucket = BUCKET.to_owned();
    settings.access_key = "octavo".to_owned();
    settings.secret_key = secret();
    let (access_key, secret_key) = (settings.access_key.clone(), settings.secret_key.clone());
    let server = s3::Server::start(settings).await.context("S3")?;
    let address = ExternalS3 { endpoint: server.url(), bucket: BUCKET.to_owned(), access_key, secret_key };
    Ok((Some(server), address))
}

/// 32 hexadecimal digits that nobody can guess.
pub(crate) fn secret() -> String {
    let mut bytes = [0u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
