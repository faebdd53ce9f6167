//! How many executions there are, by status.

use super::filter::{Place, push_part};
use crate::error::port_error;
use crate::row::number;
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::ExecutionQuery;
use sqlx::{Postgres as Engine, QueryBuilder, Row};

/// How far is counted at most.
const COUNT_MAX: u32 = 100_000;

/// All, in the order of the answer.
const STATUSES: [Status; 6] =
    [Status::Running, Status::Succeeded, Status::Failed, Status::TimedOut, Status::Aborted, Status::PendingRedrive];

/// In a transaction that plans each statement for its values.
pub(super) async fn execution_counts(
    transaction: &mut Transaction,
    tenant: &TenantId,
    query: &ExecutionQuery,
    persistent: bool,
) -> Result<Vec<(Status, u64)>, PortError> {
    let limit = u64::from(query.limit.clamp(1, COUNT_MAX));
    let asked = |status: &Status| query.statuses.is_empty() || query.statuses.contains(status);
    let statuses: Vec<Status> = STATUSES.into_iter().filter(asked).collect();
    let mut sql = QueryBuilder::<Engine>::new("select ");
    for (place, status) in statuses.iter().enumerate() {
        sql.push(if place > 0 { ", (select count(*) from " } else { "(select count(*) from " });
        push_part(&mut sql, tenant, query, (Place::of(*status), Some(*status)), limit)?;
        sql.push(" counted)");
    }
    let row = sql.build().persistent(persistent).fetch_one(&mut **transaction).await.map_err(port_error)?;
    let mut counts = Vec::with_capacity(statuses.len());
    for (place, status) in statuses.into_iter().enumerate() {
        let count: i64 = row.try_get(place).map_err(port_error)?;
        counts.push((status, number("count", count)?));
    }
    Ok(counts)
}
