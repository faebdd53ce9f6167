//! Webhooks: one a recipient, with basic authentication.

use serde_json::{Map, Value, json};

use crate::app::{App, iso};
use crate::callback;
use crate::life::Step;
use crate::record::{Entry, Sent};

const SERVER: u32 = 1;

/// Tells whoever listens. An address that bounced for good or complained is inactive from then on.
pub(crate) async fn tell(app: &App, entry: &Entry, step: &Step) {
    let sent = entry.first();
    if matches!(step, Step::Bounced { hard: true, .. } | Step::Complained) {
        sent.to.iter().for_each(|to| app.set_inactive(to));
    }
    let callbacks = app.callbacks.read().clone();
    let Some(url) = callbacks.postmark else { return };
    let now = iso(app.now());
    for (at, to) in sent.to.iter().enumerate() {
        let Some((kind, body)) = hook(sent, step, to, at as u64, &now) else { continue };
        let body = body.to_string();
        callback::call(app, Some(entry), &url, kind, |client| {
            let request = client.post(&url).header("content-type", "application/json").header("user-agent", "Postmark");
            let request = match &callbacks.postmark_user {
                Some(user) => request.basic_auth(user, callbacks.postmark_password.as_ref()),
                None => request,
            };
            request.body(body.clone())
        })
        .await;
    }
}

/// Postmark tells nothing of what goes on its way.
fn hook(sent: &Sent, step: &Step, to: &str, at: u64, now: &str) -> Option<(&'static str, Value)> {
    let asked = sent.body.as_ref().unwrap_or(&Value::Null);
    let metadata: Map<String, Value> = asked["Metadata"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let stream = asked["MessageStream"].as_str().unwrap_or("outbound");
    let mut body = json!({
        "ServerID": SERVER, "MessageStream": stream, "MessageID": sent.id, "Tag": asked["Tag"].as_str().unwrap_or_default(),
        "Metadata": metadata,
    });
    let (kind, details) = match step {
        Step::Sent => return None,
        Step::Delivered => (
            "Delivery",
            json!({"RecordType": "Delivery", "Recipient": to, "DeliveredAt": now, "Details": "smtp;250 2.0.0 OK"}),
        ),
        Step::Bounced { hard, code } => {
            let (kind, number, name, status, says) = match hard {
                true => (
                    "HardBounce",
                    1,
                    "Hard bounce",
                    "5.1.1",
                    "The server was unable to deliver your message (ex: unknown \
                    user, mailbox not found).",
                ),
                false => (
                    "SoftBounce",
                    4096,
                    "Soft bounce",
                    "4.2.2",
                    "Unable to temporarily deliver message (i.e. mailbox \
                    full, account disabled, exceeds quota, out of disk space).",
                ),
            };
            let details = format!("smtp;550 {} {to}", code.as_deref().unwrap_or(status));
            (
                kind,
                json!({"RecordType": "Bounce", "Type": kind, "TypeCode": number, "Name": name, "ID": sent.number * 100 + at,
                "Email": to, "From": sent.from, "BouncedAt": now, "Description": says, "Details": details, "DumpAvailable": false,
                "Inactive": hard, "CanActivate": true, "Subject": sent.subject}),
            )
        }
        Step::Complained => (
            "SpamComplaint",
            json!({"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Name": "Spam complaint",
                "ID": sent.number * 100 + at, "Email": to, "From": sent.from, "BouncedAt": now,
                "Description": "The subscriber explicitly marked this message as spam.", "Details": "", "DumpAvailable": false,
                "Inactive": true, "CanActivate": false, "Subject": sent.subject}),
        ),
    };
    for (name, value) in details.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    Some((kind, body))
}
