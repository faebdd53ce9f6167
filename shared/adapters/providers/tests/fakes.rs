//! Against the emulator's providers, on their exact wire formats.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod wire;

use bytes::Bytes;
use futures::StreamExt;
use local_emulator_ai::{Fault, FaultKind, Options, Outcome, Server};
use octavo_domain_ai::FaultClass;
use octavo_domain_ai::models::ProviderKind;
use octavo_domain_ai::ports::{ServerSentEvent, Upstream, UpstreamRequest};
use std::sync::Arc;
use std::time::Duration;
use wire::{endpoint, events, read, request, upstream, whole};

const QUESTION: &str = "Say in some words what a gateway is and why it needs limits.";

async fn providers() -> Server {
    Server::start(Options::default()).await.unwrap()
}

/// The same question to each kind of provider.
fn questions(server: &Server, stream: bool) -> Vec<(&'static str, UpstreamRequest)> {
    let azure = |version: Option<&str>| ProviderKind::Azure { api_version: version.map(str::to_owned) };
    let (openai, messages) = (format!("{}/", server.openai_url()), format!("{}/v1/", server.anthropic_url()));
    let azure_base = format!("{}/openai/", server.azure_url());
    [
        ("openai", ProviderKind::OpenAi, openai, "chat/completions"),
        ("anthropic", ProviderKind::Anthropic, messages, "messages"),
        ("azure", azure(Some("2024-10-21")), azure_base.clone(), "chat/completions"),
        ("azure", azure(None), azure_base, "chat/completions"),
    ]
    .map(|(name, kind, base, path)| {
        let model = if name == "anthropic" { "claude-haiku-4-5" } else { "gpt-4.1" };
        let body = format!(
            r#"{{"model":"{model}","stream":{stream},"max_tokens":200,"messages":[{{"role":"user","content":"{QUESTION}"}}]}}"#
        );
        let request = UpstreamRequest {
            endpoint: endpoint(kind, &base),
            path: path.to_owned(),
            model: model.to_owned(),
            body: Bytes::from(body),
            stream,
            ..request(&base)
        };
        (name, request)
    })
    .into()
}

fn is_last(event: &ServerSentEvent) -> bool {
    event.data == "[DONE]" || event.name == "message_stop"
}

#[tokio::test]
async fn each_kind_answers_whole_and_in_events() {
    let server = providers().await;
    let upstream = upstream();
    for (name, request) in questions(&server, false) {
        let reply = upstream.send(request).await.unwrap();
        assert!(reply.request_id.is_some(), "{name}");
        let body = whole(reply);
        assert!(body.starts_with(b"{") && body.ends_with(b"}"), "{name}: {body:?}");
    }
    for (name, request) in questions(&server, true) {
        let (events, fault) = read(events(upstream.send(request).await.unwrap())).await;
        assert_eq!(fault, None, "{name}");
        assert!(events.len() > 5 && is_last(events.last().unwrap()), "{name}: {events:?}");
        assert_eq!(events[0].name, if name == "anthropic" { "message_start" } else { "" });
    }
    let requests = server.requests();
    let auth: Vec<_> = requests.iter().map(|request| request.auth.as_deref().unwrap()).collect();
    assert_eq!(auth, ["authorization", "x-api-key", "api-key", "api-key"].repeat(2));
    assert!(requests.iter().all(|request| request.outcome == Outcome::Sent && request.status == Some(200)));
}

#[tokio::test]
async fn refusals_and_when_to_come_back() {
    let server = providers().await;
    let upstream = upstream();
    let classes = [
        (400, FaultClass::InvalidRequest),
        (401, FaultClass::Authentication),
        (403, FaultClass::Permission),
        (404, FaultClass::NotFound),
        (413, FaultClass::TooLarge),
        (429, FaultClass::RateLimited),
        (500, FaultClass::Server),
        (503, FaultClass::Overloaded),
        (529, FaultClass::Overloaded),
    ];
    for (status, class) in classes {
        let kind = FaultKind::Status { status, retry_after_ms: Some(250), retry_after_s: Some(9), body: None };
        let id = server.add_fault(Fault::new("*", kind)).unwrap();
        for (name, request) in questions(&server, true) {
            let fault = upstream.send(request).await.unwrap_err();
            assert_eq!((fault.class, fault.status), (class, Some(status)), "{name}: {fault}");
            assert_eq!(fault.retry_after, Some(Duration::from_millis(250)), "{name}");
            assert!(fault.request_id.is_some(), "{name}");
        }
        server.remove_fault(id);
    }
    for (name, mut request) in questions(&server, true) {
        request.key = Arc::from("bad-key");
        let fault = upstream.send(request).await.unwrap_err();
        assert_eq!(fault.class, FaultClass::Authentication, "{name}: {fault}");
        assert!(!fault.message.contains("bad-key"), "{name}: {fault}");
    }
}

#[tokio::test]
async fn what_goes_wrong_on_the_way() {
    let server = providers().await;
    let upstream = upstream();
    let wrong = [
        (FaultKind::RefuseConnection, FaultClass::Network, 0),
        (FaultKind::Cut { chunks: 3 }, FaultClass::Network, 3),
        (FaultKind::Hang, FaultClass::Timeout, 0),
        (FaultKind::HangAfter { chunks: 3 }, FaultClass::Timeout, 3),
        (FaultKind::Latency { first_token_ms: 60_000, per_token_ms: 0, jitter_ms: 0 }, FaultClass::Timeout, 0),
        (FaultKind::Latency { first_token_ms: 0, per_token_ms: 60_000, jitter_ms: 0 }, FaultClass::Timeout, 1),
    ];
    for (kind, class, received) in wrong {
        let id = server.add_fault(Fault::new("*", kind.clone())).unwrap();
        let all = questions(&server, true).into_iter().map(async |(name, mut request)| {
            // A busy machine has answered by then.
            request.timeouts.first_token = Duration::from_secs(4);
            request.timeouts.idle = Duration::from_secs(3);
            let (got, fault) = match upstream.send(request).await {
                Ok(reply) => read(events(reply)).await,
                Err(fault) => (vec![], Some(fault)),
            };
            let fault = fault.unwrap();
            assert_eq!((fault.class, got.len()), (class, received), "{name}, {kind:?}: {fault}");
        });
        futures::future::join_all(all).await;
        server.remove_fault(id);
    }
}

#[tokio::test]
async fn what_the_decoder_must_judge_comes_through() {
    let server = providers().await;
    let upstream = upstream();
    let id = server.add_fault(Fault::new("*", FaultKind::ErrorIn200)).unwrap();
    for (name, request) in questions(&server, false) {
        let body = whole(upstream.send(request).await.unwrap());
        assert!(String::from_utf8_lossy(&body).contains("\"error\""), "{name}: {body:?}");
    }
    server.remove_fault(id);
    for kind in [FaultKind::ErrorInStream { chunks: 2 }, FaultKind::Malformed { chunks: Some(2) }, FaultKind::Empty] {
        let id = server.add_fault(Fault::new("*", kind.clone())).unwrap();
        for (name, request) in questions(&server, true) {
            let (events, fault) = read(events(upstream.send(request).await.unwrap())).await;
            assert_eq!(fault, None, "{name}, {kind:?}");
            assert_eq!(events.is_empty(), kind == FaultKind::Empty, "{name}, {kind:?}: {events:?}");
        }
        server.remove_fault(id);
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_is_noticed_by_the_provider() {
    let server = providers().await;
    let upstream = upstream();
    server.add_fault(Fault::new("*", FaultKind::HangAfter { chunks: 2 })).unwrap();
    for (_, request) in questions(&server, true) {
        let mut events = events(upstream.send(request).await.unwrap());
        events.next().await.unwrap().unwrap();
        drop(events);
    }
    tokio::time::timeout(wire::LONG, async {
        while !server.requests().iter().all(|request| request.client_left) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(server.requests().len(), 4);
}
