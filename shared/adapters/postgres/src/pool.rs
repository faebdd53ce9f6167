//! Connections, and the transaction that every call is.

use crate::error::{is_stale_connection, port_error};
use crate::transaction::{Session, Transaction};
use octavo_domain_kernel::{PortError, TenantId};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgQueryResult, PgRow, Postgres as Engine};
use sqlx::query::Query;
use sqlx::{Connection, SqlSafeStr};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A connection that waited longer than this is asked whether it still lives before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// How long a transaction's beginning may take beyond the wait for a connection: one round trip of a server that answers.
const BEGIN_WITHIN: Duration = Duration::from_secs(1);
/// How much longer than a statement may run its answer is waited for: a server that answers ends it first, and its connection
/// goes on.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Whether statements are prepared once a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StatementCache {
    /// Prepared once, used again: the server itself, or PgBouncer from 1.21 on with `max_prepared_statements`.
    #[default]
    On,
    /// Never named: PgBouncer before 1.21, which gives the next transaction another connection.
    Off,
}

/// How connections are kept.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Connections at a time. A function process serves one request at a time: two are plenty.
    pub connections_max: u32,
    /// How long a call waits for a connection, and so how long it takes to find that the server is away; that it hangs, a
    /// second longer.
    pub acquire_timeout: Duration,
    /// How long one statement may run, and how long a transaction may wait for its next statement. A server that has not
    /// answered a second later hangs: its connection is closed.
    pub statement_timeout: Duration,
    /// A connection that waited this long unused is closed.
    pub idle_timeout: Duration,
    /// Whether statements are prepared once a connection.
    pub statement_cache: StatementCache,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connections_max: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(600),
            statement_cache: StatementCache::On,
            application_name: "octavo".to_owned(),
        }
    }
}

/// The URL is not one of PostgreSQL. Does not show it: it holds a password.
#[derive(Debug, thiserror::Error)]
#[error("the PostgreSQL URL must be postgres://LOGIN:PASSWORD@HOST:PORT/DATABASE: {reason}")]
pub struct InvalidUrl {
    reason: String,
}

/// What may be done where nobody knows whether a call took effect: its connection went away in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It is made again: the second time changes nothing that the first did not.
    Harmless,
    /// The caller is told.
    Never,
}

#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pool: PgPool,
    cached: bool,
    timeout_ms: u128,
    /// For a transaction to begin, the wait for a connection included.
    begin_timeout: Duration,
    /// For every further round trip.
    answer_timeout: Duration,
}

impl Pool {
    /// Connects to nobody yet.
    pub(crate) fn connect_lazy(url: &str, options: &PoolOptions) -> Result<Self, InvalidUrl> {
        let cached = options.statement_cache == StatementCache::On;
        // Unchecked by sqlx, which would go to the right port of a wrong server.
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(InvalidUrl { reason: "it begins otherwise".to_owned() });
        }
        let mut connect = PgConnectOptions::from_str(url)
            .map_err(|error| InvalidUrl { reason: error.to_string() })?
            .application_name(&options.application_name)
            // Not among the start parameters that PgBouncer lets through, and we store no floats.
            .extra_float_digits(None);
        if !cached {
            connect = connect.statement_cache_capacity(0);
        }
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            .idle_timeout(options.idle_timeout)
            // A question before every use would be a round trip more; one that was just used is trusted.
            .test_before_acquire(false)
            .before_acquire(|connection, metadata| {
                Box::pin(async move {
                    if metadata.idle_for > TRUSTED_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(connect);
        let begin_timeout = options.acquire_timeout + BEGIN_WITHIN;
        let answer_timeout = options.statement_timeout + ANSWERS_WITHIN;
        let timeout_ms = options.statement_timeout.as_millis().max(1);
        Ok(Self { pool, cached, timeout_ms, begin_timeout, answer_timeout })
    }

    /// Begins a transaction in a tenant: one round trip.
    pub(crate) async fn begin(&self, tenant: &TenantId) -> Result<Transaction, PortError> {
        // A tenant's identifier is made of a-z, 0-9 and - alone, so it needs no quoting within the quotes.
        self.begin_with(&format!("; set local octavo.tenant = '{tenant}'")).await
    }

    /// As [`Pool::begin`], for a statement whose best plan hangs on its values (how much a reader may read): it is planned
    /// every time, where PostgreSQL would settle on one plan after five times.
    pub(crate) async fn begin_planning(&self, tenant: &TenantId) -> Result<Transaction, PortError> {
        let more = format!("; set local octavo.tenant = '{tenant}'; set local plan_cache_mode = force_custom_plan");
        self.begin_with(&more).await
    }

    /// As [`Pool::begin`], for tables that are small and full of dead rows at times: none is read as a whole, whatever the
    /// statistics said when the statement was planned.
    pub(crate) async fn begin_by_index(&self, tenant: &TenantId) -> Result<Transaction, PortError> {
        self.begin_with(&format!("; set local octavo.tenant = '{tenant}'; set local enable_seqscan = off")).await
    }

    /// The same without a tenant.
    pub(crate) async fn begin_relay_by_index(&self) -> Result<Transaction, PortError> {
        self.begin_with("; set local enable_seqscan = off").await
    }

    /// Begins a transaction that names no tenant: what the relay does.
    pub(crate) async fn begin_without_tenant(&self) -> Result<Transaction, PortError> {
        self.begin_with("").await
    }

    async fn begin_with(&self, more: &str) -> Result<Transaction, PortError> {
        let ms = self.timeout_ms;
        let statement = format!(
            "begin; set local statement_timeout = {ms}; set local idle_in_transaction_session_timeout = {ms}{more}"
        );
        // After a restart of the server every connection that waited is dead. Nothing was done yet, so the next one may
        // be tried, until one is new.
        let mut left = self.pool.size();
        loop {
            match self.begin_once(statement.clone()).await {
                Err(error) if left > 0 && is_stale_connection(&error) => left -= 1,
                begun => return begun.map_err(port_error),
            }
        }
    }

    async fn begin_once(&self, statement: String) -> Result<Transaction, sqlx::Error> {
        let until = Instant::now() + self.begin_timeout;
        let session = self.session().await?;
        session.begin(statement, until.saturating_duration_since(Instant::now())).await
    }

    /// A connection for something that is a transaction of its own.
    async fn session(&self) -> Result<Session, sqlx::Error> {
        Ok(Session::new(self.pool.acquire().await?, self.answer_timeout))
    }

    /// Runs one statement that is a transaction of its own and names its tenant itself, which only a function in the database
    /// can: one round trip where statements are kept prepared. It has no statement timeout; the function limits what it
    /// waits for.
    pub(crate) async fn call<'q>(
        &self,
        repeat: Repeat,
        query: impl Fn() -> Query<'q, Engine, PgArguments>,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut left = self.pool.size();
        loop {
            let rows = if self.cached {
                let mut session = self.session().await?;
                query().fetch_all(&mut session).await
            } else {
                self.call_in_transaction(query()).await
            };
            match rows {
                Err(error) if left > 0 && is_stale_connection(&error) && may_repeat(repeat, &error) => left -= 1,
                rows => return rows,
            }
        }
    }

    /// A statement that is not kept is prepared first, which is a round trip of its own: outside of a transaction an old
    /// PgBouncer may give the second to another connection.
    async fn call_in_transaction(&self, query: Query<'_, Engine, PgArguments>) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut transaction = self.begin_once("begin".to_owned()).await?;
        let rows = query.fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// A statement, prepared as the options say.
    pub(crate) fn query(&self, sql: impl SqlSafeStr) -> Query<'_, Engine, PgArguments> {
        sqlx::query(sql).persistent(self.cached)
    }

    /// Whether statements are kept prepared.
    pub(crate) fn is_cached(&self) -> bool {
        self.cached
    }

    /// Whether the server answers.
    pub(crate) async fn ping(&self) -> Result<(), PortError> {
        let mut transaction = self.begin_without_tenant().await?;
        let answer: Result<PgQueryResult, _> = self.query("select 1").execute(&mut *transaction).await;
        answer.map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The server said that it ends before it looked at the statement, or it does no harm.
fn may_repeat(repeat: Repeat, error: &sqlx::Error) -> bool {
    repeat == Repeat::Harmless || matches!(error, sqlx::Error::Database(_))
}
