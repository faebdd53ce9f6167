//! Answers of 400 and above.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod wire;

use octavo_domain_ai::models::ProviderKind;
use octavo_domain_ai::ports::Upstream;
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::time::Duration;
use wire::{Server, answer, endpoint, request};

async fn refused(kind: ProviderKind, status: &str, headers: &str, body: &str) -> ProviderFault {
    let server = Server::answering(answer(status, headers, body)).await;
    let mut request = request(&server.url());
    request.endpoint = endpoint(kind, &server.url());
    wire::upstream().send(request).await.unwrap_err()
}

#[tokio::test]
async fn each_is_read_in_its_provider_s_form() {
    let openai = r#"{"error":{"message":"Bad.","type":"invalid_request_error","param":"n","code":"c"}}"#;
    for kind in [ProviderKind::OpenAi, ProviderKind::Azure { api_version: None }] {
        let fault = refused(kind, "400 Bad Request", "x-request-id: req_1\r\n", openai).await;
        let expected = ProviderFault {
            class: FaultClass::InvalidRequest,
            status: Some(400),
            message: "Bad.".to_owned(),
            kind: Some("invalid_request_error".to_owned()),
            code: Some("c".to_owned()),
            param: Some("n".to_owned()),
            retry_after: None,
            request_id: Some("req_1".to_owned()),
        };
        assert_eq!(fault, expected);
    }
    let anthropic = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#;
    let fault = refused(ProviderKind::Anthropic, "529 x", "", anthropic).await;
    assert_eq!((fault.class, fault.status), (FaultClass::Overloaded, Some(529)));
    assert_eq!((fault.message.as_str(), fault.request_id.as_deref()), ("Overloaded", Some("r")));
}

#[tokio::test]
async fn each_status_has_its_class() {
    use FaultClass::{
        Authentication, InvalidRequest, NotFound, Overloaded, Permission, Quota, RateLimited, Server, TooLarge,
    };
    let statuses = [
        ("400", InvalidRequest),
        ("401", Authentication),
        ("402", Quota),
        ("403", Permission),
        ("404", NotFound),
        ("413", TooLarge),
        ("422", InvalidRequest),
        ("429", RateLimited),
        ("500", Server),
        ("502", Server),
        ("503", Overloaded),
        ("529", Overloaded),
    ];
    for (status, class) in statuses {
        for kind in [ProviderKind::OpenAi, ProviderKind::Anthropic] {
            let fault = refused(kind, &format!("{status} x"), "", "").await;
            assert_eq!((fault.class, fault.status), (class, Some(status.parse().unwrap())), "{status}");
        }
    }
}

#[tokio::test]
async fn when_to_come_back() {
    let wait = async |headers: &str| refused(ProviderKind::OpenAi, "429 x", headers, "{}").await.retry_after;
    assert_eq!(wait("").await, None);
    assert_eq!(wait("retry-after: 7\r\n").await, Some(Duration::from_secs(7)));
    assert_eq!(wait("retry-after-ms: 250\r\nretry-after: 1\r\n").await, Some(Duration::from_millis(250)));
    assert_eq!(wait("x-ms-retry-after-ms: 90\r\n").await, Some(Duration::from_millis(90)));
    // The clock says that it is noon.
    assert_eq!(wait("retry-after: Thu, 26 Nov 2026 12:00:30 GMT\r\n").await, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_key_that_a_provider_quotes_is_not_passed_on() {
    let body = r#"{"error":{"message":"Incorrect API key provided: sk-secret.","type":"invalid_request_error"}}"#;
    let fault = refused(ProviderKind::OpenAi, "401 x", "", body).await;
    assert_eq!(fault.message, "Incorrect API key provided: [key].");
    assert_eq!(fault.class, FaultClass::Authentication);
}
