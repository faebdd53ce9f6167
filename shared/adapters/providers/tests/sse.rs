//! Event streams, byte by byte (HTML standard, section 9.2).
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod wire;

use octavo_adapters_providers::EVENT_BYTES_MAX;
use octavo_domain_ai::FaultClass;
use octavo_domain_ai::ports::{ServerSentEvent, Upstream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wire::{Server, ask, event, events, read, request};

/// Everything that a stream may have in it.
const STREAM: &str = "\u{feff}: a comment\n\nevent: message_start\ndata: {\"a\":\ndata:1}\n\n\
    data: é€😀 \r\n\r\nid: 7\rdata:  two\r\rretry: 10\n\nunknown: x\ndata\n\ndata: [DONE]\n\ndata: never ended";

fn expected() -> Vec<ServerSentEvent> {
    vec![
        event("message_start", "{\"a\":\n1}"),
        event("", "é€😀 "),
        event("", " two"),
        event("", ""),
        event("", "[DONE]"),
    ]
}

async fn of(body: &[u8]) -> (Vec<ServerSentEvent>, Option<octavo_domain_ai::ProviderFault>) {
    let server = Server::answering([wire::STREAM_HEAD.as_bytes(), body].concat()).await;
    read(events(ask(&server).await.unwrap())).await
}

#[tokio::test]
async fn every_kind_of_line() {
    assert_eq!(of(STREAM.as_bytes()).await, (expected(), None));
    assert_eq!(of(b"").await, (vec![], None), "no event is a clean end: the decoder judges");
}

/// The server splits the stream where the client's number of the connection says: at every byte once.
#[tokio::test]
async fn cut_at_every_byte() {
    let server = Server::start(|mut connection| async move {
        if connection.request().await.is_some() {
            let (a, b) = STREAM.as_bytes().split_at(connection.number);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            connection.write(head.as_bytes()).await;
            // Chunks as the client sees them, whatever the kernel joins.
            for part in [a, b].into_iter().filter(|part| !part.is_empty()) {
                connection.write(format!("{:x}\r\n", part.len()).as_bytes()).await;
                connection.write(part).await;
                connection.write(b"\r\n").await;
            }
            connection.write(b"0\r\n\r\n").await;
        }
    })
    .await;
    let upstream = wire::upstream();
    for cut in 0..=STREAM.len() {
        let reply = upstream.send(request(&server.url())).await.unwrap();
        assert_eq!(read(events(reply)).await, (expected(), None), "cut at {cut}");
    }
    assert_eq!(server.accepted(), STREAM.len() + 1);
}

#[tokio::test]
async fn one_byte_at_a_time() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(wire::STREAM_HEAD.as_bytes()).await;
        for byte in STREAM.as_bytes() {
            connection.write(&[*byte]).await;
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(read(events(ask(&server).await.unwrap())).await, (expected(), None));
}

#[tokio::test]
async fn an_event_is_given_as_soon_as_it_is_whole() {
    for end in ["\n\n", "\r\n\r\n", "\r\r"] {
        let server = Server::start(move |mut connection| async move {
            connection.request().await;
            connection.write(format!("{}data: 1{end}", wire::STREAM_HEAD).as_bytes()).await;
            connection.closed().await;
        })
        .await;
        let mut events = events(ask(&server).await.unwrap());
        let first = futures::StreamExt::next(&mut events).await.unwrap().unwrap();
        assert_eq!(first, event("", "1"), "{end:?}");
    }
}

#[tokio::test]
async fn what_is_no_utf8_is_a_fault_at_once() {
    let (got, fault) = of(b"data: 1\n\ndata: \xff\xfe\n\ndata: 3\n\n").await;
    assert_eq!(got, [event("", "1")]);
    assert_eq!(fault.unwrap().class, FaultClass::Protocol);
    let (_, fault) = of(b"data: \xe2\x82\n\n").await;
    assert_eq!(fault.unwrap().class, FaultClass::Protocol, "half a character");
}

#[tokio::test]
async fn a_large_event_passes_and_a_larger_one_does_not() {
    let fits = "x".repeat(EVENT_BYTES_MAX - 64);
    let (got, fault) = of(format!("data: 0\n\ndata: {fits}\n\ndata: 2\n\n").as_bytes()).await;
    assert_eq!(got.len(), 3, "{fault:?}");
    assert_eq!(got[1].data.len(), fits.len());
    let large = "x".repeat(2 * EVENT_BYTES_MAX);
    let (got, fault) = of(format!("data: 0\n\ndata: {large}\n\ndata: 2\n\n").as_bytes()).await;
    assert_eq!(got, [event("", "0")]);
    let fault = fault.unwrap();
    assert_eq!((fault.class, fault.message.as_str()), (FaultClass::Protocol, "an event has more than 4194304 bytes"));
}

/// What is sent without an end is not taken without an end, whatever it is that never ends.
#[tokio::test]
async fn a_hostile_stream_is_cut_off() {
    // What the kernel may hold for a reader, beside what was read.
    const IN_FLIGHT_MAX: usize = 40 * 1024 * 1024;
    let line = "x".repeat(8192);
    let endless: [String; 5] = [
        line.clone(),
        format!("data: {line}\n"),
        format!(": {line}\n"),
        "data\n".repeat(1000),
        format!("event: {line}\nid: {line}\n"),
    ];
    for flood in endless {
        let taken = Arc::new(AtomicUsize::new(0));
        let (counted, bytes) = (Arc::clone(&taken), Arc::new(flood.clone()));
        let server = Server::start(move |mut connection| {
            let (counted, bytes) = (Arc::clone(&counted), Arc::clone(&bytes));
            async move {
                connection.request().await;
                connection.write(wire::STREAM_HEAD.as_bytes()).await;
                counted.store(connection.flood(bytes.as_bytes()).await, Ordering::SeqCst);
                drop(bytes);
            }
        })
        .await;
        let (got, fault) = read(events(ask(&server).await.unwrap())).await;
        assert_eq!(got, [], "{:?}", &flood[..10]);
        assert_eq!(fault.unwrap().class, FaultClass::Protocol);
        // The server notices that the client has gone.
        tokio::time::timeout(wire::LONG, async {
            while taken.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await
        .unwrap();
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken < EVENT_BYTES_MAX + IN_FLIGHT_MAX, "{taken} bytes of {:?}", &flood[..10]);
    }
}
