//! A message in words.

use super::known::Known;
use crate::{Deps, Unsubscribe};
use octavo_domain_calendar::Zone;
use octavo_domain_kernel::TenantId;
use octavo_domain_notify::{
    Address, Category, Channel, Claim, Digest, Event, NewNotification, OutgoingContent, Recipient, Render, Rendered,
    RenderedContent, TargetKind, TemplateError, languages, webhook_body,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What somebody wants a pager to do, in an event's data; `trigger` if nothing is said.
const PAGER_ACTION: &str = "pager_action";
/// What an event is about, for a pager: the same while it lasts. The event's key, else its id, if nothing is said.
const PAGER_KEY: &str = "pager_key";
const PAGER_ACTIONS: [&str; 3] = ["trigger", "acknowledge", "resolve"];

/// A message that is to be put into words.
pub(super) struct Words<'a> {
    pub(super) deps: &'a Deps,
    pub(super) tenant: &'a TenantId,
    pub(super) known: &'a Known,
    pub(super) claim: &'a Claim,
    /// What of it is told: at least one.
    pub(super) events: &'a [Arc<Event>],
}

impl Words<'_> {
    /// For the inbox.
    pub(super) fn notice(&self) -> Result<NewNotification, TemplateError> {
        match self.rendered(None)?.content {
            RenderedContent::InApp(new) => Ok(new),
            _ => Err(self.mismatch()),
        }
    }

    /// For a provider. `target` is what the recipient is, if it is a target.
    pub(super) fn outgoing(
        &self,
        address: &Address,
        target: Option<TargetKind>,
    ) -> Result<OutgoingContent, TemplateError> {
        let unsubscribe = self.unsubscribe(address);
        let rendered = self.rendered(unsubscribe.as_deref())?;
        let event = &self.events[0];
        Ok(match (rendered.content, target) {
            (RenderedContent::Email { subject, text, html }, None) => OutgoingContent::Email {
                from: self.known.settings.mail_from.clone(),
                reply_to: self.known.settings.reply_to.clone(),
                subject,
                text,
                html,
                headers: headers(unsubscribe),
            },
            (RenderedContent::Sms { text }, None) => OutgoingContent::Sms { text },
            (content @ RenderedContent::Webhook { .. }, Some(TargetKind::Webhook { url, secret })) => {
                let body = webhook_body(event, self.claim.message.id, &content);
                OutgoingContent::Webhook { url, secret, body }
            }
            (RenderedContent::Slack { text, blocks }, Some(TargetKind::Slack { url })) => {
                OutgoingContent::Slack { url, text, blocks }
            }
            (RenderedContent::Pagerduty { summary, link }, Some(TargetKind::Pagerduty { routing_key, severity })) => {
                self.page(event, routing_key, severity, summary, link)
            }
            _ => return Err(self.mismatch()),
        })
    }

    fn page(
        &self,
        event: &Event,
        routing_key: String,
        severity: String,
        summary: String,
        link: Option<String>,
    ) -> OutgoingContent {
        let said = |name: &str| event.data.get(name).and_then(Value::as_str);
        let action = said(PAGER_ACTION).filter(|action| PAGER_ACTIONS.contains(action)).unwrap_or(PAGER_ACTIONS[0]);
        let own = || event.key.clone().unwrap_or_else(|| event.id.to_string());
        OutgoingContent::Pagerduty {
            routing_key,
            action: action.to_owned(),
            dedup_key: said(PAGER_KEY).map_or_else(own, str::to_owned),
            summary,
            severity,
            source: format!("octavo/{}", self.tenant),
            details: json!({ "category": event.category, "event": event.id, "data": event.data }),
            link,
        }
    }

    fn rendered(&self, unsubscribe_url: Option<&str>) -> Result<Rendered, TemplateError> {
        let (message, settings) = (&self.claim.message, &self.known.settings);
        let person = message.user.as_ref().and_then(|user| self.known.people.get(user));
        let (name, language, zone) = match &message.recipient {
            Recipient::Address { name, language, zone, .. } => (name.as_deref(), language.as_deref(), zone.as_ref()),
            _ => match person {
                Some(person) => (person.name.as_deref(), person.language.as_deref(), person.zone.as_ref()),
                None => (None, None, None),
            },
        };
        let utc = Zone::utc();
        let languages = languages(language, settings.language.as_deref());
        let event = self.events.last().expect("there is at least one");
        let nothing = Map::new();
        let render = Render {
            template: event.template_name(),
            channel: message.channel,
            languages: &languages,
            overrides: &self.known.overrides,
            branding: &settings.branding,
            public_url: self.deps.links.public_url(),
            zone: zone.or(settings.zone.as_ref()).unwrap_or(&utc),
            name,
            category: &message.category,
            data: &nothing,
            link: event.link.as_deref(),
            unsubscribe_url,
            at: event.at,
        };
        // What the store cut off is still counted; what is not wanted any more is not.
        let dropped = u32::try_from(self.claim.events.len() - self.events.len()).unwrap_or(u32::MAX);
        let gathered = self.claim.gathered.saturating_sub(dropped);
        if message.digest.is_some() && gathered > 1 {
            let digest = Digest { events: self.events, gathered, recipient: &message.recipient };
            let data = self.deps.templates.digest_data(&digest, &render)?;
            return self.deps.templates.render(&Render {
                template: Digest::TEMPLATE,
                data: &data,
                link: None,
                ..render
            });
        }
        let recipient = self.own(event);
        self.deps.templates.render(&Render { data: &event.data_for(recipient), category: &event.category, ..render })
    }

    /// The recipient as an event names it: what it says to them alone is its own.
    fn own<'b>(&'b self, event: &'b Event) -> &'b Recipient {
        let recipient = &self.claim.message.recipient;
        let Recipient::User { user: wanted, .. } = recipient else { return recipient };
        let named =
            event.recipients.iter().find(|named| matches!(named, Recipient::User { user, .. } if user == wanted));
        named.unwrap_or(recipient)
    }

    /// Where whoever gets this mail unsubscribes, if they may.
    fn unsubscribe(&self, address: &Address) -> Option<String> {
        let message = &self.claim.message;
        if message.channel != Channel::Email || message.mandatory {
            return None;
        }
        let categories: BTreeSet<&Category> = self.events.iter().map(|event| &event.category).collect();
        Some(self.deps.links.url(Unsubscribe {
            tenant: self.tenant.clone(),
            user: message.user.clone(),
            address: address.clone(),
            categories: categories.into_iter().cloned().collect(),
        }))
    }

    fn mismatch(&self) -> TemplateError {
        TemplateError {
            part: self.claim.message.channel.to_string(),
            line: None,
            message: "the recipient is not one of this channel".to_owned(),
        }
    }
}

/// Mail programs show a button for it (RFC 8058); and answer nothing by themselves (RFC 3834).
fn headers(unsubscribe: Option<String>) -> Vec<(String, String)> {
    let mut headers = vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
    if let Some(url) = unsubscribe {
        headers.push(("List-Unsubscribe".to_owned(), format!("<{url}>")));
        headers.push(("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()));
    }
    headers
}
