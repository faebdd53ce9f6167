//! A message in words, for its channel.

use super::compiled::{Cache, Form};
use super::context::{absolute, values_of};
use super::engine::Escape;
use super::select::{Selected, select};
use super::{TemplateError, check, clean};
use crate::{Branding, Channel, Event, MessageId, NewNotification, StoredTemplate};
use chrono::{DateTime, SecondsFormat, Utc};
use minijinja::context;
use octavo_domain_calendar::Zone;
use serde_json::{Map, Value, json};

const SUBJECT_CHARS_MAX: usize = 200;
const SMS_CHARS_MAX: usize = 1_600;
const TITLE_CHARS_MAX: usize = 200;
const BODY_CHARS_MAX: usize = 4_000;
/// A section of Slack's takes 3,000 characters.
const SLACK_CHARS_MAX: usize = 3_000;
const SUMMARY_CHARS_MAX: usize = 1_024;
/// What an inbox keeps for programs, in bytes of JSON.
const INBOX_DATA_BYTES_MAX: usize = 8 * 1024;
/// HTML for a template that has only text.
const TEXT_AS_HTML: &str = "<mj-text><div style=\"white-space:pre-line\">{{ _text }}</div></mj-text>";

/// What is to be said, to whom.
#[derive(Debug, Clone, Copy)]
pub struct Render<'a> {
    /// By which template: [`Event::template_name`].
    pub template: &'a str,
    /// By what.
    pub channel: Channel,
    /// In which language: [`languages`](super::languages).
    pub languages: &'a [String],
    /// The tenant's templates; those of other names are passed over.
    pub overrides: &'a [StoredTemplate],
    /// How it looks.
    pub branding: &'a Branding,
    /// Where the application is, for tenants that do not say where theirs is: `https://octavo.example`.
    pub public_url: &'a str,
    /// The recipient's zone.
    pub zone: &'a Zone,
    /// What the recipient is called.
    pub name: Option<&'a str>,
    /// What it is about.
    pub category: &'a str,
    /// What the template may say: [`Event::data_for`], or a digest's.
    pub data: &'a Map<String, Value>,
    /// Where it leads: a path of the application.
    pub link: Option<&'a str>,
    /// Where the recipient unsubscribes, if they may.
    pub unsubscribe_url: Option<&'a str>,
    /// When it happened.
    pub at: DateTime<Utc>,
}

/// A message in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// By which template: the one that was asked for, or `generic`.
    pub template: String,
    /// In which language.
    pub language: String,
    /// What it says.
    pub content: RenderedContent,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum RenderedContent {
    /// A mail.
    Email {
        /// One line: 1 to 200 characters.
        subject: String,
        /// Plain text.
        text: String,
        /// A whole document.
        html: String,
    },
    /// A text message: at most 1,600 characters.
    Sms {
        /// It.
        text: String,
    },
    /// For the inbox; passes [`NewNotification::check`]. Its key is the caller's.
    InApp(NewNotification),
    /// For Slack.
    Slack {
        /// In mrkdwn: at most 3,000 characters.
        text: String,
        /// It as blocks, with a button where it leads somewhere.
        blocks: Value,
    },
    /// For a pager.
    Pagerduty {
        /// One line: at most 1,024 characters.
        summary: String,
        /// Where it leads.
        link: Option<String>,
    },
    /// For a webhook: see [`webhook_body`].
    Webhook {
        /// One line.
        title: String,
        /// More, as plain text.
        text: String,
        /// Where it leads.
        link: Option<String>,
    },
}

/// Puts messages into words. A process keeps one: templates that were read stay read.
#[derive(Default)]
pub struct Templates {
    cache: Cache,
}

impl Templates {
    /// One that has read nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a message into words.
    ///
    /// # Errors
    /// The template cannot be read, or does too much with this data.
    pub fn render(&self, render: &Render<'_>) -> Result<Rendered, TemplateError> {
        let selected = select(render.template, render.languages, render.overrides);
        let values = values_of(render, selected.language);
        let words = Words { cache: &self.cache, selected, values, render };
        let content = match render.channel {
            Channel::Email => words.email(),
            Channel::Sms => words.sms(),
            Channel::InApp => words.in_app(),
            Channel::Slack => words.slack(),
            Channel::Pagerduty => words.pager(),
            Channel::Webhook => words.webhook(),
        }?;
        Ok(Rendered { template: selected.name.to_owned(), language: selected.language.to_owned(), content })
    }
}

struct Words<'a> {
    cache: &'a Cache,
    selected: Selected<'a>,
    values: minijinja::Value,
    render: &'a Render<'a>,
}

impl Words<'_> {
    fn email(self) -> Result<RenderedContent, TemplateError> {
        let subject = self.line("subject", SUBJECT_CHARS_MAX)?;
        let mut text = self.paragraphs("text")?;
        if text.is_empty() {
            text = self.link().map(|link| format!("{subject}\n\n{link}")).unwrap_or_else(|| subject.clone());
        }
        // A tenant that says only its own text means its mails to say that.
        let from_text = self.selected.own_says("text") && !self.selected.own_says("html");
        let own = self.selected.source("html").filter(|_| !from_text);
        let source = own.map_or(TEXT_AS_HTML, |(_, source)| source);
        let values = context! { subject => &subject, _text => &text, ..self.values.clone() };
        let html = self.cache.render("html", source, Form::Mail, &values)?;
        Ok(RenderedContent::Email { subject, text, html: clean::html(html) })
    }

    fn sms(self) -> Result<RenderedContent, TemplateError> {
        let text = match self.part("sms")? {
            Some(text) => clean::paragraphs(&text),
            None => {
                let title = self.line("title", TITLE_CHARS_MAX)?;
                self.link().map(|link| format!("{title} {link}")).unwrap_or(title)
            }
        };
        Ok(RenderedContent::Sms { text: clean::shorten(&text, SMS_CHARS_MAX) })
    }

    fn in_app(self) -> Result<RenderedContent, TemplateError> {
        let data = self.render.data;
        let small = serde_json::to_vec(data).is_ok_and(|bytes| bytes.len() <= INBOX_DATA_BYTES_MAX);
        Ok(RenderedContent::InApp(NewNotification {
            category: self.render.category.to_owned(),
            title: self.line("title", TITLE_CHARS_MAX)?,
            text: self.body()?,
            link: self.render.link.map(str::to_owned),
            data: if small { data.clone() } else { Map::new() },
            dedupe_key: None,
        }))
    }

    fn slack(self) -> Result<RenderedContent, TemplateError> {
        let text = match self.part("slack")? {
            Some(text) => clean::paragraphs(&text),
            // As it is escaped for Slack from its parts' sources, not what is plain text already.
            None => {
                let of = |part| self.part_as(part, Form::Text(Escape::Slack));
                let title = clean::line(&of("title")?.unwrap_or_default(), TITLE_CHARS_MAX);
                let body = clean::paragraphs(&of("body")?.unwrap_or_default());
                if body.is_empty() { format!("*{title}*") } else { format!("*{title}*\n{body}") }
            }
        };
        let text = clean::shorten(&text, SLACK_CHARS_MAX);
        let mut blocks = vec![json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})];
        if let Some(link) = self.link() {
            let label = if self.selected.language.starts_with("de") { "Öffnen" } else { "Open" };
            let button = json!({"type": "button", "text": {"type": "plain_text", "text": label}, "url": link});
            blocks.push(json!({"type": "actions", "elements": [button]}));
        }
        Ok(RenderedContent::Slack { text, blocks: Value::Array(blocks) })
    }

    fn pager(self) -> Result<RenderedContent, TemplateError> {
        Ok(RenderedContent::Pagerduty { summary: self.line("summary", SUMMARY_CHARS_MAX)?, link: self.link() })
    }

    fn webhook(self) -> Result<RenderedContent, TemplateError> {
        let (title, text) = (self.line("title", TITLE_CHARS_MAX)?, self.body()?);
        Ok(RenderedContent::Webhook { title, text, link: self.link() })
    }

    fn link(&self) -> Option<String> {
        self.render.link.map(|path| absolute(self.render, path))
    }

    fn body(&self) -> Result<String, TemplateError> {
        Ok(clean::shorten(&clean::paragraphs(&self.part("body")?.unwrap_or_default()), BODY_CHARS_MAX))
    }

    fn paragraphs(&self, part: &'static str) -> Result<String, TemplateError> {
        Ok(clean::paragraphs(&self.part(part)?.unwrap_or_default()))
    }

    /// One line that says something, whatever becomes of the part: a mail without a subject looks like none of ours.
    fn line(&self, part: &'static str, max: usize) -> Result<String, TemplateError> {
        let line = clean::line(&self.part(part)?.unwrap_or_default(), max);
        Ok(if line.is_empty() { clean::line(self.render.category, max) } else { line })
    }

    fn part(&self, part: &'static str) -> Result<Option<String>, TemplateError> {
        self.part_as(part, check::form(part))
    }

    fn part_as(&self, part: &'static str, form: Form) -> Result<Option<String>, TemplateError> {
        let Some((part, source)) = self.selected.source(part) else { return Ok(None) };
        self.cache.render(part, source, form, &self.values).map(Some)
    }
}

impl Event {
    /// The template that says it: its own, else the one that is called like its category.
    pub fn template_name(&self) -> &str {
        self.template.as_deref().unwrap_or(&self.category)
    }

    /// What templates may say to this recipient: what is said to them alone lies over what is said to all.
    pub fn data_for(&self, recipient: &crate::Recipient) -> Map<String, Value> {
        let mut data = self.data.clone();
        if let crate::Recipient::User { data: own, .. } = recipient {
            data.extend(own.clone());
        }
        data
    }
}

/// The body of a webhook, as the Standard Webhooks specification has it: `type`, `timestamp`, `data`. `data.id` is the same however
/// often it is delivered.
pub fn webhook_body(event: &Event, message: MessageId, content: &RenderedContent) -> Value {
    let (title, text, link) = match content {
        RenderedContent::Webhook { title, text, link } => (title.as_str(), text.as_str(), link.as_deref()),
        _ => ("", "", None),
    };
    json!({
        "type": event.category,
        "timestamp": event.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "data": {
            "id": message, "event": event.id, "title": title, "text": text, "link": link, "urgency": event.urgency,
            "data": event.data,
        },
    })
}
