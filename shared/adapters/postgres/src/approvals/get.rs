//! One approval, and its record.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use crate::workflow::text::read;
use octavo_domain_approvals::{Approval, ApprovalId, RecordedEvent};
use octavo_domain_kernel::{PortError, TenantId};
use sqlx::Row;

/// Events of a page.
const EVENTS_MAX: u32 = 500;

/// The task itself is asked for: it is what waits.
const AWAITED: &str = "
select a.open and exists (
    select from workflow_task t where t.tenant = $1 and t.token_hash = a.token_hash) as awaited
from approval a
where a.tenant = $1 and a.id = $2";

const EVENTS: &str = "
select body from approval_event where tenant = $1 and approval_id = $2 and number > $3 order by number limit $4";

pub(super) async fn approval_get(
    pool: &Pool,
    tenant: &TenantId,
    id: ApprovalId,
) -> Result<Option<Approval>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query("select body from approval where tenant = $1 and id = $2")
        .bind(tenant.as_str())
        .bind(id.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map(|row| read("body", &row.try_get::<String, _>(0).map_err(port_error)?)).transpose()
}

pub(super) async fn approval_awaited(pool: &Pool, tenant: &TenantId, id: ApprovalId) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query(AWAITED)
        .bind(tenant.as_str())
        .bind(id.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map_or(Ok(false), |row| row.try_get(0).map_err(port_error))
}

pub(super) async fn approval_events(
    pool: &Pool,
    tenant: &TenantId,
    id: ApprovalId,
    after: u32,
    limit: u32,
) -> Result<Vec<RecordedEvent>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(EVENTS)
        .bind(tenant.as_str())
        .bind(id.0)
        .bind(number::<_, i32>("number", after.min(i32::MAX.unsigned_abs()))?)
        .bind(i64::from(limit.clamp(1, EVENTS_MAX)))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let body: String = row.try_get(0).map_err(port_error)?;
            Ok(RecordedEvent { approval: id, event: read("body", &body)? })
        })
        .collect()
}
