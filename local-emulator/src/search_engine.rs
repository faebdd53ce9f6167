//! How this machine's tools reach the index and what it must hold: for `cargo octavo reindex` and `lifecycle`, and for tests.
//!
//! Credentials are in it. A running emulator writes it into its data folder for the user that it runs as, and for nobody else;
//! it is never told over HTTP, where whoever reaches the port would read it.

use crate::engines::Addresses;
use anyhow::Context;
use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_elasticsearch::Options;
use octavo_adapters_elasticsearch::reindex::Aliasing;
use octavo_adapters_postgres::{PoolOptions, Postgres, Relay};
use octavo_adapters_system::SystemClock;
use octavo_domain_search::{EmbeddingModel, SearchGenerations, SearchTruth};
use octavo_index::Truth;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const NAME: &str = "search-engine.json";
/// Connections of one tool.
const CONNECTIONS_MAX: u32 = 2;
/// A page of a large tenant on a machine that does much else.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The index and what it must hold.
pub struct SearchEngine {
    /// Where the index is, and what a new one is like.
    pub options: Options,
    /// How its engine changes aliases.
    pub aliasing: Aliasing,
    /// What is true of documents.
    pub truth: Arc<dyn SearchTruth>,
    /// Told when what is found may be otherwise.
    pub generations: Arc<dyn SearchGenerations>,
}

/// The same as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reach {
    pub(crate) elasticsearch: Url,
    /// Whether the engine is the emulator's own.
    pub(crate) embedded: bool,
    index: String,
    refresh_ms: u64,
    believed_ms: u64,
    model: Option<(String, u16)>,
    database: String,
    database_relay: String,
    s3_endpoint: Url,
    s3_bucket: String,
    s3_access_key: String,
    s3_secret_key: String,
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Reach {
    pub(crate) fn of(options: &Options, embedded: bool, addresses: &Addresses) -> anyhow::Result<Self> {
        Ok(Self {
            elasticsearch: options.url.clone(),
            embedded,
            index: options.name.clone(),
            refresh_ms: milliseconds(options.refresh_interval),
            believed_ms: milliseconds(options.believed),
            model: options.vectors.as_ref().map(|model| (model.name.clone(), model.dimensions)),
            database: addresses.database.clone(),
            database_relay: addresses.database_relay.clone(),
            s3_endpoint: addresses.s3.endpoint.parse().context("S3")?,
            s3_bucket: addresses.s3.bucket.clone(),
            s3_access_key: addresses.s3.access_key.clone(),
            s3_secret_key: addresses.s3.secret_key.clone(),
        })
    }

    /// Writes it into the data folder, whole or not at all, readable for this user alone.
    pub(crate) fn write(&self, data: &Path) -> anyhow::Result<()> {
        let fresh = data.join("search-engine.json.new");
        // Permissions of a file that is there already would stay as they are.
        let _ = fs::remove_file(&fresh);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, data.join(NAME))?;
        Ok(())
    }

    /// That of the emulator that runs on the data folder.
    pub(crate) fn read(data: &Path) -> anyhow::Result<Self> {
        crate::run_file::RunFile::read(data)?;
        let bytes = fs::read(data.join(NAME)).context("the emulator did not say how its search engine is reached")?;
        serde_json::from_slice(&bytes).context("the emulator is of another release: start it anew")
    }

    /// Removes it.
    pub(crate) fn remove(data: &Path) {
        let _ = fs::remove_file(data.join(NAME));
    }

    /// Connects to nothing yet.
    pub(crate) fn open(&self) -> anyhow::Result<SearchEngine> {
        let mut options = Options::new(self.elasticsearch.clone());
        options.name.clone_from(&self.index);
        options.refresh_interval = Duration::from_millis(self.refresh_ms);
        options.believed = Duration::from_millis(self.believed_ms);
        options.vectors = self
            .model
            .as_ref()
            .map(|(name, dimensions)| EmbeddingModel { name: name.clone(), dimensions: *dimensions });
        let blobs = BlobOptions::new(Some(self.s3_endpoint.clone()), "us-east-1", &self.s3_bucket)
            .with_credentials(&self.s3_access_key, &self.s3_secret_key);
        let (truth, generations) = truth(&self.database, &self.database_relay, blobs)?;
        let aliasing = if self.embedded { Aliasing::Between } else { Aliasing::Amid };
        Ok(SearchEngine { options, aliasing, truth, generations })
    }
}

/// What is true of documents, by a login of the functions' group, one of the relay's, and object storage.
pub(crate) fn truth(
    database: &str,
    relay: &str,
    blobs: BlobOptions,
) -> anyhow::Result<(Arc<dyn SearchTruth>, Arc<dyn SearchGenerations>)> {
    let pool = PoolOptions {
        connections_max: CONNECTIONS_MAX,
        statement_timeout: STATEMENT_TIMEOUT,
        application_name: "octavo-reindex".to_owned(),
        ..PoolOptions::default()
    };
    let store = Arc::new(Postgres::connect_lazy(database, &pool).context("--database")?);
    let relay = Arc::new(Relay::connect_lazy(relay, &pool).context("--database-relay")?);
    let truth = Truth {
        documents: store.clone(),
        scan: store.clone(),
        tenants: relay.clone(),
        blobs: Arc::new(S3Blobs::new(blobs)),
        state: store,
        clock: Arc::new(SystemClock),
    };
    Ok((Arc::new(truth), relay))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ExternalS3;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_holds_credentials_is_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let addresses = Addresses {
            database: "postgres://app:secret@127.0.0.1:1/octavo".to_owned(),
            database_relay: "postgres://relay:secret@127.0.0.1:1/octavo".to_owned(),
            database_shown: "127.0.0.1:1/octavo".to_owned(),
            redis: "redis://127.0.0.1:1".to_owned(),
            elasticsearch: "http://elastic:secret@127.0.0.1:1".parse().unwrap(),
            s3: ExternalS3 {
                endpoint: "http://127.0.0.1:1".to_owned(),
                bucket: "b".to_owned(),
                access_key: "k".to_owned(),
                secret_key: "secret".to_owned(),
            },
        };
        let options = Options::new(addresses.elasticsearch.clone());
        let reach = Reach::of(&options, false, &addresses).unwrap();
        // Even where somebody left one that all may read.
        fs::write(folder.path().join("search-engine.json.new"), "").unwrap();
        reach.write(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(Reach::read(folder.path()).unwrap_err().to_string().contains("no emulator runs"));
        crate::run_file::RunFile { pid: std::process::id(), url: "http://127.0.0.1:1".to_owned() }
            .write(folder.path())
            .unwrap();
        assert_eq!(Reach::read(folder.path()).unwrap(), reach);
    }
}
