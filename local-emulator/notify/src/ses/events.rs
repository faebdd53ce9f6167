//! What SES tells of a message: event publishing, in the form that an SNS destination gets.

use serde_json::{Map, Value, json};

use super::topic;
use crate::app::{App, iso};
use crate::life::Step;
use crate::record::{Entry, Sent};

const ACCOUNT: &str = "123456789012";

/// Tells the topic, if somebody listens there.
pub(crate) async fn tell(app: &App, entry: &Entry, step: &Step) {
    let sent = entry.first();
    let (now, at) = (iso(app.now()), iso(sent.at));
    let event = event(sent, step, &now, &at, &app.uuid(sent.number, 7));
    let kind = event["eventType"].as_str().unwrap_or_default().to_owned();
    topic::publish(app, entry, &kind, &event).await;
}

/// `now` is when it happens, `at` when the message was taken; `feedback` is the event's own identifier.
fn event(sent: &Sent, step: &Step, now: &str, at: &str, feedback: &str) -> Value {
    let to = &sent.to;
    let (kind, member, details) = match step {
        Step::Sent => ("Send", "send", json!({})),
        Step::Delivered => (
            "Delivery",
            "delivery",
            json!({"timestamp": now, "processingTimeMillis": 532, "recipients": to,
                "smtpResponse": "250 2.6.0 Message received", "remoteMtaIp": "192.0.2.10",
                "reportingMTA": "mta.fake.amazonses.com"}),
        ),
        Step::Bounced { hard, code } => {
            let status = code.as_deref().unwrap_or(if *hard { "5.1.1" } else { "4.2.2" });
            let says = if *hard { "user unknown" } else { "mailbox full" };
            let reply = if *hard { 550 } else { 450 };
            let bounced: Vec<Value> = to
                .iter()
                .map(|to| {
                    json!({"emailAddress": to, "action": "failed", "status": status,
                        "diagnosticCode": format!("smtp; {reply} {status} {says}")})
                })
                .collect();
            let (kind, sub) = if *hard { ("Permanent", "General") } else { ("Transient", "MailboxFull") };
            let details = json!({"feedbackId": feedback, "bounceType": kind, "bounceSubType": sub,
                "bouncedRecipients": bounced, "timestamp": now, "reportingMTA": "dsn; mta.fake.amazonses.com"});
            ("Bounce", "bounce", details)
        }
        Step::Complained => {
            let complained: Vec<Value> = to.iter().map(|to| json!({"emailAddress": to})).collect();
            let details = json!({"feedbackId": feedback, "complaintSubType": null, "complainedRecipients": complained,
                "timestamp": now, "userAgent": "Fake feedback loop", "complaintFeedbackType": "abuse", "arrivalDate": now});
            ("Complaint", "complaint", details)
        }
    };
    json!({"eventType": kind, "mail": mail(sent, at), member: details})
}

fn mail(sent: &Sent, at: &str) -> Value {
    let headers: Vec<Value> = sent.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut tags = Map::from_iter([("ses:operation".to_owned(), json!(["SendEmail"]))]);
    for (name, value) in &sent.tags {
        if name != "message_id" {
            tags.insert(name.clone(), json!([value]));
        }
    }
    json!({
        "timestamp": at, "source": sent.from, "sendingAccountId": ACCOUNT, "messageId": sent.id, "destination": sent.to,
        "headersTruncated": false, "headers": headers,
        "commonHeaders": {"from": [sent.from], "to": sent.to, "messageId": sent.id, "subject": sent.subject},
        "tags": tags,
    })
}
