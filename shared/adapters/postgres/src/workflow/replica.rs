//! Reads from a replica, where it is as fresh as asked for; else from the primary.
//!
//! How far a replica is behind is not asked of the replica, which cannot tell silence from a broken connection, and no
//! heartbeat is written for it: the position of the primary is read now and then, only while there are reads, and a
//! replica that has replayed what was the primary's position less than a second ago lags less than a second.

use crate::error::{commit_error, port_error};
use crate::pool::{InvalidUrl, Pool, PoolOptions, Repeat};
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_workflow::engine::ports::Freshness;
use sqlx::Row;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How far a replica may be behind.
const LAG_MAX: Duration = Duration::from_secs(1);
/// How often the primary is asked where it is, at most. A position that was just read is one that no replica has yet:
/// what is compared with is the oldest that is young enough.
const MARK_EVERY: Duration = Duration::from_millis(200);
/// How long a caller waits for a replica that does not answer.
const ACQUIRE_TIMEOUT_MAX: Duration = Duration::from_secs(1);
/// How long a replica that failed is left alone.
const AWAY_FOR: Duration = Duration::from_secs(5);

const POSITION: &str = "select pg_current_wal_lsn()::text";
/// Null where it is no replica any more.
const REPLAYED: &str = "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text end";

#[derive(Debug)]
pub(crate) struct Replica {
    pool: Pool,
    /// Oldest first.
    marks: Mutex<VecDeque<Mark>>,
    away_until: Mutex<Option<Instant>>,
}

/// Where the primary was at some moment, or later.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: Instant,
    position: u64,
}

impl Replica {
    pub(crate) fn connect_lazy(url: &str, options: &PoolOptions) -> Result<Self, InvalidUrl> {
        let acquire_timeout = options.acquire_timeout.min(ACQUIRE_TIMEOUT_MAX);
        let pool = Pool::connect_lazy(url, &PoolOptions { acquire_timeout, ..options.clone() })?;
        Ok(Self { pool, marks: Mutex::default(), away_until: Mutex::default() })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a read that is as fresh as asked for; none if that must be the primary's. A position that was asked for
    /// and is none is the caller's fault.
    pub(super) async fn begin(
        &self,
        primary: &Pool,
        tenant: &TenantId,
        freshness: &Freshness,
    ) -> Result<Option<Transaction>, PortError> {
        let Freshness::Recent { after } = freshness else { return Ok(None) };
        let after = after.as_deref().map(position).transpose()?.unwrap_or_default();
        if self.is_away() {
            return Ok(None);
        }
        let Ok(mark) = self.mark(primary).await else { return Ok(None) };
        match self.begin_after(tenant, mark.position.max(after)).await {
            // Time has passed since the mark.
            Ok(transaction) => Ok(transaction.filter(|_| mark.at.elapsed() < LAG_MAX)),
            Err(error) => {
                self.failed(&error);
                Ok(None)
            }
        }
    }

    /// Whether a read that failed here may be the primary's to answer. One that is away is left alone for a while.
    pub(super) fn failed(&self, error: &PortError) -> bool {
        if matches!(error.kind, PortErrorKind::Unavailable | PortErrorKind::Denied) {
            tracing::warn!(%error, "the replica is not used for a while");
            *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AWAY_FOR);
        }
        // Also one that was cancelled because it was in the way of what the replica had to replay.
        error.is_retryable() || error.kind == PortErrorKind::Denied
    }

    fn is_away(&self) -> bool {
        let away_until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        away_until.is_some_and(|until| until > Instant::now())
    }

    async fn mark(&self, primary: &Pool) -> Result<Mark, PortError> {
        let newest = {
            let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
            while marks.front().is_some_and(|mark| mark.at.elapsed() >= LAG_MAX) {
                marks.pop_front();
            }
            marks.back().copied()
        };
        let at = Instant::now();
        if newest.is_none_or(|newest| at.duration_since(newest.at) >= MARK_EVERY) {
            let position = position(&write_position(primary).await?)?;
            self.marks.lock().unwrap_or_else(PoisonError::into_inner).push_back(Mark { at, position });
        }
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.front().copied().ok_or_else(|| PortError::from(PortErrorKind::Unavailable))
    }

    async fn begin_after(&self, tenant: &TenantId, needed: u64) -> Result<Option<Transaction>, PortError> {
        let mut transaction = self.pool.begin_planning(tenant).await?;
        let row = self.pool.query(REPLAYED).fetch_one(&mut *transaction).await.map_err(port_error)?;
        let replayed: Option<String> = row.try_get(0).map_err(port_error)?;
        let replayed = replayed.as_deref().map(position).transpose()?;
        if replayed.is_some_and(|replayed| replayed >= needed) {
            return Ok(Some(transaction));
        }
        transaction.rollback().await.map_err(port_error)?;
        Ok(None)
    }
}

/// Where the primary is: at or after every commit that was answered before.
pub(super) async fn write_position(primary: &Pool) -> Result<String, PortError> {
    let rows = primary.call(Repeat::Harmless, || primary.query(POSITION)).await.map_err(commit_error)?;
    let row = rows.first().ok_or_else(|| PortError::corrupt("the server told no position"))?;
    row.try_get(0).map_err(port_error)
}

/// Reads a position of the write-ahead log: two hexadecimal numbers of at most 32 bits, with a slash between them.
fn position(text: &str) -> Result<u64, PortError> {
    let parse = |part: &str| {
        let digits = (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(part, 16).ok()).flatten()
    };
    text.split_once('/')
        .and_then(|(high, low)| Some((parse(high)? << 32) | parse(low)?))
        .ok_or_else(|| PortError::corrupt(format!("{text:?} is no position of the write-ahead log")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_the_server_writes_them() {
        assert_eq!(position("0/0").unwrap(), 0);
        assert_eq!(position("16/B374D848").unwrap(), 0x16_B374_D848);
        assert_eq!(position("FFFFFFFF/FFFFFFFF").unwrap(), u64::MAX);
        for wrong in ["", "/", "1", "1/", "/1", "1/2/3", "+1/2", "1/123456789", "g/1", " 1/2"] {
            assert!(position(wrong).is_err(), "{wrong}");
        }
    }
}
