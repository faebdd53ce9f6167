//! An event as clients say it.

use chrono::{DateTime, Utc};
use octavo_domain_notify::{Channel, DigestRule, Event, EventId, Recipient, Urgency};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Somebody is to be told something.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventInput {
    /// Two of a tenant with one key are one event: 1 to 255 characters. The header `Idempotency-Key` says the same.
    #[schema(max_length = 255)]
    pub(super) key: Option<String>,
    /// What it is about: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`.
    #[schema(max_length = 64, example = "invoice.overdue")]
    category: String,
    /// Which template says it; the one that is called like the category, if not given, and `generic` where there is none.
    template: Option<String>,
    /// Who is to be told: 1 to 500. `{"to": "user", "user": "ada"}`, `{"to": "group", "group": "legal"}`,
    /// `{"to": "address", "channel": "email", "address": "a@b.example", "name": "A"}` or `{"to": "target", "target": "crm"}`.
    #[schema(value_type = Vec<Object>, example = json!([{"to": "user", "user": "ada"}]))]
    recipients: Vec<Recipient>,
    /// What templates may say: at most 64 KiB. The template `generic` says `title` and `text`.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"title": "Invoice 17 is overdue"}))]
    data: Map<String, Value>,
    /// Where it leads: a path of the application.
    #[schema(example = "/invoices/17")]
    link: Option<String>,
    /// How urgent it is: `low`, `normal` (if not given) or `urgent`: at once, by SMS too, whatever the hour.
    #[serde(default)]
    urgency: Urgency,
    /// Only by these channels; by those of the category's rule and the recipient's preferences, if not given.
    channels: Option<BTreeSet<Channel>>,
    /// Gathered with others of its key into one message: `{"key": "...", "period": "PT1H"}`; `period` null until the
    /// recipient's digest hour.
    #[schema(value_type = Option<Object>)]
    digest: Option<DigestRule>,
}

impl EventInput {
    pub(super) fn event(self, id: EventId, key: Option<String>, at: DateTime<Utc>) -> Event {
        Event {
            id,
            key: self.key.or(key),
            category: self.category,
            template: self.template,
            recipients: self.recipients,
            data: self.data,
            link: self.link,
            urgency: self.urgency,
            channels: self.channels,
            digest: self.digest,
            matter: None,
            at,
        }
    }
}
