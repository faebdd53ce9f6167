//! Heads, bodies and connections.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod wire;

use octavo_adapters_providers::{REFUSAL_BYTES_MAX, WHOLE_BYTES_MAX};
use octavo_domain_ai::models::ProviderKind;
use octavo_domain_ai::ports::{Upstream, UpstreamBody};
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use wire::{Server, answer, ask, event, events, read, request, whole};

async fn fault_of(bytes: impl Into<Vec<u8>>) -> ProviderFault {
    ask(&Server::answering(bytes).await).await.unwrap_err()
}

#[tokio::test]
async fn what_is_sent() {
    let (seen, was_seen) = oneshot::channel();
    let seen = Mutex::new(Some(seen));
    let seen = Arc::new(seen);
    let server = Server::start(move |mut connection| {
        let seen = seen.lock().unwrap().take();
        async move {
            let text = connection.request().await.unwrap();
            seen.unwrap().send(text).unwrap();
            connection.write(answer("200 OK", "", "{}").as_bytes()).await;
        }
    })
    .await;
    let mut request = request(&server.url());
    request.endpoint = wire::endpoint(
        ProviderKind::Azure { api_version: Some("2024-10-21".to_owned()) },
        &format!("http://{}/openai/", server.address),
    );
    request.headers = vec![("traceparent", "00-1-2-01".to_owned())];
    wire::upstream().send(request).await.unwrap();
    let sent = was_seen.await.unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, r#"{"model":"m","messages":[]}"#);
    let mut lines = head.lines();
    let line = "POST /openai/deployments/m/chat/completions?api-version=2024-10-21 HTTP/1.1";
    assert_eq!(lines.next(), Some(line));
    let mut headers: Vec<&str> = lines.collect();
    headers.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = concat!("user-agent: octavo/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        headers,
        [
            "accept-encoding: identity",
            "accept: text/event-stream",
            "api-key: sk-secret",
            "content-length: 27",
            "content-type: application/json",
            &host,
            "traceparent: 00-1-2-01",
            agent,
        ]
    );
}

#[tokio::test]
async fn what_the_head_says() {
    let headers = "x-ratelimit-remaining-requests: 59\r\nx-ratelimit-remaining-tokens: 1234\r\nx-request-id: req_1\r\n";
    let reply = ask(&Server::answering(answer("200 OK", headers, "{}")).await).await.unwrap();
    assert_eq!((reply.request_id.as_deref(), reply.remaining), (Some("req_1"), (Some(59), Some(1234))));
    let headers = "anthropic-ratelimit-requests-remaining: 0\r\nrequest-id: req_2\r\n";
    let reply = ask(&Server::answering(answer("200 OK", headers, "{}")).await).await.unwrap();
    assert_eq!((reply.request_id.as_deref(), reply.remaining), (Some("req_2"), (Some(0), None)));
    let reply = ask(&Server::answering(answer("200 OK", "apim-request-id: a\r\n", "{}")).await).await.unwrap();
    assert_eq!(reply.request_id.as_deref(), Some("a"));
}

#[tokio::test]
async fn the_media_type_decides_what_it_is() {
    let error = r#"{"error":{"message":"no"}}"#;
    let json = answer("200 OK", "content-type: application/json\r\n", error);
    assert_eq!(whole(ask(&Server::answering(json).await).await.unwrap()), error, "an error in a 200 is the decoder's");
    let none = ask(&Server::answering(answer("200 OK", "", "data: 1\n\n")).await).await.unwrap();
    assert!(matches!(none.body, UpstreamBody::Whole(_)));
    let server =
        Server::answering(answer("200 OK", "content-type: Text/Event-Stream ;charset=utf-8\r\n", "data: 1\n\n")).await;
    let mut unasked = request(&server.url());
    unasked.stream = false;
    let reply = wire::upstream().send(unasked).await.unwrap();
    assert_eq!(read(events(reply)).await, (vec![event("", "1")], None));
}

#[tokio::test]
async fn a_body_that_is_cut_off() {
    let fault = fault_of("HTTP/1.1 200 OK\r\ncontent-length: 10\r\nx-request-id: r\r\n\r\n{").await;
    assert_eq!((fault.class, fault.request_id.as_deref()), (FaultClass::Network, Some("r")), "{fault}");

    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
    let cut = format!("{head}content-length: 100\r\nx-request-id: r\r\n\r\ndata: 1\n\ndata: 2");
    let (got, fault) = read(events(ask(&Server::answering(cut).await).await.unwrap())).await;
    assert_eq!(got, [event("", "1")]);
    let fault = fault.unwrap();
    assert_eq!((fault.class, fault.status, fault.request_id.as_deref()), (FaultClass::Network, None, Some("r")));
    let cut = format!("{head}transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
    let (got, fault) = read(events(ask(&Server::answering(cut).await).await.unwrap())).await;
    assert_eq!((got, fault.unwrap().class), (vec![event("", "1")], FaultClass::Network));
    // Nothing says how long it is: the end of the connection is an end like any other.
    let open = format!("{head}\r\ndata: 1\n\ndata: 2");
    let (got, fault) = read(events(ask(&Server::answering(open).await).await.unwrap())).await;
    assert_eq!((got, fault), (vec![event("", "1")], None));
}

#[tokio::test]
async fn a_reset_in_mid_stream() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(format!("{}data: 1\n\n", wire::STREAM_HEAD).as_bytes()).await;
        connection.socket.set_zero_linger().unwrap();
    })
    .await;
    let (_, fault) = read(events(ask(&server).await.unwrap())).await;
    assert_eq!(fault.unwrap().class, FaultClass::Network);
}

#[tokio::test]
async fn no_answer_at_all() {
    let fault = fault_of("").await;
    assert_eq!(fault.class, FaultClass::Network, "{fault}");
    // Nobody listens on a port that is bound and no more, and nobody else gets it.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = bound.local_addr().unwrap();
    let fault = wire::upstream().send(request(&format!("http://{address}/"))).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Network);
    assert!(fault.message.contains("refused"), "{fault}");
    // TLS is spoken to a server that does not.
    let server = Server::start(|mut connection| async move {
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let fault = wire::upstream().send(request(&format!("https://{}/", server.address))).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Network, "{fault}");
}

#[tokio::test]
async fn an_answer_that_is_not_http() {
    for nonsense in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc OK\r\n\r\n"] {
        let fault = fault_of(nonsense).await;
        assert_eq!(fault.class, FaultClass::Protocol, "{nonsense}: {fault}");
    }
    let fault = fault_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc").await;
    assert_eq!(fault.class, FaultClass::Protocol, "{fault}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_nor_a_packed_answer_unpacked() {
    let elsewhere = Server::answering(answer("200 OK", "", "{}")).await;
    let fault = fault_of(answer("302 Found", &format!("location: {}\r\n", elsewhere.url()), "")).await;
    assert_eq!((fault.class, fault.status), (FaultClass::Protocol, Some(302)));
    assert_eq!(elsewhere.accepted(), 0);
    let fault = fault_of(answer("200 OK", "content-encoding: gzip\r\n", "\u{1f}")).await;
    assert_eq!(fault.class, FaultClass::Protocol);
    assert!(fault.message.contains("gzip"), "{fault}");
    assert_eq!(fault_of(answer("503 No", "content-encoding: gzip\r\n", "\u{1f}")).await.class, FaultClass::Overloaded);
    let plain = answer("200 OK", "content-encoding: identity\r\n", "{}");
    assert_eq!(whole(ask(&Server::answering(plain).await).await.unwrap()), "{}");
}

#[tokio::test]
async fn an_answer_that_is_too_long() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let taken = connection.flood(&[b' '; 65536]).await;
        assert!(taken > WHOLE_BYTES_MAX, "{taken}");
    })
    .await;
    let fault = ask(&server).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Protocol);
    assert!(fault.message.contains("33554432"), "{fault}");

    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(b"HTTP/1.1 200 OK\r\nx: ").await;
        connection.flood(&[b'a'; 65536]).await;
    })
    .await;
    assert_eq!(ask(&server).await.unwrap_err().class, FaultClass::Protocol, "one endless header");
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(b"HTTP/1.1 200 OK\r\n").await;
        connection.flood("x: a\r\n".repeat(5000).as_bytes()).await;
    })
    .await;
    assert_eq!(ask(&server).await.unwrap_err().class, FaultClass::Protocol, "endless headers");
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(b"HTTP/1.1 429 No\r\n\r\n").await;
        connection.flood(&[b'a'; 65536]).await;
    })
    .await;
    let fault = ask(&server).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::RateLimited, "an endless refusal");
    assert!(fault.message.len() <= REFUSAL_BYTES_MAX);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start(|mut connection| async move {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let answers = [
            answer("200 OK", "", "{}"),
            answer("429 No", "", "{}"),
            format!("{head}9\r\ndata: 1\n\n\r\n0\r\n\r\n"),
            answer("200 OK", "", "{}"),
        ];
        for answer in answers {
            connection.request().await;
            connection.write(answer.as_bytes()).await;
        }
    })
    .await;
    let upstream = wire::upstream();
    let request = || request(&server.url());
    assert_eq!(whole(upstream.send(request()).await.unwrap()), "{}");
    assert_eq!(upstream.send(request()).await.unwrap_err().class, FaultClass::RateLimited);
    assert_eq!(read(events(upstream.send(request()).await.unwrap())).await, (vec![event("", "1")], None));
    assert_eq!(whole(upstream.send(request()).await.unwrap()), "{}");
    assert_eq!(server.accepted(), 1);
}

/// The provider closed what was kept: nobody notices.
#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_error() {
    let (closed, mut was_closed) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut connection| {
        let closed = closed.clone();
        async move {
            connection.request().await;
            connection.write(answer("200 OK", "", "{}").as_bytes()).await;
            drop(connection);
            closed.send(()).unwrap();
        }
    })
    .await;
    let upstream = wire::upstream();
    for _ in 0..20 {
        assert_eq!(whole(upstream.send(request(&server.url())).await.unwrap()), "{}");
        was_closed.recv().await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_closes_the_connection() {
    for (reply, is_head) in [("", false), (wire::STREAM_HEAD, true)] {
        let (closed, was_closed) = oneshot::channel();
        let (asked, was_asked) = oneshot::channel();
        let ends = Arc::new(Mutex::new(Some((asked, closed))));
        let server = Server::start(move |mut connection| {
            let ends = ends.lock().unwrap().take();
            async move {
                let (asked, closed) = ends.unwrap();
                connection.request().await;
                connection.write(reply.as_bytes()).await;
                asked.send(()).unwrap();
                connection.closed().await;
                closed.send(()).unwrap();
            }
        })
        .await;
        let upstream = wire::upstream();
        if is_head {
            drop(upstream.send(request(&server.url())).await.unwrap());
        } else {
            let sending = upstream.send(request(&server.url()));
            tokio::select! {
                _ = sending => panic!("nothing was answered"),
                asked = was_asked => asked.unwrap(),
            }
        }
        tokio::time::timeout(wire::LONG, was_closed).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn pieces_are_not_kept_waiting() {
    // With the sender's delay (Nagle) and the receiver's (delayed acknowledgement) together each would take 40 ms.
    let server = Server::start(|mut connection| async move {
        for _ in 0..20 {
            connection.request().await;
            connection.write(answer("200 OK", "", "{}").as_bytes()).await;
        }
    })
    .await;
    let upstream = wire::upstream();
    let mut quickest = Duration::MAX;
    for _ in 0..20 {
        let began = tokio::time::Instant::now();
        upstream.send(request(&server.url())).await.unwrap();
        quickest = quickest.min(began.elapsed());
    }
    assert!(quickest < Duration::from_millis(20), "{quickest:?}");
}
