//! Tells the owner of a saved search what is new.

use crate::Deps;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{OutboxEntry, TenantId};
use octavo_domain_notify::{Event, Recipient, Urgency, event_message};
use octavo_domain_search::{Hit, SAVED_FOUND, SavedSearch};
use serde_json::{Map, json};

/// Documents that are named; the others are a number.
const NAMED_MAX: usize = 10;
/// Characters of a title that are told.
const TITLE_CHARS_MAX: usize = 200;

/// The notification, in an outbox's form; none where nothing is new.
pub(super) fn told_messages(
    deps: &Deps,
    tenant: &TenantId,
    saved: &SavedSearch,
    hits: &[Hit],
    at: DateTime<Utc>,
) -> Vec<OutboxEntry> {
    if hits.is_empty() {
        return Vec::new();
    }
    let named = hits.iter().take(NAMED_MAX);
    let documents: Vec<_> = named
        .map(|hit| json!({ "id": hit.id, "title": hit.title.chars().take(TITLE_CHARS_MAX).collect::<String>() }))
        .collect();
    let link = match hits {
        [one] => format!("/documents/{}", one.id),
        _ => format!("/search?saved={}", saved.id),
    };
    let mut data = Map::new();
    data.insert("saved".to_owned(), json!(saved.id));
    data.insert("name".to_owned(), json!(saved.name));
    data.insert("count".to_owned(), json!(hits.len()));
    data.insert("more".to_owned(), json!(hits.len().saturating_sub(NAMED_MAX)));
    data.insert("documents".to_owned(), json!(documents));
    let event = Event {
        id: deps.desk.ids.next(),
        key: None,
        category: SAVED_FOUND.to_owned(),
        template: None,
        recipients: vec![Recipient::User { user: saved.owner.clone(), data: Map::new() }],
        data,
        link: Some(link),
        urgency: Urgency::Normal,
        channels: None,
        digest: None,
        matter: None,
        at,
    };
    vec![event_message(tenant, &event)]
}

/// Sends what was committed. That may fail without harm: the relay publishes what is still in the outbox.
pub(super) async fn publish(deps: &Deps, tenant: &TenantId, outbox: &[OutboxEntry]) {
    let mut published = Vec::new();
    for OutboxEntry { queue, message } in outbox {
        match deps.desk.queue.send(queue, std::slice::from_ref(message)).await {
            Ok(()) => published.push(message.id),
            Err(error) => tracing::warn!(%error, message = %message.id, %queue, "left in the outbox for the relay"),
        }
    }
    if !published.is_empty()
        && let Err(error) = deps.desk.saved.saved_published(tenant, &published).await
    {
        tracing::warn!(%error, "left in the outbox for the relay");
    }
}
