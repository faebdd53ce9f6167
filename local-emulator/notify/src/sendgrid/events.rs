//! The event webhook: a list of events, signed with ECDSA over time and body.

use serde_json::{Value, json};

use crate::app::App;
use crate::callback;
use crate::life::Step;
use crate::record::{Entry, Sent};

/// Tells whoever listens, an event for each recipient.
pub(crate) async fn tell(app: &App, entry: &Entry, step: &Step) {
    let Some(url) = app.callbacks.read().sendgrid.clone() else { return };
    let sent = entry.first();
    let timestamp = app.now() / 1_000;
    let list: Vec<Value> =
        sent.to.iter().enumerate().map(|(at, to)| event(app, sent, step, to, at as u64, timestamp)).collect();
    let kind = list.first().and_then(|event| event["event"].as_str()).unwrap_or_default().to_owned();
    let body = serde_json::to_vec(&list).unwrap_or_default();
    let timestamp = timestamp.to_string();
    let signature = app.keys.sendgrid_sign(&[timestamp.as_bytes(), &body].concat());
    callback::call(app, Some(entry), &url, &kind, |client| {
        client
            .post(&url)
            .header("content-type", "application/json")
            .header("user-agent", "SendGrid Event API")
            .header("x-twilio-email-event-webhook-signature", &signature)
            .header("x-twilio-email-event-webhook-timestamp", &timestamp)
            .body(body.clone())
    })
    .await;
}

fn event(app: &App, sent: &Sent, step: &Step, to: &str, at: u64, timestamp: u64) -> Value {
    let (kind, details) = match step {
        Step::Sent => ("processed", json!({"send_at": 0})),
        Step::Delivered => ("delivered", json!({"response": "250 2.0.0 OK", "tls": 1})),
        Step::Bounced { hard: true, code } => {
            let status = code.as_deref().unwrap_or("5.1.1");
            let reason = format!("550 {status} The email account that you tried to reach does not exist.");
            let class = "Invalid Address";
            ("bounce", json!({"reason": reason, "status": status, "type": "bounce", "bounce_classification": class}))
        }
        Step::Bounced { hard: false, code } => {
            let status = code.as_deref().unwrap_or("4.2.2");
            let (reason, class) = (format!("452 {status} The email account is over quota."), "Mailbox Unavailable");
            ("bounce", json!({"reason": reason, "status": status, "type": "blocked", "bounce_classification": class}))
        }
        Step::Complained => ("spamreport", json!({})),
    };
    let part = 16 * (at + 1) + kind.len() as u64;
    let mut event = json!({
        "email": to, "timestamp": timestamp, "event": kind, "sg_event_id": app.id(sent.number, part)[..22],
        "sg_message_id": format!("{}.recvd-fake-1-{:x}-{at}.0", sent.id, sent.number),
        "smtp-id": format!("<{}@geopod-ismtpd-fake>", sent.id),
    });
    for (name, value) in details.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    // Custom arguments lie beside the members of the event.
    for (name, value) in &sent.tags {
        event[name] = json!(value);
    }
    event
}
