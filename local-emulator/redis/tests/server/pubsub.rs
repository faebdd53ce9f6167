use std::time::Duration;

use futures::StreamExt as _;
use local_emulator_redis::{Options, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{connect, run, start};

#[tokio::test]
async fn channels_and_patterns_get_messages_in_order() {
    let server = start().await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut listener = client.get_async_pubsub().await.unwrap();
    listener.subscribe("news").await.unwrap();
    listener.psubscribe("ne*").await.unwrap();
    let mut control = connect(&server).await;
    assert_eq!(run::<i64>(&mut control, "PUBLISH news one").await, 2);
    assert_eq!(run::<i64>(&mut control, "PUBLISH nest two").await, 1);
    assert_eq!(run::<i64>(&mut control, "PUBLISH other three").await, 0);
    let mut messages = listener.on_message();
    let mut got = Vec::new();
    for _ in 0..3 {
        let message = tokio::time::timeout(Duration::from_secs(60), messages.next()).await.unwrap().unwrap();
        got.push((message.get_channel_name().to_owned(), message.get_payload::<String>().unwrap()));
    }
    let pair = |channel: &str, text: &str| (channel.to_owned(), text.to_owned());
    assert_eq!(got, [pair("news", "one"), pair("news", "one"), pair("nest", "two")]);
}

/// Sends text and reads until the expected text is there.
async fn talk(stream: &mut TcpStream, send: &str, expected: &str) {
    stream.write_all(send.as_bytes()).await.unwrap();
    let mut got = vec![0; expected.len()];
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_exact(&mut got)).await;
    assert!(read.is_ok(), "{send:?}: no whole reply");
    assert_eq!(String::from_utf8_lossy(&got), expected, "{send:?}");
}

#[tokio::test]
async fn the_frames_are_those_of_the_protocol() {
    let server = start().await;
    let mut two = TcpStream::connect(server.addr()).await.unwrap();
    talk(
        &mut two,
        "SUBSCRIBE a b\r\n",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n",
    )
    .await;
    talk(
        &mut two,
        "GET x\r\n",
        "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n",
    )
    .await;
    talk(&mut two, "PING\r\n", "*2\r\n$4\r\npong\r\n$0\r\n\r\n").await;
    talk(&mut two, "SSUBSCRIBE s\r\n", "*3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n").await;

    let mut three = TcpStream::connect(server.addr()).await.unwrap();
    three.write_all(b"HELLO 3\r\n").await.unwrap();
    let mut greeting = [0; 512];
    assert!(three.read(&mut greeting).await.unwrap() > 0);
    // In RESP3 a subscriber may run commands, and hears its own message before its reply.
    talk(&mut three, "SUBSCRIBE a\r\n", ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").await;
    talk(&mut three, "PUBLISH a hi\r\n", ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n:2\r\n").await;
    talk(&mut three, "SPUBLISH s yo\r\n", ":1\r\n").await;
    talk(
        &mut two,
        "UNSUBSCRIBE\r\n",
        "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*3\r\n$8\r\nsmessage\r\n$1\r\ns\r\n$2\r\nyo\r\n\
         *3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n",
    )
    .await;
    talk(&mut two, "SUNSUBSCRIBE s\r\n", "*3\r\n$12\r\nsunsubscribe\r\n$1\r\ns\r\n:0\r\n").await;
    talk(&mut two, "GET x\r\n", "$-1\r\n").await;
}

#[tokio::test]
async fn a_script_publishes_to_both_kinds_of_listeners_before_it_answers() {
    let server = start().await;
    let mut two = TcpStream::connect(server.addr()).await.unwrap();
    talk(&mut two, "SUBSCRIBE a\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").await;
    talk(&mut two, "SSUBSCRIBE a\r\n", "*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n").await;
    let mut control = connect(&server).await;
    let script = "return {redis.call('SPUBLISH', KEYS[1], ARGV[1]), redis.call('PUBLISH', KEYS[1], ARGV[2])}";
    let counts: (i64, i64) = redis::cmd("EVAL")
        .arg(script)
        .arg(1)
        .arg("a")
        .arg(b"s\0\r\n")
        .arg("c")
        .query_async(&mut control)
        .await
        .unwrap();
    assert_eq!(counts, (1, 1));
    talk(
        &mut two,
        "PING\r\n",
        "*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$4\r\ns\0\r\n\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nc\r\n\
         *2\r\n$4\r\npong\r\n$0\r\n\r\n",
    )
    .await;
}

#[tokio::test]
async fn tens_of_thousands_of_channels_come_and_go_in_one_pipeline() {
    let server = start().await;
    let mut control = connect(&server).await;
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let names: Vec<String> = (0..20_000).map(|n| format!("many-{n}")).collect();
    let command = |word: &str| format!("{word} {}\r\n", names.join(" "));
    for (word, count) in [("ssubscribe", names.len()), ("sunsubscribe", 0)] {
        // Inline commands are short: sent as an array.
        let parts: Vec<String> =
            command(word).split_whitespace().map(|part| format!("${}\r\n{part}\r\n", part.len())).collect();
        stream.write_all(format!("*{}\r\n{}", parts.len(), parts.concat()).as_bytes()).await.unwrap();
        let last = format!("$10\r\nmany-19999\r\n:{count}\r\n");
        let mut got = Vec::new();
        while !got.ends_with(last.as_bytes()) {
            let read = tokio::time::timeout(Duration::from_secs(20), stream.read_buf(&mut got)).await;
            assert!(read.is_ok_and(|read| read.unwrap() > 0), "{word}: not all were confirmed");
        }
        let active: Vec<String> = run(&mut control, "PUBSUB SHARDCHANNELS many-*").await;
        assert_eq!(active.len(), count);
    }
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_disconnected() {
    let options = Options { subscriber_buffer_bytes_max: 64 * 1024, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let mut slow = TcpStream::connect(server.addr()).await.unwrap();
    talk(&mut slow, "SUBSCRIBE a\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").await;
    let mut control = connect(&server).await;
    let message = format!("PUBLISH a {}", "x".repeat(32 * 1024));
    // The operating system's buffers take some; then the server's own runs over.
    let mut listeners = 1;
    for _ in 0..2_000 {
        listeners = run::<i64>(&mut control, &message).await;
        if listeners == 0 {
            break;
        }
    }
    assert_eq!(listeners, 0, "the slow reader is still there");
}
