//! Several events in one message.

use super::{Render, RenderedContent, TemplateError, Templates};
use crate::{Channel, Event, Recipient};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a digest gathers.
#[derive(Debug, Clone, Copy)]
pub struct Digest<'a> {
    /// Oldest first.
    pub events: &'a [Arc<Event>],
    /// How many were gathered in all.
    pub gathered: u32,
    /// For whom: each is called as it is to them.
    pub recipient: &'a Recipient,
}

impl Digest<'_> {
    /// The template that says digests.
    pub const TEMPLATE: &'static str = "digest";
}

impl Templates {
    /// What the template `digest` may say: `items` with `title`, `text`, `link` (from outside), `category` and `at` of each; `count`,
    /// how many were gathered; `more`, how many of them are not among the items. `render` is that of the digest; each item is said by its
    /// own template in the same way.
    ///
    /// # Errors
    /// A template of an event cannot be read; the others do not matter then, as the tenant is to mend it.
    pub fn digest_data(&self, digest: &Digest<'_>, render: &Render<'_>) -> Result<Map<String, Value>, TemplateError> {
        let mut items = Vec::with_capacity(digest.events.len());
        for event in digest.events {
            let item = self.render(&Render {
                template: event.template_name(),
                channel: Channel::Webhook,
                category: &event.category,
                data: &event.data_for(digest.recipient),
                link: event.link.as_deref(),
                at: event.at,
                ..*render
            })?;
            let RenderedContent::Webhook { title, text, link } = item.content else { continue };
            items.push(json!({"title": title, "text": text, "link": link, "category": event.category, "at": event.at}));
        }
        let more = digest.gathered.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
        let mut data = Map::new();
        data.insert("items".to_owned(), Value::Array(items));
        data.insert("count".to_owned(), json!(digest.gathered));
        data.insert("more".to_owned(), json!(more));
        Ok(data)
    }
}
