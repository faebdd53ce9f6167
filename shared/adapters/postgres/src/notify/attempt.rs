//! Writes down that an attempt begins.

use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use crate::workflow::text::plain;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Address, Attempt, MessageId, Started};
use sqlx::Row;

const START: &str = "select notify_attempt_start($1, $2, $3, $4, $5, $6, $7) as started";

/// On the disk when this returns, unless the channel bears that it is made twice.
pub(super) async fn attempt_start(
    pool: &Pool,
    tenant: &TenantId,
    message: MessageId,
    worker: &str,
    attempt: &Attempt,
    address: &Address,
) -> Result<Started, PortError> {
    let (worker, provider, address) = (plain(worker), plain(&attempt.provider), plain(&address.0));
    let attempts: i32 = number("number", attempt.number)?;
    let start = || {
        let query = pool.query(START).bind(tenant.as_str()).bind(message).bind(worker.as_ref()).bind(attempts);
        query.bind(provider.as_ref()).bind(attempt.started_at).bind(address.as_ref())
    };
    // Made again after its answer was lost, it would say that this attempt is not the next one.
    let rows = pool.call(Repeat::Never, start).await.map_err(commit_error)?;
    let row = rows.first().ok_or_else(|| PortError::corrupt("notify_attempt_start answered nothing"))?;
    let started: bool = row.try_get("started").map_err(port_error)?;
    Ok(if started { Started::Yes } else { Started::No })
}
