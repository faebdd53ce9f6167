//! Saved searches that are due, of all tenants.

use crate::Relay;
use crate::error::{commit_error, port_error};
use crate::row::parse;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Due, DueWork, PortError};
use octavo_domain_search::{SavedSearchId, saved_wake_message};
use sqlx::Row;
use uuid::Uuid;

/// All that is done while nothing is due: a look at the left edge of an index.
const NEXT: &str = "select now() as now, (select wake_at from search_saved order by wake_at limit 1) as next_at";

/// What a run commits at this moment is passed over: it is being done.
const CLAIM: &str = "
with found as materialized (
    select tenant, id from search_saved where wake_at <= now() order by wake_at limit $1
    for update skip locked),
held as (
    update search_saved s set wake_at = now() + $2 * interval '1 millisecond'
    from found f
    where s.tenant = f.tenant and s.id = f.id)
select tenant, id, gen_random_uuid() as message_id from found";

/// A run is held from other bells for so long at least, in milliseconds: it pages through what was changed, and a second one
/// beside it would do so for nothing.
const HOLD_MS_MIN: i64 = 60_000;

/// Saved searches that are due: [`DueWork`] of all tenants, each a message that has it run.
#[derive(Debug, Clone)]
pub struct DueSavedSearches(pub Relay);

#[async_trait]
impl DueWork for DueSavedSearches {
    async fn due_claim(&self, limit: u32, hold_ms: u64) -> Result<Due, PortError> {
        let pool = self.0.pool();
        let hold_ms = i64::try_from(hold_ms).map_err(PortError::corrupt)?.max(HOLD_MS_MIN);
        let mut transaction = pool.begin_relay_by_index().await?;
        let mut next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
        let now: DateTime<Utc> = next.try_get("now").map_err(port_error)?;
        let mut next_at: Option<DateTime<Utc>> = next.try_get("next_at").map_err(port_error)?;
        let mut entries = Vec::new();
        if next_at.is_some_and(|next_at| next_at <= now) {
            let claim = pool.query(CLAIM).bind(i64::from(limit)).bind(hold_ms);
            for row in claim.fetch_all(&mut *transaction).await.map_err(port_error)? {
                let tenant: String = row.try_get("tenant").map_err(port_error)?;
                let saved: Uuid = row.try_get("id").map_err(port_error)?;
                let id: Uuid = row.try_get("message_id").map_err(port_error)?;
                entries.push(saved_wake_message(id, &parse("tenant", &tenant)?, SavedSearchId(saved), now));
            }
            next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
            next_at = next.try_get("next_at").map_err(port_error)?;
        }
        transaction.commit().await.map_err(commit_error)?;
        Ok(Due { entries, next_at })
    }
}
