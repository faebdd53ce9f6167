//! Which index a command speaks of, and how it is reached.

use crate::search_engine::{Reach, truth};
use anyhow::{Context, bail};
use clap::Args;
use octavo_adapters_blobs::Options as BlobOptions;
use octavo_adapters_elasticsearch::Options;
use octavo_adapters_elasticsearch::reindex::Aliasing;
use octavo_adapters_postgres::{PoolOptions, Relay};
use octavo_domain_search::{EmbeddingModel, SearchGenerations, SearchTruth};
use octavo_wiring_settings::{Blobs, Environment};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The index, if it is not that of the running emulator.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The engine, if it is not that of the running emulator
    #[arg(long, value_name = "URL")]
    elasticsearch: Option<Url>,
    /// What begins the names of its indices and aliases
    #[arg(long, default_value = "docs", requires = "elasticsearch")]
    index: String,
    /// How often the new index is to show what was written, milliseconds
    #[arg(long, default_value_t = 5000, requires = "elasticsearch")]
    refresh_ms: u64,
    /// Primary shards of the new index
    #[arg(long, default_value_t = 3)]
    shards: u16,
    /// Copies of each shard of the new index
    #[arg(long, default_value_t = 1)]
    replicas: u16,
    /// PostgreSQL by a login of octavo_app, to compare with, and to have vectors of a new model made; with --database-relay, and
    /// with object storage in OCTAVO_BLOBS_* as functions have it
    #[arg(long, value_name = "URL", requires_all = ["elasticsearch", "database_relay"])]
    database: Option<String>,
    /// PostgreSQL by a login of octavo_relay, to be told of the swap; without it cached results of before are served for up to
    /// 15 minutes
    #[arg(long, value_name = "URL", requires = "elasticsearch")]
    database_relay: Option<String>,
    /// The model of the new index's vectors, if it holds vectors
    #[arg(long, value_name = "MODEL", requires = "vector_dimensions")]
    vector_model: Option<String>,
    /// Numbers of one of its vectors
    #[arg(long, value_name = "N", requires = "vector_model")]
    vector_dimensions: Option<u16>,
}

/// What is known of it.
pub(super) struct Reached {
    pub(super) options: Options,
    pub(super) aliasing: Aliasing,
    pub(super) truth: Option<Arc<dyn SearchTruth>>,
    pub(super) generations: Option<Arc<dyn SearchGenerations>>,
    /// Whether it is the running emulator's: changes are on their way for seconds at most.
    pub(super) is_local: bool,
}

impl Place {
    pub(super) fn reach(&self, data: &Path) -> anyhow::Result<Reached> {
        let mut reached = match &self.elasticsearch {
            Some(url) => self.elsewhere(url)?,
            None => {
                let engine = Reach::read(data)?.open()?;
                Reached {
                    options: engine.options,
                    aliasing: engine.aliasing,
                    truth: Some(engine.truth),
                    generations: Some(engine.generations),
                    is_local: true,
                }
            }
        };
        (reached.options.shards, reached.options.replicas) = (self.shards, self.replicas);
        if let (Some(model), Some(dimensions)) = (&self.vector_model, self.vector_dimensions) {
            reached.options.vectors = Some(EmbeddingModel { name: model.clone(), dimensions });
        }
        Ok(reached)
    }

    fn elsewhere(&self, url: &Url) -> anyhow::Result<Reached> {
        let mut options = Options::new(url.clone());
        options.name.clone_from(&self.index);
        options.refresh_interval = Duration::from_millis(self.refresh_ms);
        let mut reached =
            Reached { options, aliasing: Aliasing::Amid, truth: None, generations: None, is_local: false };
        match (&self.database, &self.database_relay) {
            (Some(database), Some(relay)) => {
                let (known, generations) = truth(database, relay, blobs()?)?;
                (reached.truth, reached.generations) = (Some(known), Some(generations));
            }
            (_, Some(relay)) => {
                let pool = PoolOptions { connections_max: 1, ..PoolOptions::default() };
                let relay = Relay::connect_lazy(relay, &pool).context("--database-relay")?;
                reached.generations = Some(Arc::new(relay));
            }
            (_, None) => {}
        }
        Ok(reached)
    }
}

fn blobs() -> anyhow::Result<BlobOptions> {
    let settings = Blobs::read(&Environment::process())
        .context("with --database the texts of documents are read from object storage")?;
    if settings.bucket.is_empty() {
        bail!("OCTAVO_BLOBS_BUCKET names no bucket");
    }
    let options = BlobOptions::new(settings.endpoint, settings.region, settings.bucket).within(settings.timeout);
    Ok(match &settings.credentials {
        Some((access_key, secret_key)) => options.with_credentials(access_key, secret_key.expose()),
        None => options,
    })
}
