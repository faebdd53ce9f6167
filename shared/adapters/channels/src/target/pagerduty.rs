//! PagerDuty, by its Events API v2.

use crate::http::{Repeats, Web, ask};
use crate::text::said;
use async_trait::async_trait;
use octavo_domain_notify::{Accepted, Channel, Outgoing, OutgoingContent, Provider, SendError};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

/// Longest summary, in characters.
const SUMMARY_CHARS_MAX: usize = 1_024;

/// Tells PagerDuty. Two events with one key are one incident, so that an event may be sent again.
pub(crate) struct Pagerduty {
    pub(crate) web: Arc<Web>,
    pub(crate) url: Url,
}

#[async_trait]
impl Provider for Pagerduty {
    fn name(&self) -> &'static str {
        "pagerduty"
    }

    fn channel(&self) -> Channel {
        Channel::Pagerduty
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let body = event(&message.content)
            .ok_or_else(|| SendError::Rejected { code: None, detail: "it is no event of PagerDuty's".to_owned() })?;
        let url = self.url.join("v2/enqueue").expect("a path can stand behind an origin");
        let answer = ask(self.web.any()?.post(url).json(&body), Repeats::Harmless).await?;
        let told = answer.json();
        if answer.is_success() {
            return Ok(Accepted { provider_id: told["dedup_key"].as_str().map(said), delivered: false });
        }
        let problems = told["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let problems = problems.collect::<Vec<_>>().join("; ");
        let detail = if problems.is_empty() { answer.text() } else { said(&problems) };
        Err(answer.refusal(Repeats::Harmless, None, detail))
    }
}

fn event(content: &OutgoingContent) -> Option<Value> {
    let OutgoingContent::Pagerduty { routing_key, action, dedup_key, summary, severity, source, details, link } =
        content
    else {
        return None;
    };
    let mut event = json!({ "routing_key": routing_key, "event_action": action, "dedup_key": dedup_key });
    if action == "trigger" {
        let summary: String = summary.chars().take(SUMMARY_CHARS_MAX).collect();
        event["payload"] = json!({ "summary": summary, "source": source, "severity": severity });
        if !details.is_null() {
            event["payload"]["custom_details"] = details.clone();
        }
        if let Some(link) = link {
            event["links"] = json!([{ "href": link, "text": summary }]);
        }
    }
    Some(event)
}
