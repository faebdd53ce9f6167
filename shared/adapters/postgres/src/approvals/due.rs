//! Approvals that are due, of all tenants: their moment has come, or their workflow does not wait any more.

use crate::Relay;
use crate::error::{commit_error, port_error};
use crate::row::parse;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{ApprovalId, wake_message};
use octavo_domain_kernel::{Due, DueWork, PortError};
use sqlx::Row;
use uuid::Uuid;

/// All that is done while nothing is due: a look at the left edge of an index.
const NEXT: &str = "
select
    now() as now,
    (select due_at from approval where due_at is not null order by due_at limit 1) as next_at";

/// What a commit holds at this moment is passed over: it is being done.
const CLAIM: &str = "
with found as materialized (
    select tenant, id from approval where due_at <= now() order by due_at limit $1
    for update skip locked),
held as (
    update approval a set due_at = now() + $2 * interval '1 millisecond'
    from found f
    where a.tenant = f.tenant and a.id = f.id)
select tenant, id, gen_random_uuid() as message_id from found";

/// Approvals that are due: [`DueWork`] of all tenants, each a message that wakes it.
#[derive(Debug, Clone)]
pub struct DueApprovals(pub Relay);

#[async_trait]
impl DueWork for DueApprovals {
    async fn due_claim(&self, limit: u32, hold_ms: u64) -> Result<Due, PortError> {
        let pool = self.0.pool();
        let hold_ms = i64::try_from(hold_ms).map_err(PortError::corrupt)?;
        let mut transaction = pool.begin_relay_by_index().await?;
        let mut next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
        let now: DateTime<Utc> = next.try_get("now").map_err(port_error)?;
        let mut next_at: Option<DateTime<Utc>> = next.try_get("next_at").map_err(port_error)?;
        let mut entries = Vec::new();
        if next_at.is_some_and(|next_at| next_at <= now) {
            let rows = pool
                .query(CLAIM)
                .bind(i64::from(limit))
                .bind(hold_ms)
                .fetch_all(&mut *transaction)
                .await
                .map_err(port_error)?;
            for row in rows {
                let tenant: String = row.try_get("tenant").map_err(port_error)?;
                let approval: Uuid = row.try_get("id").map_err(port_error)?;
                let id: Uuid = row.try_get("message_id").map_err(port_error)?;
                entries.push(wake_message(id, &parse("tenant", &tenant)?, ApprovalId(approval), now));
            }
            next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
            next_at = next.try_get("next_at").map_err(port_error)?;
        }
        transaction.commit().await.map_err(commit_error)?;
        Ok(Due { entries, next_at })
    }
}
