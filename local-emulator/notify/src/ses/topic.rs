//! The SNS topic: an HTTP subscription that is confirmed and told, its envelopes signed (version 2); the certificate at an
//! address of ours. The real SNS tells nothing before the confirmation; this one does, for a test that confirms nothing.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::answer::{Answer, Asked};
use crate::app::{App, iso};
use crate::callback;
use crate::record::Entry;

const CERTIFICATE_PATH: &str = "/SimpleNotificationService-0000000000000000000000000000fake.pem";

/// Serves what SNS serves: its certificate, and the confirmation of a subscription.
pub(crate) fn topic(app: &App, asked: &Asked) -> Option<Answer> {
    match asked.uri.path() {
        CERTIFICATE_PATH => Some(match app.keys.sns_certificate() {
            Ok(pem) => Answer::text(200, "application/x-x509-ca-cert", pem),
            Err(error) => Answer::text(500, "text/plain", error.to_string()),
        }),
        "/" => {
            let query: Vec<(String, String)> =
                form_urlencoded::parse(asked.uri.query()?.as_bytes()).into_owned().collect();
            let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            let topic = app.callbacks.read().ses_topic.clone();
            let token = value("Token")?;
            if value("Action") != Some("ConfirmSubscription") || value("TopicArn") != Some(&topic) {
                return None;
            }
            if token != confirmation_token(app) {
                return Some(Answer::text(
                    400,
                    "text/xml",
                    "<ErrorResponse><Error><Code>InvalidParameter</Code>\
                    <Message>Invalid parameter: Token</Message></Error></ErrorResponse>",
                ));
            }
            app.confirmed.lock().insert(topic.clone());
            let body = format!(
                "<ConfirmSubscriptionResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><ConfirmSubscriptionResult>\
                 <SubscriptionArn>{topic}:{}</SubscriptionArn></ConfirmSubscriptionResult></ConfirmSubscriptionResponse>",
                app.uuid(0, 1)
            );
            Some(Answer::text(200, "text/xml", body))
        }
        _ => None,
    }
}

fn confirmation_token(app: &App) -> String {
    format!("{}{}", app.id(0, 2), app.id(0, 3))
}

/// Asks whoever listens to confirm the subscription: HTTP status of the answer, and none if nobody listens or answers.
pub(crate) async fn subscribe(app: &App) -> Option<u16> {
    let callbacks = app.callbacks.read().clone();
    let (url, topic) = (callbacks.ses?, callbacks.ses_topic);
    let token = confirmation_token(app);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "ConfirmSubscription")
        .append_pair("TopicArn", &topic)
        .append_pair("Token", &token)
        .finish();
    let envelope = envelope(
        app,
        app.uuid(0, 5),
        "SubscriptionConfirmation",
        &topic,
        vec![
            (
                "Message",
                format!(
                    "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
                ),
            ),
            ("SubscribeURL", format!("{}/?{query}", app.url)),
            ("Token", token),
        ],
    );
    post(app, None, &url, "SubscriptionConfirmation", &topic, &envelope?).await
}

/// Tells whoever listens.
pub(super) async fn publish(app: &App, entry: &Entry, kind: &str, event: &Value) {
    let callbacks = app.callbacks.read().clone();
    let (Some(url), topic) = (callbacks.ses, callbacks.ses_topic) else { return };
    // One event told twice is one to whoever remembers identifiers.
    let id = app.uuid(entry.first().number, 20 + kind.len() as u64);
    let fields = vec![("Message", event.to_string()), ("Subject", "Amazon SES Email Event Notification".to_owned())];
    if let Some(envelope) = envelope(app, id, "Notification", &topic, fields) {
        post(app, Some(entry), &url, kind, &topic, &envelope).await;
    }
}

async fn post(
    app: &App,
    entry: Option<&Entry>,
    url: &str,
    event: &str,
    topic: &str,
    envelope: &Map<String, Value>,
) -> Option<u16> {
    let text = |name: &str| envelope[name].as_str().unwrap_or_default().to_owned();
    let (kind, id) = (text("Type"), text("MessageId"));
    // SNS lays its envelopes out over lines.
    let body = serde_json::to_string_pretty(envelope).unwrap_or_default();
    callback::call(app, entry, url, event, |client| {
        client
            .post(url)
            .header("x-amz-sns-message-type", &kind)
            .header("x-amz-sns-message-id", &id)
            .header("x-amz-sns-topic-arn", topic)
            .header("content-type", "text/plain; charset=UTF-8")
            .header("user-agent", "Amazon Simple Notification Service Agent")
            .body(body.clone())
    })
    .await
}

/// The members by kind, signed over those that the documentation names, in the order of their names.
fn envelope(app: &App, id: String, kind: &str, topic: &str, fields: Vec<(&str, String)>) -> Option<Map<String, Value>> {
    let mut all = vec![
        ("Type", kind.to_owned()),
        ("MessageId", id),
        ("TopicArn", topic.to_owned()),
        ("Timestamp", iso(app.now())),
    ];
    all.extend(fields);
    let mut signed = all.clone();
    signed.sort();
    let text: String = signed.iter().map(|(name, value)| format!("{name}\n{value}\n")).collect();
    let signature = app.keys.sns_sign(text.as_bytes());
    let signature = signature.inspect_err(|error| tracing::error!(%error, "SNS cannot sign")).ok()?;
    all.push(("SignatureVersion", "2".to_owned()));
    all.push(("Signature", signature));
    all.push(("SigningCertURL", format!("{}{CERTIFICATE_PATH}", app.url)));
    if kind == "Notification" {
        all.push(("UnsubscribeURL", format!("{}/?Action=Unsubscribe&SubscriptionArn={topic}", app.url)));
    }
    Some(all.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect())
}
