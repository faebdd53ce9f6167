//! Executions, newest first.

use super::filter::{parts, push_part};
use super::row::SummaryRow;
use crate::error::port_error;
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::{ExecutionQuery, ExecutionSummary};
use sqlx::{FromRow, Postgres as Engine, QueryBuilder};

/// Executions of a page.
const LIMIT_MAX: u32 = 1_000;

/// In a transaction that plans each statement for its values.
pub(super) async fn execution_list(
    transaction: &mut Transaction,
    tenant: &TenantId,
    query: &ExecutionQuery,
    persistent: bool,
) -> Result<Vec<ExecutionSummary>, PortError> {
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        return Err(PortError::corrupt(format!("a page has 1 to {LIMIT_MAX} executions, not {}", query.limit)));
    }
    let limit = u64::from(query.limit);
    let mut sql = QueryBuilder::<Engine>::new("select * from (");
    for (place, part) in parts(query).into_iter().enumerate() {
        if place > 0 {
            sql.push(" union all ");
        }
        push_part(&mut sql, tenant, query, part, limit)?;
    }
    sql.push(") found order by id desc limit ").push_bind(i64::from(query.limit));
    let rows = sql.build().persistent(persistent).fetch_all(&mut **transaction).await.map_err(port_error)?;
    rows.iter().map(|row| SummaryRow::from_row(row).map_err(port_error)?.try_into()).collect()
}
