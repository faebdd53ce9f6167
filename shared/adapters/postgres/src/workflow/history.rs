//! Events of an execution, in the chunks that they were written in.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::{number, parse};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::{Chunk, ChunkBody, ExecutionId};
use sqlx::Row;
use sqlx::postgres::PgRow;

/// Events have no gaps: those from `$3` on that `$4` events reach to.
const FORWARD: &str = "
select first, count, body, blob from workflow_history
where tenant = $1 and execution_id = $2 and first < $3 + $4
    and first >= coalesce(
        (select max(first) from workflow_history where tenant = $1 and execution_id = $2 and first <= $3), 1)
    and first + count > $3
order by first";

/// Those from `$3` back, or from the last one if that comes before it.
const BACKWARD: &str = "
with last as (
    select least($3, max(first + count - 1)) as id from workflow_history where tenant = $1 and execution_id = $2)
select first, count, body, blob from workflow_history, last
where tenant = $1 and execution_id = $2 and first <= last.id and first + count > last.id - $4 + 1
order by first desc";

pub(super) async fn history_read(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
    first: u64,
    events: u32,
    reverse: bool,
) -> Result<Vec<Chunk>, PortError> {
    // Far beyond any event, and what is added to it below stays within the column's range.
    let first = i64::try_from(first).unwrap_or(i64::MAX).min(i64::MAX - i64::from(u32::MAX));
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(if reverse { BACKWARD } else { FORWARD })
        .bind(tenant.as_str())
        .bind(id.0)
        .bind(first.max(1))
        .bind(i64::from(events))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(chunk).collect()
}

fn chunk(row: &PgRow) -> Result<Chunk, PortError> {
    let first: i64 = row.try_get("first").map_err(port_error)?;
    let count: i32 = row.try_get("count").map_err(port_error)?;
    let body: Option<String> = row.try_get("body").map_err(port_error)?;
    let blob: Option<String> = row.try_get("blob").map_err(port_error)?;
    let body = match (body, blob) {
        (Some(body), _) => ChunkBody::Inline(body.into_bytes()),
        (None, Some(blob)) => ChunkBody::Blob(parse("blob", &blob)?),
        (None, None) => return Err(PortError::corrupt("column body: neither the events nor where they are")),
    };
    Ok(Chunk { first: number("first", first)?, count: number("count", count)?, body })
}
