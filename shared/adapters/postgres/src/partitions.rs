//! The months of the ledger and of executions: the next ones are made before they begin, and those that are too old are
//! dropped.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use octavo_domain_kernel::PortError;
use sqlx::Row;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a process looks whether a month is missing or too old.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The same after it failed, or was not done because somebody held the table.
const EVERY_FAILED: Duration = Duration::from_secs(10 * 60);

/// A transaction each: with the locks of the first, the second could wait for somebody who waits for it. `now` is the
/// server's. So many months may nobody sweep before rows go to the default partitions; how long they are kept is the
/// default of the other functions. Whether a month of executions is over is looked at before anybody is locked out.
const STEPS: [(&str, &str); 4] = [
    ("select ai_partitions_ensure(now(), 3)", "months were made in the ledger"),
    ("select ai_partitions_drop(now())", "months were dropped from the ledger"),
    ("select workflow_partitions_ensure(now(), 3)", "partitions were made for executions of workflows"),
    (
        "select case when exists (select from workflow_months_over(now(), 90)) then workflow_partitions_drop(now()) \
         else 0 end",
        "months of executions of workflows were dropped",
    ),
];

/// When it is to be done again.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    due: Mutex<Option<Instant>>,
}

impl Upkeep {
    /// Does it, if it is due: at first, then once a day.
    pub(crate) async fn run(&self, pool: &Pool) -> Result<(), PortError> {
        if !self.take() {
            return Ok(());
        }
        for (sql, what) in STEPS {
            let mut transaction = pool.begin_without_tenant().await?;
            let row = pool.query(sql).fetch_one(&mut *transaction).await.map_err(port_error)?;
            let months: i32 = row.try_get(0).map_err(port_error)?;
            transaction.commit().await.map_err(commit_error)?;
            if months > 0 {
                tracing::info!(months, "{what}");
            }
        }
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + EVERY);
        Ok(())
    }

    /// Whether it is due. Put off first, so that what fails is not tried at every sweep.
    fn take(&self) -> bool {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_due = due.is_none_or(|due| due <= now);
        if is_due {
            *due = Some(now + EVERY_FAILED);
        }
        is_due
    }
}
