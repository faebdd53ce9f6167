//! Sockets over loopback: a client of somebody else (tungstenite), clients that misbehave, and clients that do not read.

#![allow(clippy::unwrap_used, reason = "tests, also in what they share")]

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use realtime_node_websocket::{Ended, Event, Frame, Limits, Reader, SendFault, Sender, Violation, WhenFull, open};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

/// Nothing here takes so long; a test that waits for ever is worse than one that fails.
const SOON: Duration = Duration::from_secs(30);
const LIMITS: Limits = Limits { message_bytes_max: 1 << 20, queue_bytes_max: 100_000 };

async fn pair(limits: Limits) -> (Reader, Sender, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (reader, sender) = open(accepted.unwrap().0, Bytes::new(), limits);
    (reader, sender, client.unwrap())
}

async fn client(stream: TcpStream) -> WebSocketStream<TcpStream> {
    WebSocketStream::from_raw_socket(stream, Role::Client, Some(WebSocketConfig::default())).await
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(SOON, what).await.expect("it comes soon")
}

/// A client's frame with a mask of zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0][..], payload].concat()
}

/// Reads until an event is not a ping or pong.
async fn message(reader: &mut Reader) -> Result<Event, Ended> {
    loop {
        match soon(reader.next()).await {
            Ok(Event::Ping | Event::Pong) => {}
            other => return other,
        }
    }
}

/// Sends until something has to wait for the client, which does not read.
fn fill(sender: &Sender, frame: &Frame) {
    while sender.queued_bytes() == 0 {
        sender.send(frame).unwrap();
    }
}

#[tokio::test]
async fn messages_go_both_ways() {
    let (mut reader, sender, stream) = pair(LIMITS).await;
    let mut client = client(stream).await;
    for payload in ["", "hello", &"ä".repeat(40_000), &"x".repeat(1 << 20)] {
        client.send(Message::text(payload)).await.unwrap();
        assert_eq!(message(&mut reader).await.unwrap(), Event::Text(payload.to_owned().into()));
        let big = Frame::binary(payload.as_bytes());
        sender.send(&big).unwrap();
        // Larger than the kernel's buffer: the rest is written while the reader waits.
        let (received, _) = tokio::select! {
            received = client.next() => (received, ()),
            event = reader.next() => panic!("{event:?}"),
        };
        assert_eq!(received.unwrap().unwrap(), Message::binary(payload.to_owned()));
    }
    assert_eq!(sender.queued_bytes(), 0);
    assert_eq!(sender.bytes_sent(), 2 + 7 + (4 + 80_000 + 6) + (10 + (1 << 20)));
}

#[tokio::test]
async fn what_the_http_library_had_read_comes_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let unread = [masked(0x81, b"one"), masked(0x81, b"two"), masked(0x81, b"three")[..4].to_vec()].concat();
    let (mut reader, _sender) = open(accepted.unwrap().0, unread.into(), LIMITS);
    let mut client = client.unwrap();
    client.write_all(&masked(0x81, b"three")[4..]).await.unwrap();
    for expected in ["one", "two", "three"] {
        assert_eq!(message(&mut reader).await.unwrap(), Event::Text(expected.into()));
    }
}

#[tokio::test]
async fn pings_are_answered_in_order() {
    let (mut reader, sender, stream) = pair(LIMITS).await;
    let mut client = client(stream).await;
    for payload in ["a", "b"] {
        client.send(Message::Ping(payload.into())).await.unwrap();
    }
    assert_eq!(soon(reader.next()).await.unwrap(), Event::Ping);
    assert_eq!(soon(reader.next()).await.unwrap(), Event::Ping);
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong("a".into()));
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong("b".into()));
    sender.ping();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Ping(Bytes::new()));
    client.flush().await.unwrap();
    assert_eq!(soon(reader.next()).await.unwrap(), Event::Pong);
}

#[tokio::test]
async fn the_peer_closes() {
    let (mut reader, sender, stream) = pair(LIMITS).await;
    let mut client = client(stream).await;
    let said = CloseFrame { code: CloseCode::Away, reason: "bye".into() };
    client.send(Message::Close(Some(said))).await.unwrap();
    let (ended, answered) = soon(async { tokio::join!(reader.next(), client.next()) }).await;
    let Ended::Closed { code, reason } = ended.unwrap_err() else { panic!("closed") };
    assert_eq!((code, &*reason), (Some(1001), "bye"));
    assert_eq!(
        answered.unwrap().unwrap(),
        Message::Close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() }))
    );
    assert!(soon(client.next()).await.is_none());
    assert_eq!(sender.send(&Frame::text(b"late")), Err(SendFault::Closed));
}

#[tokio::test]
async fn this_side_closes() {
    let (mut reader, sender, stream) = pair(LIMITS).await;
    let mut client = client(stream).await;
    sender.send(&Frame::text(b"last")).unwrap();
    sender.close(4408, "too late");
    sender.close(1000, "again");
    assert!(sender.is_closed());
    assert_eq!(sender.send(&Frame::text(b"late")), Err(SendFault::Closed));
    // The peer had something on its way.
    client.send(Message::text("on its way")).await.unwrap();
    assert_eq!(message(&mut reader).await.unwrap(), Event::Text("on its way".into()));
    assert_eq!(client.next().await.unwrap().unwrap(), Message::text("last"));
    let Message::Close(Some(said)) = client.next().await.unwrap().unwrap() else { panic!("a close") };
    assert_eq!((u16::from(said.code), said.reason.as_str()), (4408, "too late"));
    let (ended, over) = soon(async { tokio::join!(reader.next(), client.next()) }).await;
    assert!(matches!(ended, Err(Ended::Closed { code: Some(4408), .. })), "{ended:?}");
    assert!(over.is_none());
    assert!(matches!(reader.next().await, Err(Ended::Stopped)));
}

#[tokio::test]
async fn a_peer_that_does_not_answer_a_close_is_dropped_after_a_while() {
    let (mut reader, sender, mut stream) = pair(LIMITS).await;
    sender.close(1001, "");
    assert!(matches!(reader.next().await, Err(Ended::Stopped)));
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    assert_eq!(said, [0x88, 2, 3, 0xe9]);
}

#[tokio::test]
async fn an_abort_is_at_once() {
    let (mut reader, sender, mut stream) = pair(LIMITS).await;
    let waiting = tokio::spawn(async move { reader.next().await });
    sender.abort();
    assert!(matches!(soon(waiting).await.unwrap(), Err(Ended::Stopped)));
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn dropping_the_reader_drops_the_connection_whoever_has_a_sender() {
    let (reader, sender, mut stream) = pair(LIMITS).await;
    drop(reader);
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(sender.send(&Frame::text(b"x")), Err(SendFault::Closed));
}

#[tokio::test]
async fn a_lost_connection_is_told() {
    let (mut reader, _sender, stream) = pair(LIMITS).await;
    drop(stream);
    let Err(Ended::Lost(error)) = soon(reader.next()).await else { panic!("lost") };
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// Everything that the server says to a hostile client, and why it ended.
async fn hostile(sent: &[u8], limits: Limits) -> (Vec<u8>, Ended) {
    let (mut reader, _sender, mut stream) = pair(limits).await;
    let (ended, said) = soon(async {
        tokio::join!(
            async {
                loop {
                    if let Err(ended) = reader.next().await {
                        return ended;
                    }
                }
            },
            async {
                stream.write_all(sent).await.unwrap();
                let mut said = Vec::new();
                stream.read_to_end(&mut said).await.unwrap();
                drop(stream);
                said
            }
        )
    })
    .await;
    (said, ended)
}

#[tokio::test]
async fn who_breaks_the_protocol_is_told_so() {
    let cases: [(&[u8], Violation, u16); 5] = [
        (&masked(0xc1, b"x"), Violation::ReservedBit, 1002),
        (&masked(0x83, b"x"), Violation::Opcode(3), 1002),
        (b"\x81\x01x", Violation::Unmasked, 1002),
        (&masked(0x80, b"x"), Violation::Continuation, 1002),
        (&masked(0x81, b"\xff"), Violation::NotUtf8, 1007),
    ];
    for (sent, violation, code) in cases {
        // Much that nobody reads comes behind it: the Close arrives all the same.
        let sent = [sent, &[0; 200_000]].concat();
        let (said, ended) = hostile(&sent, LIMITS).await;
        assert!(matches!(&ended, Ended::Violation(found) if *found == violation), "{ended:?}");
        assert_eq!((said[0], u16::from_be_bytes([said[2], said[3]])), (0x88, code));
    }
}

#[tokio::test]
async fn a_message_over_the_limit_is_told_1009() {
    let limits = Limits { message_bytes_max: 100, ..LIMITS };
    let (said, ended) = hostile(&masked(0x82, &[0; 101]), limits).await;
    assert!(matches!(ended, Ended::TooLarge), "{ended:?}");
    assert_eq!(u16::from_be_bytes([said[2], said[3]]), 1009);
}

#[tokio::test]
async fn nothing_is_read_behind_a_close() {
    let sent = [masked(0x88, &[3, 232]), masked(0x81, b"late"), masked(0x89, b"late")].concat();
    let (said, ended) = hostile(&sent, LIMITS).await;
    assert_eq!(said, [0x88, 2, 3, 232]);
    assert!(matches!(ended, Ended::Closed { code: Some(1000), .. }));
}

#[tokio::test]
async fn a_slow_reader_is_disconnected_with_its_queue_bounded() {
    let (mut reader, sender, _stream) = pair(LIMITS).await;
    let frame = Frame::binary(&[7; 1000]);
    let fault = loop {
        if let Err(fault) = sender.send(&frame) {
            break fault;
        }
        assert!(sender.queued_bytes() <= LIMITS.queue_bytes_max);
    };
    assert_eq!(fault, SendFault::Slow);
    assert!(matches!(soon(reader.next()).await, Err(Ended::Slow)));
    assert_eq!(sender.send(&frame), Err(SendFault::Closed));
    assert_eq!(sender.queued_bytes(), 0);
}

#[tokio::test]
async fn a_slow_reader_of_the_latest_gets_the_latest() {
    let (mut reader, sender, stream) = pair(LIMITS).await;
    fill(&sender, &Frame::binary(&[0; 50_000]));
    let (cursor, filler) = (WhenFull::Replace { key: 1 }, Frame::text(b"of another key"));
    for count in 0..10_000u32 {
        sender.send_as(&Frame::text(count.to_string().as_bytes()), cursor).unwrap();
        assert!(sender.queued_bytes() <= LIMITS.queue_bytes_max);
    }
    sender.send_as(&filler, WhenFull::Replace { key: 2 }).unwrap();
    assert_eq!(sender.frames_dropped(), 9_999);
    let mut client = client(stream).await;
    let waiting = tokio::spawn(async move { reader.next().await });
    let mut texts = Vec::new();
    while texts.len() < 2 {
        if let Message::Text(text) = soon(client.next()).await.unwrap().unwrap() {
            texts.push(text.to_string());
        }
    }
    assert_eq!(texts, ["9999", "of another key"]);
    waiting.abort();
}

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_of_what_may_be_lost() {
    let (mut reader, sender, stream) = pair(LIMITS).await;
    fill(&sender, &Frame::binary(&[0; 50_000]));
    sender.send(&Frame::text(b"must arrive")).unwrap();
    for count in 0..10_000u32 {
        sender.send_as(&Frame::text(count.to_string().as_bytes()), WhenFull::DropOldest).unwrap();
        assert!(sender.queued_bytes() <= LIMITS.queue_bytes_max);
    }
    let dropped = sender.frames_dropped();
    assert!(dropped > 0);
    sender.close(1000, "");
    let mut client = client(stream).await;
    let (_, texts) = soon(async {
        tokio::join!(reader.next(), async {
            let mut texts = Vec::new();
            while let Some(Ok(message)) = client.next().await {
                if let Message::Text(text) = message {
                    texts.push(text.to_string());
                }
            }
            texts
        })
    })
    .await;
    let kept: Vec<String> = (dropped..10_000).map(|count| count.to_string()).collect();
    assert_eq!(texts[0], "must arrive");
    assert_eq!(texts[1..], kept);
}

#[tokio::test]
async fn what_gathers_in_a_short_time_is_no_slow_reader() {
    let limits = Limits { queue_bytes_max: 5_000, ..LIMITS };
    let (mut reader, sender, stream) = pair(limits).await;
    let mut client = client(stream).await;
    let task = tokio::spawn(async move { reader.next().await });
    // The reader's task waits from here on, and does not run while this one does not wait.
    tokio::task::yield_now().await;
    for count in 0..100u8 {
        sender.send(&Frame::binary(&[count; 1000])).unwrap();
        assert!(sender.queued_bytes() <= limits.queue_bytes_max);
    }
    for count in 0..100u8 {
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::binary(vec![count; 1000]));
    }
    assert_eq!(sender.queued_bytes(), 0);
    task.abort();
}

#[tokio::test]
async fn one_that_does_not_read_slows_nobody() {
    let (stuck_reader, stuck, _stuck_stream) = pair(LIMITS).await;
    let (mut reader, sender, stream) = pair(LIMITS).await;
    let mut client = client(stream).await;
    let task = tokio::spawn(async move { reader.next().await });
    let frame = Frame::binary(&[1; 10_000]);
    for _ in 0..1000 {
        // To a full one sending returns at once, too.
        stuck.send_as(&frame, WhenFull::DropOldest).unwrap();
        sender.send(&frame).unwrap();
        assert_eq!(soon(client.next()).await.unwrap().unwrap().len(), 10_000);
    }
    assert!(stuck.frames_dropped() > 0);
    drop(stuck_reader);
    task.abort();
}

#[tokio::test]
async fn a_peer_that_pings_without_reading_fills_nothing() {
    let (mut reader, sender, mut stream) = pair(LIMITS).await;
    fill(&sender, &Frame::binary(&[0; 50_000]));
    let before = sender.queued_bytes();
    let pings = masked(0x89, &[9; 125]).repeat(1000);
    let (_, ()) = soon(async {
        tokio::join!(
            async {
                for _ in 0..1000 {
                    assert_eq!(reader.next().await.unwrap(), Event::Ping);
                }
            },
            async { stream.write_all(&pings).await.unwrap() }
        )
    })
    .await;
    assert!(sender.queued_bytes() <= before + 400);
}

#[tokio::test]
async fn a_flood_lets_others_run() {
    let (mut reader, _sender, mut stream) = pair(LIMITS).await;
    let flood = masked(0x81, b"x").repeat(5000);
    stream.write_all(&flood).await.unwrap();
    let (mut received, mut turns) = (0, 0);
    // Both in one task would share its budget: the other one is a task of its own on the same thread.
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let other = tokio::spawn(async move {
        while stopped.try_recv().is_err_and(|error| error == tokio::sync::oneshot::error::TryRecvError::Empty) {
            turns += 1;
            tokio::task::yield_now().await;
        }
        turns
    });
    while received < 5000 {
        soon(reader.next()).await.unwrap();
        received += 1;
    }
    stop.send(()).unwrap();
    assert!(other.await.unwrap() > 10);
}

#[tokio::test]
async fn a_receive_that_is_given_up_loses_nothing() {
    let (mut reader, _sender, mut stream) = pair(LIMITS).await;
    let bytes = [masked(0x01, b"one "), masked(0x80, b"message")].concat();
    for byte in bytes {
        stream.write_all(&[byte]).await.unwrap();
        let _ = timeout(Duration::from_millis(1), reader.next()).await.map(|event| {
            assert_eq!(event.unwrap(), Event::Text("one message".into()));
        });
    }
}
