//! Leases messages that are due.

use super::row::load;
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::workflow::text::plain;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Claim, MessageId};
use sqlx::Row;

/// Messages that are claimed at once.
const CLAIMED_MAX: usize = 1_000;
/// Whoever found that something is due goes by the database's clock, and a worker's may be behind it: what is due so soon is
/// due, rather than left until the bell rings again.
const SLACK: &str = "500 milliseconds";

const CLAIM: &str = "select notify_claim($1, $2, $3, $4, $5, $6::text::interval) as claimed";

pub(super) async fn messages_claim(
    pool: &Pool,
    tenant: &TenantId,
    messages: &[MessageId],
    worker: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Claim>, PortError> {
    if messages.len() > CLAIMED_MAX {
        return Err(PortError::corrupt(format!("at most {CLAIMED_MAX} messages are claimed at once")));
    }
    let worker = plain(worker);
    let claim = || {
        let query = pool.query(CLAIM).bind(tenant.as_str()).bind(messages).bind(worker.as_ref());
        query.bind(now).bind(until).bind(SLACK)
    };
    // Claimed by a call whose answer was lost, they rest until the lease ends.
    let rows = pool.call(Repeat::Never, claim).await.map_err(commit_error)?;
    let row = rows.first().ok_or_else(|| PortError::corrupt("notify_claim answered nothing"))?;
    let claimed: Vec<MessageId> = row.try_get("claimed").map_err(port_error)?;
    load(pool, tenant, &claimed).await
}
