//! The PostgreSQL server that everything is measured on: ours and the peers' databases, durable.

use anyhow::Context;
use local_emulator_postgres::{Options, Server as Supervised};
use octavo_adapters_postgres::{PoolOptions, Postgres, TEST_APP_LOGIN, TEST_PASSWORD, prepare_for_tests};

/// Ours and the peers' together.
const CONNECTIONS_MAX: u16 = 200;

/// A server with its data on disk; fsync and synchronous_commit are on, the rest is as the emulator has it.
pub(crate) struct Server {
    server: Supervised,
    _data: tempfile::TempDir,
}

impl Server {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let mut options = Options::new(data.path().join("postgres"));
        (options.connections_max, options.remove_data) = (CONNECTIONS_MAX, true);
        Ok(Self { server: Supervised::start(options).await.context("PostgreSQL")?, _data: data })
    }

    /// A new database that is empty; its URL as the superuser's.
    pub(crate) async fn empty(&self, name: &str) -> anyhow::Result<String> {
        anyhow::ensure!(self.server.create_database(name, None).await?, "there is a database {name} already");
        Ok(self.server.url(name))
    }

    /// A new database with our schema.
    pub(crate) async fn ours(&self, name: &str) -> anyhow::Result<Database> {
        let url = self.empty(name).await?;
        prepare_for_tests(&url).await?;
        Ok(Database { admin: url, app: self.server.url_as(name, TEST_APP_LOGIN, TEST_PASSWORD) })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await.context("PostgreSQL")
    }
}

/// The URLs of a database of ours.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// The superuser's, which sees every tenant.
    pub(crate) admin: String,
    /// The functions'.
    pub(crate) app: String,
}

impl Database {
    /// A store with so many connections.
    pub(crate) fn store(&self, connections_max: u32) -> anyhow::Result<Postgres> {
        let options = PoolOptions { connections_max, ..PoolOptions::default() };
        Ok(Postgres::connect_lazy(&self.app, &options)?)
    }
}
