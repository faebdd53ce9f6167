//! Which provider is asked, and what differs between them.

use std::sync::Arc;

use serde_json::Value;

use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::app::App;
use crate::faults::FaultKind;
use crate::record::{Draft, Entry};
use crate::{pagerduty, postmark, sendgrid, ses, slack, twilio, webhook};

/// A provider with an HTTP API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ses,
    Sendgrid,
    Postmark,
    Twilio,
    Slack,
    Pagerduty,
    Webhook,
}

impl Service {
    /// By the path, which says it.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/v2/enqueue" => Self::Pagerduty,
            "/email" | "/email/batch" => Self::Postmark,
            _ if path.starts_with("/v2/email/") => Self::Ses,
            _ if path.starts_with("/v3/") => Self::Sendgrid,
            _ if path.starts_with("/2010-04-01/") => Self::Twilio,
            _ if path.starts_with("/services/") => Self::Slack,
            _ if path.starts_with("/webhook/") => Self::Webhook,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ses => "ses",
            Self::Sendgrid => "sendgrid",
            Self::Postmark => "postmark",
            Self::Twilio => "twilio",
            Self::Slack => "slack",
            Self::Pagerduty => "pagerduty",
            Self::Webhook => "webhook",
        }
    }

    /// Whether it is a good request, and what it brings.
    pub(crate) fn judge(self, app: &App, asked: &Asked) -> Judged {
        match self {
            Self::Ses => ses::judge(app, asked),
            Self::Sendgrid => sendgrid::judge(app, asked),
            Self::Postmark => postmark::judge(app, asked),
            Self::Twilio => twilio::judge(app, asked),
            Self::Slack => slack::judge(asked),
            Self::Pagerduty => pagerduty::judge(asked),
            Self::Webhook => webhook::judge(app, asked),
        }
    }

    /// What it calls a message.
    pub(crate) fn identify(self, app: &App, number: u64, draft: &Draft) -> String {
        match self {
            Self::Ses => format!("0102{}-{}-000000", &app.id(number, 1)[..12], app.uuid(number, 0)),
            Self::Sendgrid => app.id(number, 0)[..22].to_owned(),
            Self::Postmark => app.uuid(number, 0),
            Self::Twilio => format!("SM{}", app.id(number, 0)),
            Self::Slack => String::new(),
            Self::Pagerduty => draft.tags.get("dedup_key").cloned().unwrap_or_else(|| app.id(number, 0)),
            Self::Webhook => draft.tags.get("webhook_id").cloned().unwrap_or_default(),
        }
    }

    /// The status of that answer.
    pub(crate) fn accepted_status(self) -> u16 {
        match self {
            Self::Sendgrid | Self::Pagerduty => 202,
            Self::Twilio => 201,
            _ => 200,
        }
    }

    /// What it answers to a message that it took.
    pub(crate) fn accepted(self, app: &App, entry: &Entry) -> Answer {
        match self {
            Self::Ses => ses::accepted(app, entry),
            Self::Sendgrid => sendgrid::accepted(entry),
            Self::Postmark => Answer::json(200, &postmark::result(entry.first())),
            Self::Twilio => twilio::accepted(entry),
            Self::Slack => Answer::text(200, "text/html", "ok"),
            Self::Pagerduty => pagerduty::accepted(entry),
            Self::Webhook => Answer::json(200, &Value::Object(serde_json::Map::new())),
        }
    }

    /// What it answers to messages that came together: only Postmark takes such.
    pub(crate) fn batch(results: &[Result<Arc<Entry>, Refusal>]) -> Answer {
        let list = results.iter().map(|result| match result {
            Ok(entry) => postmark::result(entry.first()),
            Err(refusal) => postmark::error(refusal),
        });
        Answer::json(200, &Value::Array(list.collect()))
    }

    /// What it answers to a message that it does not take.
    pub(crate) fn refuse(self, app: &App, number: u64, refusal: &Refusal) -> Answer {
        if let Some(body) = &refusal.body {
            return Answer::json(refusal.status, body).with_retry_after(refusal.retry_after_s);
        }
        let answer = match self {
            Self::Ses => ses::refuse(app, number, refusal),
            Self::Sendgrid => sendgrid::refuse(app, refusal),
            Self::Postmark => Answer::json(refusal.status, &postmark::error(refusal)),
            Self::Twilio => twilio::refuse(refusal),
            Self::Slack => Answer::text(refusal.status, "text/html", refusal.code.clone()),
            Self::Pagerduty => pagerduty::refuse(refusal),
            Self::Webhook => webhook::refuse(refusal),
        };
        answer.with_retry_after(refusal.retry_after_s)
    }

    /// The refusal that a fault brings about, in the provider's own words; none if the fault brings none.
    pub(crate) fn induced(self, kind: &FaultKind, to: &[String]) -> Option<Refusal> {
        let (status, code, message, body, retry_after_s) = match kind {
            FaultKind::Reject { status, code, message, body } => {
                (*status, code.clone(), message.clone(), body.clone(), None)
            }
            FaultKind::RateLimit { retry_after_s } => (429, None, None, None, *retry_after_s),
            _ => return None,
        };
        let to = to.first().map_or("", String::as_str);
        let (usual, says) = match self {
            Self::Ses => ses::usual(status, code.as_deref()),
            Self::Sendgrid => sendgrid::usual(status),
            Self::Postmark => postmark::usual(status, code.as_deref(), to),
            Self::Twilio => twilio::usual(status, code.as_deref(), to),
            Self::Slack => slack::usual(status),
            Self::Pagerduty => pagerduty::usual(status),
            Self::Webhook => webhook::usual(status),
        };
        let refusal = Refusal::new(status, code.unwrap_or(usual), message.unwrap_or(says));
        Some(Refusal { body, retry_after_s, ..refusal })
    }
}
