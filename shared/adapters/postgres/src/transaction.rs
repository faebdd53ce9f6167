//! A transaction, each of whose round trips ends.
//!
//! A server that hangs keeps a connection without a word: only a limit of one's own ends the wait for it. It is here, where every
//! statement of every store passes, and not in the statements: a [`Session`] is what they are executed on. A connection that
//! hung once is closed and never used again, whatever it still has to say; what is not known to be in order when it comes back
//! is brought in order within the same limit, or closed.

use crate::error::hung;
use futures::future::{BoxFuture, ready};
use futures::stream::{BoxStream, once};
use futures::{FutureExt, Stream, StreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo, Postgres as Engine};
use sqlx::{AssertSqlSafe, Describe, Either, Execute, Executor, SqlStr};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready as answered};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep, timeout};

/// A connection, and for how long it may be silent: what statements are executed on.
#[derive(Debug)]
pub(crate) struct Session {
    /// None once it was given back.
    connection: Option<PoolConnection<Engine>>,
    /// For one round trip.
    limit: Duration,
    /// Whether one took longer.
    hung: bool,
    /// Whether a transaction may be open on it.
    open: bool,
}

/// A transaction. What was not committed when it is dropped is rolled back.
#[derive(Debug)]
pub(crate) struct Transaction(Session);

impl Session {
    /// A session outside of transactions on a connection of a pool, whose round trips take no longer than `limit`.
    pub(crate) fn new(connection: PoolConnection<Engine>, limit: Duration) -> Self {
        Self { connection: Some(connection), limit, hung: false, open: false }
    }

    /// Begins a transaction by these statements, within `limit`.
    pub(crate) async fn begin(mut self, statements: String, limit: Duration) -> Result<Transaction, sqlx::Error> {
        // Said before it is: a beginning that nobody waited for has begun all the same.
        self.open = true;
        let usual = std::mem::replace(&mut self.limit, limit);
        self.says(statements).await?;
        self.limit = usual;
        Ok(Transaction(self))
    }

    /// Statements without parameters, which are not prepared.
    async fn says(&mut self, statements: impl Into<String>) -> Result<(), sqlx::Error> {
        self.execute(AssertSqlSafe(statements.into())).await.map(drop)
    }
}

impl Transaction {
    /// Commits. After an error of the connection, silence among them, nobody knows whether it did.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.says("commit").await?;
        self.open = false;
        Ok(())
    }

    /// Rolls back now.
    pub(crate) async fn rollback(mut self) -> Result<(), sqlx::Error> {
        self.says("rollback").await?;
        self.open = false;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match Handle::try_current() {
            Ok(runtime) if !self.hung => drop(runtime.spawn(give_back(connection, self.open, self.limit))),
            // Out of the pool, which may open another one, and closed.
            _ => drop(connection.detach()),
        }
    }
}

/// Brings a connection in order and back to its pool, or closes it. The pool would do so by itself, and wait for ever.
async fn give_back(mut connection: PoolConnection<Engine>, open: bool, limit: Duration) {
    if open && !matches!(timeout(limit, connection.execute("rollback")).await, Ok(Ok(_))) {
        drop(connection.detach());
        return;
    }
    // A connection that does not answer here is closed with the future that asks it.
    if timeout(limit, connection.return_to_pool()).await.is_err() {
        tracing::warn!(?limit, "a connection to PostgreSQL hung when it was given back, and was closed");
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Engine;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Engine>,
    {
        let Session { connection: Some(connection), hung: false, .. } = self else {
            return once(ready(Err(hung(self.limit)))).boxed();
        };
        let answers = connection.fetch_many(query);
        Box::pin(Answers { answers, limit: self.limit, waits: None, hung: &mut self.hung })
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Engine>,
    {
        self.within(|connection| connection.fetch_optional(query))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.within(|connection| connection.prepare_with(sql, parameters))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Engine>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.within(|connection| connection.describe(sql))
    }
}

impl Session {
    /// What the connection answers, within the limit.
    fn within<'e, T: Send + 'e>(
        &'e mut self,
        asks: impl FnOnce(&'e mut sqlx::PgConnection) -> BoxFuture<'e, Result<T, sqlx::Error>>,
    ) -> BoxFuture<'e, Result<T, sqlx::Error>> {
        let limit = self.limit;
        let Session { connection: Some(connection), hung: false, .. } = self else {
            return ready(Err(hung(limit))).boxed();
        };
        let (answer, is_hung) = (asks(connection), &mut self.hung);
        async move {
            match timeout(limit, answer).await {
                Ok(answer) => answer,
                Err(_) => {
                    *is_hung = true;
                    Err(hung(limit))
                }
            }
        }
        .boxed()
    }
}

/// What a server answers to a statement, no two pieces of it further apart than the limit.
struct Answers<'e, T> {
    answers: BoxStream<'e, Result<T, sqlx::Error>>,
    limit: Duration,
    /// For the next piece, where it is not here already.
    waits: Option<Pin<Box<Sleep>>>,
    hung: &'e mut bool,
}

impl<T> Stream for Answers<'_, T> {
    type Item = Result<T, sqlx::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if *this.hung {
            return Poll::Ready(None);
        }
        if let Poll::Ready(answer) = this.answers.poll_next_unpin(context) {
            this.waits = None;
            return Poll::Ready(answer);
        }
        let limit = this.limit;
        let waits = this.waits.get_or_insert_with(|| Box::pin(sleep(limit)));
        answered!(waits.as_mut().poll(context));
        *this.hung = true;
        Poll::Ready(Some(Err(hung(limit))))
    }
}
