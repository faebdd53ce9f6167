//! Each deadline on its own. (Real time: tokio's paused clock would run ahead of the sockets.)
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod wire;

use futures::StreamExt;
use octavo_domain_ai::ports::{Timeouts, Upstream};
use octavo_domain_ai::{FaultClass, ProviderFault};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::time::Instant;
use wire::{Server, events, patient, read, request};

/// Long enough that a busy machine has connected, asked and heard the beginning by then.
const SHORT: Duration = Duration::from_millis(1_500);
/// Well below the next larger limit, with room for a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn is_timeout(fault: &ProviderFault, which: &str) {
    assert_eq!(fault.class, FaultClass::Timeout, "{fault}");
    assert!(fault.message.contains(which), "{fault}");
    assert!(fault.message.contains(&format!("{SHORT:?}")), "{fault}");
}

async fn send(server: &Server, timeouts: Timeouts) -> Result<octavo_domain_ai::ports::UpstreamReply, ProviderFault> {
    let began = Instant::now();
    let answered =
        wire::upstream().send(octavo_domain_ai::ports::UpstreamRequest { timeouts, ..request(&server.url()) }).await;
    assert!(began.elapsed() < SOON);
    answered
}

#[tokio::test]
async fn a_connection_that_is_not_made() {
    // A listener whose queue is full: the kernel drops what else knocks.
    let listening = TcpSocket::new_v4().unwrap();
    listening.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = listening.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut knocking = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(200), TcpSocket::new_v4().unwrap().connect(address)).await
    {
        knocking.push(connected.unwrap());
        assert!(knocking.len() < 100, "the queue is never full");
    }
    let url = format!("http://{address}/");
    let (upstream, mut hurried, mut slow) = (wire::upstream(), request(&url), request(&url));
    (hurried.timeouts.connect, slow.timeouts.connect) = (SHORT, 2 * SHORT);
    let (hurried, slow) = tokio::join!(upstream.send(hurried), upstream.send(slow));
    is_timeout(&hurried.unwrap_err(), "no connection");
    let fault = slow.unwrap_err();
    assert_eq!(fault.message, format!("no connection within {:?}", 2 * SHORT), "each request has its own");
}

#[tokio::test]
async fn a_head_that_does_not_come() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let fault = send(&server, Timeouts { first_token: SHORT, ..patient() }).await.unwrap_err();
    is_timeout(&fault, "no first piece");
    let fault = send(&server, Timeouts { total: SHORT, ..patient() }).await.unwrap_err();
    is_timeout(&fault, "not all of the answer");
    send(&server, Timeouts { idle: SHORT, first_token: 3 * SHORT, ..patient() }).await.unwrap_err();
}

#[tokio::test]
async fn a_first_event_that_does_not_come() {
    // Signs of life are no event.
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(wire::STREAM_HEAD.as_bytes()).await;
        loop {
            tokio::select! {
                () = connection.closed() => return,
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
            connection.write(b": wait\n\nretry: 5\n\n").await;
        }
    })
    .await;
    let reply = send(&server, Timeouts { first_token: SHORT, ..patient() }).await.unwrap();
    let (read, fault) = read(events(reply)).await;
    assert_eq!(read, []);
    is_timeout(&fault.unwrap(), "no first piece");
}

/// Two events, then silence.
async fn falling_silent() -> Server {
    Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(wire::STREAM_HEAD.as_bytes()).await;
        connection.write(b"data: 1\n\ndata: 2\n\ndata: 3").await;
        connection.closed().await;
    })
    .await
}

#[tokio::test]
async fn a_piece_that_does_not_come() {
    let server = falling_silent().await;
    let reply = send(&server, Timeouts { idle: SHORT, first_token: SOON, ..patient() }).await.unwrap();
    let (got, fault) = read(events(reply)).await;
    assert_eq!(got.len(), 2);
    is_timeout(&fault.unwrap(), "no further piece");

    let reply = send(&server, Timeouts { total: SHORT, ..patient() }).await.unwrap();
    let (got, fault) = read(events(reply)).await;
    assert_eq!(got.len(), 2);
    is_timeout(&fault.unwrap(), "not all of the answer");
}

#[tokio::test]
async fn the_first_token_s_deadline_is_over_with_it_and_pieces_may_go_on() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(wire::STREAM_HEAD.as_bytes()).await;
        for number in 0..12 {
            connection.write(format!("data: {number}\n\n").as_bytes()).await;
            tokio::time::sleep(SHORT / 4).await;
        }
    })
    .await;
    let reply = send(&server, Timeouts { first_token: SHORT, ..patient() }).await.unwrap();
    let (got, fault) = read(events(reply)).await;
    assert_eq!((got.len(), fault), (12, None), "longer than the first token's deadline");
}

#[tokio::test]
async fn the_caller_s_own_pause_is_not_the_provider_s() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(wire::STREAM_HEAD.as_bytes()).await;
        connection.write(b"data: 1\n\n").await;
        tokio::time::sleep(SHORT / 3).await;
        connection.write(b"data: 2\n\n").await;
        connection.closed().await;
    })
    .await;
    let mut events = events(send(&server, Timeouts { idle: SHORT, ..patient() }).await.unwrap());
    assert_eq!(events.next().await.unwrap().unwrap().data, "1");
    tokio::time::sleep(2 * SHORT).await;
    assert_eq!(events.next().await.unwrap().unwrap().data, "2");
    is_timeout(&events.next().await.unwrap().unwrap_err(), "no further piece");
}

#[tokio::test]
async fn a_stream_without_a_pause_ends_with_the_total() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(wire::STREAM_HEAD.as_bytes()).await;
        connection.flood("data: 1\n\n".repeat(1000).as_bytes()).await;
    })
    .await;
    let reply = send(&server, Timeouts { total: SHORT, ..patient() }).await.unwrap();
    let mut events = events(reply);
    let fault = loop {
        match events.next().await.unwrap() {
            Ok(event) => assert_eq!(event.data, "1"),
            Err(fault) => break fault,
        }
    };
    is_timeout(&fault, "not all of the answer");
}

#[tokio::test]
async fn a_whole_answer_that_stops() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\"").await;
        connection.closed().await;
    })
    .await;
    let fault = send(&server, Timeouts { idle: SHORT, ..patient() }).await.unwrap_err();
    is_timeout(&fault, "no further piece");
    let fault = send(&server, Timeouts { total: SHORT, ..patient() }).await.unwrap_err();
    is_timeout(&fault, "not all of the answer");
}

#[tokio::test]
async fn a_refusal_that_stops_is_understood_as_far_as_it_came() {
    let server = Server::start(|mut connection| async move {
        connection.request().await;
        connection.write(b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 900\r\n\r\n{\"error\"").await;
        connection.closed().await;
    })
    .await;
    let fault = send(&server, Timeouts { idle: SHORT, ..patient() }).await.unwrap_err();
    assert_eq!((fault.class, fault.status), (FaultClass::RateLimited, Some(429)));
    assert_eq!(fault.retry_after, Some(Duration::from_secs(7)));
}
