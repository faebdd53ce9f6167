//! What is asked of each provider, word for word, and what its success says.

use crate::server::{Asked, Say, Server};
use crate::{message, provider};
use octavo_domain_notify::Accepted;
use serde_json::json;

const ID: &str = "00000000-0000-0000-0000-000000000007";

async fn sent(name: &str, status: u16, headers: Vec<(&'static str, String)>, body: &str) -> (Accepted, Asked) {
    let server = Server::saying(Say::Answer(status, headers, body.to_owned())).await;
    let accepted = provider(name, &server.url).send(&message(name, &server.url)).await.unwrap();
    let mut asked = server.asked();
    assert_eq!(asked.len(), 1);
    (accepted, asked.remove(0))
}

fn accepted(id: &str) -> Accepted {
    Accepted { provider_id: Some(id.to_owned()), delivered: false }
}

#[tokio::test]
async fn sendgrid() {
    let (taken, asked) = sent("sendgrid", 202, vec![("x-message-id", "14c5d75ce93".to_owned())], "").await;
    assert_eq!(taken, accepted("14c5d75ce93"));
    assert_eq!((asked.line.as_str(), asked.header("authorization")), ("POST /v3/mail/send", "Bearer SG.secret"));
    let wanted = json!({
        "personalizations": [{ "to": [{ "email": "ada@acme.example", "name": "Jürgen" }] }],
        "from": { "email": "no-reply@octavo.example", "name": "Octavo GmbH" },
        "subject": "Grüße Bcc: eve@evil.example",
        "content": [{ "type": "text/plain", "value": "Hello" }, { "type": "text/html", "value": "<p>Hello</p>" }],
        "custom_args": { "octavo_tenant": "acme", "octavo_message": ID },
        "reply_to": { "email": "help@acme.example" },
        "headers": { "List-Unsubscribe": "<https://octavo.example/u>" },
    });
    assert_eq!(asked.json(), wanted);
}

#[tokio::test]
async fn postmark() {
    let (taken, asked) =
        sent("postmark", 200, Vec::new(), r#"{"ErrorCode":0,"Message":"OK","MessageID":"b7bc"}"#).await;
    assert_eq!(taken, accepted("b7bc"));
    assert_eq!((asked.line.as_str(), asked.header("x-postmark-server-token")), ("POST /email", "token"));
    let wanted = json!({
        "From": "\"Octavo GmbH\" <no-reply@octavo.example>",
        "To": "\"Jürgen\" <ada@acme.example>",
        "Subject": "Grüße Bcc: eve@evil.example",
        "TextBody": "Hello",
        "HtmlBody": "<p>Hello</p>",
        "MessageStream": "outbound",
        "Headers": [{ "Name": "List-Unsubscribe", "Value": "<https://octavo.example/u>" }],
        "Metadata": { "octavo_tenant": "acme", "octavo_message": ID },
        "ReplyTo": "help@acme.example",
    });
    assert_eq!(asked.json(), wanted);
    assert_eq!(provider("postmark", "http://127.0.0.1:1").per_second(), Some(7));
}

#[tokio::test]
async fn ses() {
    let (taken, asked) = sent("ses", 200, Vec::new(), r#"{"MessageId":"0102-x"}"#).await;
    assert_eq!(taken, accepted("0102-x"));
    assert_eq!(asked.line, "POST /v2/email/outbound-emails");
    let wanted = json!({
        "FromEmailAddress": "\"Octavo GmbH\" <no-reply@octavo.example>",
        "Destination": { "ToAddresses": ["=?UTF-8?B?SsO8cmdlbg==?= <ada@acme.example>"] },
        "Content": { "Simple": {
            "Subject": { "Data": "Grüße Bcc: eve@evil.example", "Charset": "UTF-8" },
            "Body": {
                "Text": { "Data": "Hello", "Charset": "UTF-8" },
                "Html": { "Data": "<p>Hello</p>", "Charset": "UTF-8" },
            },
            "Headers": [{ "Name": "List-Unsubscribe", "Value": "<https://octavo.example/u>" }],
        } },
        "EmailTags": [
            { "Name": "octavo_tenant", "Value": "acme" },
            { "Name": "octavo_message", "Value": ID },
        ],
        "ReplyToAddresses": ["help@acme.example"],
        "ConfigurationSetName": "octavo",
    });
    assert_eq!(asked.json(), wanted);
    assert_eq!(asked.header("x-amz-date"), "20260101T120000Z");
    let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/ses/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date, Signature=";
    let signature = asked.header("authorization").strip_prefix(start).unwrap();
    assert_eq!(signature, oracle(&asked), "as AWS's own signer signs it");
}

/// AWS's own signer.
fn oracle(asked: &Asked) -> String {
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;
    let identity = aws_credential_types::Credentials::new(
        "AKIDEXAMPLE",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        None,
        None,
        "",
    );
    let identity = identity.into();
    let time = chrono::DateTime::parse_from_rfc3339("2026-01-01T12:00:00Z").unwrap();
    let parameters = v4::SigningParams::builder().identity(&identity).region("eu-west-1").name("ses");
    let parameters = parameters.time(time.into()).settings(SigningSettings::default()).build().unwrap().into();
    let host = asked.header("host");
    let url = format!("http://{host}/v2/email/outbound-emails");
    let headers = [("host", host), ("content-type", "application/json")];
    let body = SignableBody::Bytes(asked.body.as_bytes());
    let request = SignableRequest::new("POST", url, headers.into_iter(), body).unwrap();
    sign(request, &parameters).unwrap().signature().to_owned()
}

#[tokio::test]
async fn twilio() {
    let (taken, asked) = sent("twilio", 201, Vec::new(), r#"{"sid":"SM1","status":"queued","error_code":null}"#).await;
    assert_eq!(taken, accepted("SM1"));
    assert_eq!(asked.line, "POST /2010-04-01/Accounts/AC0/Messages.json");
    assert_eq!(asked.header("authorization"), "Basic QUMwOmF1dGg=");
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    let callback = "https%3A%2F%2Foctavo.example%2Fv1%2Fnotification-callbacks%2Ftwilio%2Facme.";
    let wanted = format!("To=%2B4366012345&Body=Hello+%26+goodbye&StatusCallback={callback}{ID}&From=%2B15005550006");
    assert_eq!(asked.body, wanted);
}

#[tokio::test]
async fn slack() {
    let (taken, asked) = sent("slack", 200, Vec::new(), "ok").await;
    assert_eq!(taken, Accepted { provider_id: None, delivered: true });
    assert_eq!(asked.line, "POST /services/hunter2");
    assert_eq!(asked.json(), json!({ "text": "Hello", "blocks": [{ "type": "section" }] }));
}

#[tokio::test]
async fn pagerduty() {
    let body = r#"{"status":"success","message":"Event processed","dedup_key":"approval-7"}"#;
    let (taken, asked) = sent("pagerduty", 202, Vec::new(), body).await;
    assert_eq!(taken, accepted("approval-7"));
    assert_eq!(asked.line, "POST /v2/enqueue");
    let summary = "ä".repeat(1_024);
    let wanted = json!({
        "routing_key": "R0", "event_action": "trigger", "dedup_key": "approval-7",
        "payload": { "summary": summary, "source": "octavo", "severity": "warning", "custom_details": { "a": 1 } },
        "links": [{ "href": "https://octavo.example/a", "text": summary }],
    });
    assert_eq!(asked.json(), wanted);
}

#[tokio::test]
async fn webhook() {
    let (taken, asked) = sent("webhook", 204, Vec::new(), "").await;
    let id = "msg_00000000000000000000000000000007";
    assert_eq!(taken, Accepted { provider_id: Some(id.to_owned()), delivered: true });
    assert_eq!(
        (asked.line.as_str(), asked.body.as_str()),
        ("POST /hook?secret=hunter2", r#"{"type":"approval.requested"}"#)
    );
    assert_eq!((asked.header("webhook-id"), asked.header("webhook-timestamp")), (id, "1767268800"));
    assert_eq!(asked.header("webhook-signature"), signature(id, "1767268800", &asked.body));
    let mut again = message("webhook", "http://127.0.0.1:1");
    again.attempt = 2;
    assert_eq!(again.id, message("webhook", "").id, "the receiver knows a second attempt by the id");
}

fn signature(id: &str, timestamp: &str, body: &str) -> String {
    use aws_lc_rs::hmac;
    use base64::{Engine, engine::general_purpose::STANDARD};
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes())))
}
