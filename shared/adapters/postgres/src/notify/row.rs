//! Messages, with attempts and events.

use super::text::meant;
use crate::error::port_error;
use crate::pool::{Pool, Repeat};
use crate::row::{number, parse};
use crate::workflow::text::read;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Address, Attempt, Claim, Event, EventId, Message, MessageId};
use sqlx::{FromRow, Row};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// What follows `select` to read a [`MessageRow`]: from `notify_message m`.
pub(super) const MESSAGE_COLUMNS: &str = "m.id, m.event_id, m.category, m.channel, m.recipient, m.user_id, m.address, \
     m.urgency, m.matter, m.mandatory, m.digest, m.status, m.reason, m.created_at, m.due_at, m.attempts, m.updated_at";

const LOAD: &str = "select * from notify_load($1, $2)";
const EVENTS: &str = "select id, body from notify_event where tenant = $1 and id = any ($2)";

#[derive(FromRow)]
pub(super) struct MessageRow {
    id: Uuid,
    event_id: Uuid,
    category: String,
    channel: String,
    recipient: String,
    user_id: Option<String>,
    address: Option<String>,
    urgency: String,
    matter: Option<String>,
    mandatory: bool,
    digest: bool,
    status: String,
    reason: Option<String>,
    created_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    attempts: i32,
    updated_at: DateTime<Utc>,
}

impl TryFrom<MessageRow> for Message {
    type Error = PortError;
    fn try_from(row: MessageRow) -> Result<Self, PortError> {
        Ok(Self {
            id: row.id,
            event: row.event_id,
            category: row.category,
            channel: meant("channel", &row.channel)?,
            recipient: read("recipient", &row.recipient)?,
            user: row.user_id.map(|user| parse("user_id", &user)).transpose()?,
            address: row.address.map(Address),
            urgency: meant("urgency", &row.urgency)?,
            matter: row.matter.map(|matter| read("matter", &matter)).transpose()?,
            mandatory: row.mandatory,
            digest: row.digest.then_some(row.id),
            status: meant("status", &row.status)?,
            reason: row.reason.map(|reason| meant("reason", &reason)).transpose()?,
            created_at: row.created_at,
            due_at: row.due_at,
            attempts: number("attempts", row.attempts)?,
            updated_at: row.updated_at,
        })
    }
}

#[derive(FromRow)]
struct ClaimRow {
    #[sqlx(flatten)]
    message: MessageRow,
    numbers: Vec<i32>,
    providers: Vec<String>,
    started_ats: Vec<DateTime<Utc>>,
    ended_ats: Vec<Option<DateTime<Utc>>>,
    outcomes: Vec<String>,
    provider_ids: Vec<Option<String>>,
    codes: Vec<Option<String>>,
    details: Vec<Option<String>>,
    events: Vec<Uuid>,
    gathered: i64,
}

impl ClaimRow {
    fn attempts(&mut self) -> Result<Vec<Attempt>, PortError> {
        (0..self.numbers.len())
            .map(|place| {
                let ragged = || PortError::corrupt("the attempts have not as many of everything");
                Ok(Attempt {
                    number: number("number", self.numbers[place])?,
                    provider: self.providers.get(place).ok_or_else(ragged)?.clone(),
                    started_at: *self.started_ats.get(place).ok_or_else(ragged)?,
                    ended_at: *self.ended_ats.get(place).ok_or_else(ragged)?,
                    status: meant("status", self.outcomes.get(place).ok_or_else(ragged)?)?,
                    provider_id: self.provider_ids.get_mut(place).ok_or_else(ragged)?.take(),
                    code: self.codes.get_mut(place).ok_or_else(ragged)?.take(),
                    detail: self.details.get_mut(place).ok_or_else(ragged)?.take(),
                })
            })
            .collect()
    }
}

/// Messages with what a worker needs, in the order in which they were planned: two round trips, each event read once.
pub(super) async fn load(pool: &Pool, tenant: &TenantId, ids: &[MessageId]) -> Result<Vec<Claim>, PortError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = || pool.query(LOAD).bind(tenant.as_str()).bind(ids);
    let rows = pool.call(Repeat::Harmless, query).await.map_err(port_error)?;
    let rows = rows.iter().map(ClaimRow::from_row).collect::<Result<Vec<_>, _>>().map_err(port_error)?;
    let events = events(pool, tenant, rows.iter().flat_map(|row| row.events.iter().copied())).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Claim {
                attempts: row.attempts()?,
                events: row.events.iter().filter_map(|id| events.get(id).cloned()).collect(),
                gathered: number("gathered", row.gathered)?,
                message: row.message.try_into()?,
            })
        })
        .collect()
}

/// Those of the events that are kept.
async fn events(
    pool: &Pool,
    tenant: &TenantId,
    ids: impl Iterator<Item = EventId>,
) -> Result<HashMap<EventId, Arc<Event>>, PortError> {
    let ids: Vec<Uuid> = ids.collect::<BTreeSet<_>>().into_iter().collect();
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(EVENTS).bind(tenant.as_str()).bind(ids);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let body: String = row.try_get("body").map_err(port_error)?;
            Ok((row.try_get("id").map_err(port_error)?, Arc::new(read("body", &body)?)))
        })
        .collect()
}
