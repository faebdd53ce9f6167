//! For tests: one throwaway server a test process, a database a test.

use crate::cluster::open_to_others;
use crate::server::create_database;
use crate::{Durability, Error, Options, Server};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, OnceCell};

/// A server of an earlier process that is still going away, or a slow machine.
const CONNECTIONS_MAX: u16 = 200;
/// Bytes of chance in a database's name.
const NAME_BYTES: usize = 8;

/// A server that all tests of a process share.
#[derive(Debug)]
pub struct Shared {
    admin_url: String,
    // Held for its lock, its thread and its guard; none if the server is somebody else's.
    _server: Option<Server>,
    templates: Mutex<HashMap<String, Arc<OnceCell<String>>>>,
}

/// A database of one test's own.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// Its name.
    pub name: String,
    /// The superuser's URL for it.
    pub url: String,
    admin_url: String,
}

/// The throwaway server of this process, started when the first test asks for it. It ends with the process, however
/// that ends, and its folder goes with it.
pub async fn server() -> &'static Shared {
    static SERVER: OnceCell<Shared> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            let server = start().await.unwrap_or_else(|error| panic!("no PostgreSQL for the tests: {error}"));
            Shared { admin_url: server.admin_url(), _server: Some(server), templates: Mutex::default() }
        })
        .await
}

/// A running server of somebody else's, by a superuser's URL: the real one that a suite also runs against. One a process.
pub fn external(admin_url: &str) -> &'static Shared {
    static EXTERNAL: OnceLock<Shared> = OnceLock::new();
    EXTERNAL.get_or_init(|| Shared { admin_url: admin_url.to_owned(), _server: None, templates: Mutex::default() })
}

/// A fresh database on [`server`]: a copy of one that `setup` prepared once in this process. `template` names what
/// `setup` does; `setup` gets the superuser's URL and must close its connections before it returns.
pub async fn database<F, Fut, E>(template: &str, setup: F) -> TestDatabase
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Display,
{
    server().await.database(template, setup).await
}

/// An empty database on [`server`].
pub async fn empty_database() -> TestDatabase {
    server().await.empty_database().await
}

impl Shared {
    /// The superuser's URL for the database `postgres`.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// As [`database()`], on this server.
    pub async fn database<F, Fut, E>(&self, template: &str, setup: F) -> TestDatabase
    where
        F: FnOnce(String) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: Display,
    {
        let cell = self.templates.lock().await.entry(template.to_owned()).or_default().clone();
        let source = cell
            .get_or_init(|| async {
                let database = self.empty_database().await;
                if let Err(error) = setup(database.url.clone()).await {
                    panic!("the template database {template} could not be set up: {error}");
                }
                database.name
            })
            .await;
        self.make(Some(source)).await
    }

    /// As [`empty_database()`], on this server.
    pub async fn empty_database(&self) -> TestDatabase {
        self.make(None).await
    }

    async fn make(&self, template: Option<&str>) -> TestDatabase {
        let name = format!("octavo_test_{}", hex::encode(rand::random::<[u8; NAME_BYTES]>()));
        if let Err(error) = create_database(&self.admin_url, &name, template).await {
            panic!("a test database could not be made: {error}");
        }
        let url = with_database(&self.admin_url, &name);
        TestDatabase { name, url, admin_url: self.admin_url.clone() }
    }
}

impl TestDatabase {
    /// The URL for it under another login.
    pub fn url_as(&self, login: &str, password: &str) -> String {
        let (scheme, rest) = self.url.split_once("://").expect("a URL has a scheme");
        let host = rest.split_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://{login}:{password}@{host}")
    }

    /// Removes it, whoever is connected. Only worth it on a server that is not thrown away.
    pub async fn remove(self) -> Result<(), Error> {
        let mut connection = PgConnection::connect(&self.admin_url).await?;
        connection.execute(AssertSqlSafe(format!("drop database {} with (force)", self.name))).await?;
        connection.close().await?;
        Ok(())
    }
}

async fn start() -> Result<Server, Error> {
    // The guard removes it: nothing of ours runs when a test process ends.
    let folder = tempfile::Builder::new()
        .prefix("octavo-postgres-")
        .tempdir()
        .map_err(|source| Error::Io { what: "make a temporary folder".to_owned(), source })?
        .keep();
    open_to_others(&folder)?;
    let mut options = Options::new(folder);
    options.durability = Durability::Off;
    options.connections_max = CONNECTIONS_MAX;
    options.remove_data = true;
    Server::start(options).await
}

/// The URL with another database.
fn with_database(url: &str, database: &str) -> String {
    let (before_query, query) = url.split_once('?').map_or((url, None), |(before, query)| (before, Some(query)));
    let authority_end = before_query.find("://").map_or(0, |at| at + 3);
    let path = before_query[authority_end..].find('/').map_or(before_query.len(), |at| authority_end + at);
    let url = format!("{}/{database}", &before_query[..path]);
    query.map_or(url.clone(), |query| format!("{url}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_changes() {
        for (url, changed) in [
            ("postgres://u:p@h:1/postgres", "postgres://u:p@h:1/x"),
            ("postgres://u:p@h:1", "postgres://u:p@h:1/x"),
            ("postgres://h/a?sslmode=disable", "postgres://h/x?sslmode=disable"),
        ] {
            assert_eq!(with_database(url, "x"), changed);
        }
    }
}
