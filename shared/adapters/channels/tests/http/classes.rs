//! What is known of a message by how a request ended.

use crate::server::{Say, Server};
use crate::{message, provider};
use octavo_domain_notify::SendError;
use std::time::Duration;

const MAIL: [&str; 3] = ["sendgrid", "postmark", "ses"];
/// Of which nobody knows whether a message that is sent twice arrives once.
const ONCE: [&str; 5] = ["sendgrid", "postmark", "ses", "twilio", "slack"];
const AGAIN: [&str; 2] = ["webhook", "pagerduty"];

async fn refusal(name: &str, say: Say) -> SendError {
    let server = Server::saying(say).await;
    provider(name, &server.url).send(&message(name, &server.url)).await.unwrap_err()
}

fn kind(error: &SendError) -> &'static str {
    match error {
        SendError::Recipient { suppress: true, .. } => "recipient for ever",
        SendError::Recipient { .. } => "recipient",
        SendError::Rejected { .. } => "rejected",
        SendError::NotTaken { .. } => "not taken",
        SendError::Unknown { .. } => "unknown",
    }
}

fn answer(status: u16, body: &str) -> Say {
    Say::Answer(status, Vec::new(), body.to_owned())
}

#[tokio::test]
async fn a_status_says_what_is_known() {
    for (status, once, again) in [
        (301, "rejected", "rejected"),
        (400, "rejected", "rejected"),
        (401, "rejected", "rejected"),
        (403, "rejected", "rejected"),
        (413, "rejected", "rejected"),
        (408, "not taken", "not taken"),
        (429, "not taken", "not taken"),
        (503, "not taken", "not taken"),
        (500, "unknown", "not taken"),
        (502, "unknown", "not taken"),
        (504, "unknown", "not taken"),
    ] {
        for (names, wanted) in [(&ONCE[..], once), (&AGAIN[..], again)] {
            for name in names {
                let error = refusal(name, answer(status, "<html>hello")).await;
                assert_eq!(kind(&error), wanted, "{name} {status}: {error:?}");
            }
        }
    }
}

#[tokio::test]
async fn who_asks_to_wait_is_heard() {
    for (given, wanted) in [("7", Some(7)), ("99999999", Some(24 * 3600)), ("soon", None)] {
        let error = refusal("sendgrid", Say::Answer(429, vec![("retry-after", given.to_owned())], String::new())).await;
        let SendError::NotTaken { retry_after, code, .. } = error else { panic!("{error:?}") };
        assert_eq!((retry_after, code.as_deref()), (wanted.map(Duration::from_secs), Some("429")), "{given}");
    }
}

#[tokio::test]
async fn a_provider_s_own_codes_say_more() {
    for (name, status, body, wanted, code) in [
        ("postmark", 422, r#"{"ErrorCode":406,"Message":"inactive"}"#, "recipient for ever", "406"),
        ("postmark", 422, r#"{"ErrorCode":300,"Message":"Invalid 'From'"}"#, "rejected", "300"),
        (
            "postmark",
            422,
            r#"{"ErrorCode":300,"Message":"Error parsing 'To': Illegal email domain"}"#,
            "recipient",
            "300",
        ),
        ("postmark", 401, r#"{"ErrorCode":10,"Message":"Bad token"}"#, "rejected", "10"),
        (
            "sendgrid",
            400,
            r#"{"errors":[{"message":"no","field":"personalizations.0.to.0.email"}]}"#,
            "recipient",
            "400",
        ),
        ("sendgrid", 400, r#"{"errors":[{"message":"no","field":"from.email"}]}"#, "rejected", "400"),
        (
            "ses",
            400,
            r#"{"__type":"com.amazonaws.ses#MessageRejected","message":"not verified"}"#,
            "rejected",
            "MessageRejected",
        ),
        ("ses", 400, r#"{"__type":"LimitExceededException","message":"slow"}"#, "not taken", "LimitExceededException"),
        ("twilio", 400, r#"{"code":21211,"message":"invalid To"}"#, "recipient for ever", "21211"),
        ("twilio", 400, r#"{"code":21610,"message":"unsubscribed"}"#, "recipient for ever", "21610"),
        ("twilio", 400, r#"{"code":21612,"message":"not routable"}"#, "recipient", "21612"),
        ("twilio", 400, r#"{"code":21606,"message":"bad From"}"#, "rejected", "21606"),
        ("twilio", 401, r#"{"code":20003,"message":"Authenticate"}"#, "rejected", "20003"),
        ("twilio", 429, r#"{"code":20429,"message":"Too many"}"#, "not taken", "20429"),
        ("slack", 404, "no_service", "recipient", "no_service"),
        ("slack", 403, "action_prohibited", "recipient", "action_prohibited"),
        ("slack", 410, "channel_is_archived", "recipient", "channel_is_archived"),
        ("slack", 400, "invalid_payload", "rejected", "400"),
        ("pagerduty", 400, r#"{"status":"invalid event","errors":["'severity' is missing"]}"#, "rejected", "400"),
        ("webhook", 410, "gone", "recipient for ever", "410"),
        ("webhook", 404, "not yet", "rejected", "404"),
    ] {
        let error = refusal(name, answer(status, body)).await;
        assert_eq!(kind(&error), wanted, "{name} {body}: {error:?}");
        let (SendError::Recipient { code: given, .. }
        | SendError::Rejected { code: given, .. }
        | SendError::NotTaken { code: given, .. }) = error
        else {
            continue;
        };
        assert_eq!(given.as_deref(), Some(code), "{name} {body}");
    }
    let header = vec![("x-amzn-errortype", "TooManyRequestsException:http://internal.amazon.com/".to_owned())];
    let error = refusal("ses", Say::Answer(400, header, String::new())).await;
    assert!(
        matches!(&error, SendError::NotTaken { code: Some(code), .. } if code == "TooManyRequestsException"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_success_that_says_nothing_is_one() {
    for name in ONCE.iter().chain(&AGAIN) {
        for say in [answer(200, ""), answer(202, "<html>"), answer(200, "[1,2"), Say::Endless] {
            let server = Server::saying(say.clone()).await;
            let sent = provider(name, &server.url).send(&message(name, &server.url)).await;
            assert!(sent.is_ok(), "{name} {say:?}: {sent:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_made_and_not_answered() {
    let each = ONCE.iter().map(|name| (name, "unknown")).chain(AGAIN.iter().map(|name| (name, "not taken")));
    let asked = each.map(async |(name, wanted)| {
        for say in [Say::Cut, Say::Silence] {
            let error = refusal(name, say.clone()).await;
            assert_eq!(kind(&error), wanted, "{name} {say:?}: {error:?}");
        }
    });
    futures::future::join_all(asked).await;
}

#[tokio::test]
async fn a_request_that_was_never_made() {
    // Nobody listens on a port that is bound and no more, and nobody else gets it.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", bound.local_addr().unwrap());
    for name in ONCE.iter().chain(&AGAIN) {
        let error = provider(name, &url).send(&message(name, &url)).await.unwrap_err();
        assert_eq!(kind(&error), "not taken", "{name}: {error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        // TLS that is none.
        let server = Server::answering(200, "").await;
        let url = server.url.replace("http://", "https://");
        let provider =
            crate::providers(crate::configs(&url), crate::surroundings(&url, "https://127.0.0.1:*")).unwrap();
        let provider = provider.into_iter().find(|provider| provider.name() == *name).unwrap();
        let error = provider.send(&message(name, &url)).await.unwrap_err();
        assert_eq!(kind(&error), "not taken", "{name}: {error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_no_mail_is_not_sent() {
    for name in MAIL {
        let server = Server::answering(202, "{}").await;
        let provider = provider(name, &server.url);
        let mut wrong = message(name, &server.url);
        wrong.to.0 = "ada@acme.example, eve@evil.example".to_owned();
        assert_eq!(kind(&provider.send(&wrong).await.unwrap_err()), "recipient");
        let sms = message("twilio", &server.url);
        assert_eq!(kind(&provider.send(&sms).await.unwrap_err()), "rejected");
        assert!(server.asked().is_empty(), "{name}");
    }
}
