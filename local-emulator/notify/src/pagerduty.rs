//! PagerDuty's Events API, version 2: `POST /v2/enqueue`. Any routing key of 32 characters is known.

use serde_json::{Value, json};

use crate::answer::{Answer, Asked, Judged, Refusal};
use crate::record::{Draft, Entry, Kind};

const ROUTING_KEY_CHARS: usize = 32;

/// Characters of a deduplication key and of a summary, bytes of an event.
const DEDUP_KEY_CHARS_MAX: usize = 255;
const SUMMARY_CHARS_MAX: usize = 1_024;
const EVENT_BYTES_MAX: usize = 512 << 10;

pub(crate) fn judge(asked: &Asked) -> Judged {
    let mut draft = Draft::new(Kind::Pager);
    draft.raw = asked.body.clone();
    if asked.method != hyper::Method::POST {
        return Judged::Answer(Answer::json(405, &json!({"status": "error", "message": "Method Not Allowed"})));
    }
    if asked.body.len() > EVENT_BYTES_MAX {
        return Judged::one(draft, Some(Refusal::new(413, "payload too large", "Event exceeds 512 KB")));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return Judged::one(draft, Some(Refusal::new(400, "invalid event", "JSON is malformed")));
    };
    let wrong = fill(&mut draft, &body);
    draft.body = Some(body);
    let refusal = (!wrong.is_empty()).then(|| Refusal { messages: wrong, ..Refusal::new(400, "invalid event", "") });
    Judged::one(draft, refusal)
}

/// All that is wrong with the event.
fn fill(draft: &mut Draft, body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let key = text(&body["routing_key"]);
    match key.chars().count() {
        0 => wrong.push("'routing_key' is missing or blank".to_owned()),
        ROUTING_KEY_CHARS => {}
        _ => wrong.push(format!("Length of 'routing_key' is incorrect (should be {ROUTING_KEY_CHARS} characters)")),
    }
    draft.to.push(key);
    let action = text(&body["event_action"]);
    if !matches!(action.as_str(), "trigger" | "acknowledge" | "resolve") {
        let says = "'event_action' is missing or invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')";
        wrong.push(says.to_owned());
    }
    let dedup = text(&body["dedup_key"]);
    if dedup.chars().count() > DEDUP_KEY_CHARS_MAX {
        wrong.push(format!("'dedup_key' is longer than {DEDUP_KEY_CHARS_MAX} characters"));
    }
    match dedup.is_empty() {
        true if action != "trigger" => wrong.push("'dedup_key' is missing or blank".to_owned()),
        true => {}
        false => drop(draft.tags.insert("dedup_key".to_owned(), dedup)),
    }
    draft.tags.insert("event_action".to_owned(), action.clone());
    if action != "trigger" {
        return wrong;
    }
    let payload = &body["payload"];
    for member in ["summary", "source", "severity"] {
        if text(&payload[member]).is_empty() {
            wrong.push(format!("'payload.{member}' is missing or blank"));
        }
    }
    let severity = text(&payload["severity"]);
    if !matches!(severity.as_str(), "" | "critical" | "warning" | "error" | "info") {
        let says =
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')";
        wrong.push(says.to_owned());
    }
    draft.subject = text(&payload["summary"]);
    if draft.subject.chars().count() > SUMMARY_CHARS_MAX {
        wrong.push(format!("'payload.summary' is longer than {SUMMARY_CHARS_MAX} characters"));
    }
    draft.from = text(&payload["source"]);
    wrong
}

pub(crate) fn accepted(entry: &Entry) -> Answer {
    let body = json!({"status": "success", "message": "Event processed", "dedup_key": entry.first().id});
    Answer::json(202, &body)
}

pub(crate) fn refuse(refusal: &Refusal) -> Answer {
    let says = match refusal.code.as_str() {
        "invalid event" => "Event object is invalid",
        "throttle exceeded" => "Requests for this service are arriving too quickly.  Please retry later.",
        _ => refusal.message(),
    };
    let body = json!({"status": refusal.code, "message": says, "errors": refusal.messages});
    Answer::json(refusal.status, &body)
}

pub(crate) fn usual(status: u16) -> (String, String) {
    let (code, says) = match status {
        429 => ("throttle exceeded", "Enhance Your Calm."),
        500.. => ("error", "Internal Server Error"),
        _ => ("invalid event", "The event was refused."),
    };
    (code.to_owned(), says.to_owned())
}
