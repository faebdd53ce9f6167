//! Keeps what an event became.

use super::text::{gathered_for, word};
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::workflow::text::{json, plain};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Claim, Event, MessageId, MessageStatus, Planned};
use sqlx::Row;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

const PLAN: &str = "select * from notify_plan(
    p_tenant => $1, p_event => $2, p_key => $3, p_category => $4, p_body => $5, p_happened_at => $6, p_at => $7,
    p_worker => $8, p_until => $9, p_ids => $10, p_categories => $11, p_channels => $12, p_recipients => $13,
    p_users => $14, p_addresses => $15, p_urgencies => $16, p_matters => $17, p_mandatory => $18, p_statuses => $19,
    p_reasons => $20, p_created_ats => $21, p_due_ats => $22, p_digest_keys => $23, p_digest_recipients => $24,
    p_digest_due_ats => $25) as held";

/// Messages, a column each.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    categories: Vec<String>,
    channels: Vec<&'static str>,
    recipients: Vec<String>,
    users: Vec<Option<String>>,
    addresses: Vec<Option<String>>,
    urgencies: Vec<String>,
    matters: Vec<Option<String>>,
    mandatory: Vec<bool>,
    statuses: Vec<String>,
    reasons: Vec<Option<String>>,
    created_ats: Vec<DateTime<Utc>>,
    due_ats: Vec<Option<DateTime<Utc>>>,
    digest_keys: Vec<Option<String>>,
    digest_recipients: Vec<Option<String>>,
    digest_due_ats: Vec<Option<DateTime<Utc>>>,
}

impl Columns {
    fn of(planned: &[Planned], at: DateTime<Utc>) -> Result<Self, PortError> {
        let mut columns = Self::default();
        for Planned { message, digest } in planned {
            columns.ids.push(message.id);
            columns.categories.push(plain(&message.category).into_owned());
            columns.channels.push(message.channel.as_str());
            columns.recipients.push(json(&message.recipient)?);
            columns.users.push(message.user.as_ref().map(ToString::to_string));
            columns.addresses.push(message.address.as_ref().map(|address| plain(&address.0).into_owned()));
            columns.urgencies.push(word(message.urgency)?);
            columns.matters.push(message.matter.as_ref().map(json).transpose()?);
            columns.mandatory.push(message.mandatory);
            columns.statuses.push(word(message.status)?);
            columns.reasons.push(message.reason.map(word).transpose()?);
            columns.created_ats.push(message.created_at);
            columns.due_ats.push(due_at(planned_of(message.status), message.due_at, at));
            // What was dropped is gathered into nothing.
            let digest = digest.as_ref().filter(|_| planned_of(message.status));
            columns.digest_keys.push(digest.map(|digest| plain(&digest.key).into_owned()));
            columns.digest_recipients.push(digest.map(|_| gathered_for(&message.recipient)).transpose()?);
            columns.digest_due_ats.push(digest.map(|digest| digest.due_at));
        }
        Ok(columns)
    }
}

fn planned_of(status: MessageStatus) -> bool {
    status == MessageStatus::Planned
}

/// Something is to be done about whatever is planned: at once, if nothing else is said.
fn due_at(planned: bool, due_at: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    planned.then(|| due_at.unwrap_or(at))
}

pub(super) async fn event_plan(
    pool: &Pool,
    tenant: &TenantId,
    event: &Event,
    planned: &[Planned],
    at: DateTime<Utc>,
    worker: &str,
    until: DateTime<Utc>,
) -> Result<Vec<Claim>, PortError> {
    let columns = Columns::of(planned, at)?;
    let (key, category, worker) = (event.key.as_deref().map(plain), plain(&event.category), plain(worker));
    let body = json(event)?;
    let plan = || {
        pool.query(PLAN)
            .bind(tenant.as_str())
            .bind(event.id)
            .bind(key.as_deref())
            .bind(category.as_ref())
            .bind(body.as_str())
            .bind(event.at)
            .bind(at)
            .bind(worker.as_ref())
            .bind(until)
            .bind(&columns.ids)
            .bind(&columns.categories)
            .bind(&columns.channels)
            .bind(&columns.recipients)
            .bind(&columns.users)
            .bind(&columns.addresses)
            .bind(&columns.urgencies)
            .bind(&columns.matters)
            .bind(&columns.mandatory)
            .bind(&columns.statuses)
            .bind(&columns.reasons)
            .bind(&columns.created_ats)
            .bind(&columns.due_ats)
            .bind(&columns.digest_keys)
            .bind(&columns.digest_recipients)
            .bind(&columns.digest_due_ats)
    };
    // Planned by a call whose answer was lost, messages rest until the lease ends.
    let rows = pool.call(Repeat::Never, plan).await.map_err(commit_error)?;
    let held = rows.iter().map(|row| row.try_get("held")).collect::<Result<HashSet<MessageId>, _>>();
    let held = held.map_err(port_error)?;
    let event = Arc::new(event.clone());
    let claimed = planned.iter().filter(|planned| planned.digest.is_none() && held.contains(&planned.message.id));
    Ok(claimed
        .map(|planned| Claim {
            message: planned.message.clone(),
            events: vec![Arc::clone(&event)],
            gathered: 1,
            attempts: Vec::new(),
        })
        .collect())
}
