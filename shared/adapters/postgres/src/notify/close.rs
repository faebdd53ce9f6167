//! Leaves messages, with all that belongs to them.

use super::suppressions::Columns as Suppressed;
use super::text::{detail, word};
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use crate::workflow::text::{json, plain};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{OutboxEntry, PortError, TenantId, UserId};
use octavo_domain_notify::{Closed, INBOX_MAX, MessageId, NewNotification, notification_id};
use sqlx::Row;
use uuid::Uuid;

const CLOSE: &str = "select notify_close(
    p_tenant => $1, p_worker => $2, p_at => $3, p_ids => $4, p_statuses => $5, p_reasons => $6, p_due_ats => $7,
    p_numbers => $8, p_outcomes => $9, p_provider_ids => $10, p_codes => $11, p_details => $12, p_ended_ats => $13,
    p_suppressed => $14, p_suppress_channels => $15, p_suppress_addresses => $16, p_suppress_categories => $17,
    p_suppress_whys => $18, p_suppress_details => $19, p_suppress_ats => $20,
    p_told => $21, p_told_users => $22, p_told_ids => $23, p_told_categories => $24, p_told_titles => $25,
    p_told_texts => $26, p_told_links => $27, p_told_datas => $28, p_told_keys => $29, p_inbox_max => $30,
    p_published => $31, p_message_ids => $32, p_queues => $33, p_messages => $34) as closed";

/// Messages, a column each.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    statuses: Vec<String>,
    reasons: Vec<Option<String>>,
    due_ats: Vec<Option<DateTime<Utc>>>,
    numbers: Vec<Option<i32>>,
    outcomes: Vec<Option<String>>,
    provider_ids: Vec<Option<String>>,
    codes: Vec<Option<String>>,
    details: Vec<Option<String>>,
    ended_ats: Vec<Option<DateTime<Utc>>>,
    suppressed_by: Vec<Uuid>,
    suppressed: Suppressed,
    told: Told,
    published: Published,
}

/// What goes to inboxes.
#[derive(Default)]
struct Told {
    messages: Vec<Uuid>,
    users: Vec<String>,
    ids: Vec<Uuid>,
    categories: Vec<String>,
    titles: Vec<String>,
    texts: Vec<String>,
    links: Vec<Option<String>>,
    datas: Vec<String>,
    keys: Vec<String>,
}

/// What goes to the outbox.
#[derive(Default)]
struct Published {
    of_messages: Vec<Uuid>,
    ids: Vec<Uuid>,
    queues: Vec<String>,
    messages: Vec<String>,
}

impl Told {
    fn push(
        &mut self,
        message: MessageId,
        (user, new): &(UserId, NewNotification),
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        new.check().map_err(PortError::corrupt)?;
        self.messages.push(message);
        self.users.push(user.to_string());
        self.ids.push(notification_id(message, at));
        self.categories.push(new.category.clone());
        self.titles.push(new.title.clone());
        self.texts.push(new.text.clone());
        self.links.push(new.link.clone());
        self.datas.push(json(&new.data)?);
        self.keys.push(new.dedupe_key.clone().unwrap_or_else(|| message.to_string()));
        Ok(())
    }
}

impl Published {
    fn push(&mut self, message: MessageId, entry: &OutboxEntry) -> Result<(), PortError> {
        self.of_messages.push(message);
        self.ids.push(entry.message.id);
        self.queues.push(entry.queue.as_str().to_owned());
        self.messages.push(entry.message.to_json().map_err(PortError::corrupt)?);
        Ok(())
    }
}

impl Columns {
    fn of(closed: &[Closed], at: DateTime<Utc>) -> Result<Self, PortError> {
        let mut columns = Self::default();
        for closed in closed {
            columns.push(closed, at)?;
        }
        Ok(columns)
    }

    fn push(&mut self, closed: &Closed, at: DateTime<Utc>) -> Result<(), PortError> {
        self.ids.push(closed.id);
        self.statuses.push(word(closed.status)?);
        self.reasons.push(closed.reason.map(word).transpose()?);
        self.due_ats.push(closed.due_at);
        let attempt = closed.attempt.as_ref();
        let outcome = attempt.map(|(_, outcome)| outcome);
        self.numbers.push(attempt.map(|(attempt, _)| number("number", *attempt)).transpose()?);
        self.outcomes.push(outcome.map(|outcome| word(outcome.status)).transpose()?);
        self.provider_ids.push(outcome.and_then(|outcome| outcome.provider_id.as_deref()).map(detail));
        self.codes.push(outcome.and_then(|outcome| outcome.code.as_deref()).map(detail));
        self.details.push(outcome.and_then(|outcome| outcome.detail.as_deref()).map(detail));
        self.ended_ats.push(outcome.map(|outcome| outcome.at));
        if let Some(suppression) = &closed.suppress {
            self.suppressed_by.push(closed.id);
            self.suppressed.push(suppression);
        }
        if let Some(told) = &closed.inbox {
            self.told.push(closed.id, told, at)?;
        }
        for entry in &closed.messages {
            self.published.push(closed.id, entry)?;
        }
        Ok(())
    }
}

pub(super) async fn messages_close(
    pool: &Pool,
    tenant: &TenantId,
    worker: &str,
    closed: &[Closed],
    at: DateTime<Utc>,
) -> Result<Vec<MessageId>, PortError> {
    if closed.is_empty() {
        return Ok(Vec::new());
    }
    let (columns, worker) = (Columns::of(closed, at)?, plain(worker));
    let (suppressed, told, published) = (&columns.suppressed, &columns.told, &columns.published);
    let close = || {
        pool.query(CLOSE)
            .bind(tenant.as_str())
            .bind(worker.as_ref())
            .bind(at)
            .bind(&columns.ids)
            .bind(&columns.statuses)
            .bind(&columns.reasons)
            .bind(&columns.due_ats)
            .bind(&columns.numbers)
            .bind(&columns.outcomes)
            .bind(&columns.provider_ids)
            .bind(&columns.codes)
            .bind(&columns.details)
            .bind(&columns.ended_ats)
            .bind(&columns.suppressed_by)
            .bind(&suppressed.channels)
            .bind(&suppressed.addresses)
            .bind(&suppressed.categories)
            .bind(&suppressed.whys)
            .bind(&suppressed.details)
            .bind(&suppressed.ats)
            .bind(&told.messages)
            .bind(&told.users)
            .bind(&told.ids)
            .bind(&told.categories)
            .bind(&told.titles)
            .bind(&told.texts)
            .bind(&told.links)
            .bind(&told.datas)
            .bind(&told.keys)
            .bind(i64::from(INBOX_MAX))
            .bind(&published.of_messages)
            .bind(&published.ids)
            .bind(&published.queues)
            .bind(&published.messages)
    };
    // Closed by a call whose answer was lost, they would seem to be another's the second time.
    let rows = pool.call(Repeat::Never, close).await.map_err(commit_error)?;
    let row = rows.first().ok_or_else(|| PortError::corrupt("notify_close answered nothing"))?;
    row.try_get("closed").map_err(port_error)
}
