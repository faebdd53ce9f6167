//! Messages that are due, of all tenants: their moment has come, or whoever held them did not leave them.

use crate::Relay;
use crate::error::{commit_error, port_error};
use crate::row::parse;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{Due, DueWork, PortError, TenantId};
use octavo_domain_notify::{MessageId, wake_message};
use sqlx::Row;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Messages that one wake names.
const WOKEN_MAX: usize = 100;

/// All that is done while nothing is due: a look at the left edge of an index. Digests are messages, too.
const NEXT: &str = "
select
    now() as now,
    (select wake_at from notify_message where wake_at is not null order by wake_at limit 1) as next_at";

/// What somebody writes at this moment is passed over: it is being done. `message_id`: of the wake that it may begin.
const CLAIM: &str = "
with found as materialized (
    select tenant, id from notify_message where wake_at <= now() order by wake_at limit $1
    for update skip locked),
held as (
    update notify_message m set wake_at = now() + $2 * interval '1 millisecond'
    from found f
    where m.tenant = f.tenant and m.id = f.id)
select tenant, id, gen_random_uuid() as message_id from found order by tenant";

/// Messages that are due: [`DueWork`] of all tenants, each wake of one tenant and up to 100 messages.
#[derive(Debug, Clone)]
pub struct DueNotifications(pub Relay);

#[async_trait]
impl DueWork for DueNotifications {
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
            let mut due: BTreeMap<TenantId, Vec<(Uuid, MessageId)>> = BTreeMap::new();
            for row in rows {
                let tenant: String = row.try_get("tenant").map_err(port_error)?;
                let ids = (row.try_get("message_id").map_err(port_error)?, row.try_get("id").map_err(port_error)?);
                due.entry(parse("tenant", &tenant)?).or_default().push(ids);
            }
            for (tenant, messages) in due {
                for some in messages.chunks(WOKEN_MAX) {
                    let woken = some.iter().map(|(_, message)| *message).collect();
                    entries.push(wake_message(some[0].0, &tenant, woken, now));
                }
            }
            next = pool.query(NEXT).fetch_one(&mut *transaction).await.map_err(port_error)?;
            next_at = next.try_get("next_at").map_err(port_error)?;
        }
        transaction.commit().await.map_err(commit_error)?;
        Ok(Due { entries, next_at })
    }
}
