//! Clients that read slowly, not at all, or only what they were promised; and several streams of one process.

use crate::concurrent::{Signal, configure};
use crate::stage::{Stage, rest};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long something that happens at once may take on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(20);

async fn crowd() -> (Stage, SocketAddr) {
    Stage::over_http(|config| configure(config, 4, |config| config.sandboxes_max = 1)).await
}

async fn send(stream: &mut TcpStream, order: &Value) {
    let request = format!("GET /act HTTP/1.1\r\nhost: x\r\nx-act: {order}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads until what was read ends with `end`.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    let reading = async {
        while !seen.ends_with(end.as_bytes()) {
            seen.push(stream.read_u8().await.unwrap());
        }
    };
    tokio::time::timeout(AT_ONCE, reading).await.expect("it comes at once");
    String::from_utf8(seen).unwrap()
}

/// How many streams were read to their end, and how many were not.
async fn streams(stage: &Stage) -> (u64, u64) {
    let told = stage.json(r#"{"do":"tell"}"#).await;
    (told["ended"].as_u64().unwrap(), told["broken"].as_u64().unwrap())
}

async fn one_stream_ends(stage: &Stage) {
    let deadline = Instant::now() + AT_ONCE;
    while streams(stage).await != (1, 0) {
        assert!(Instant::now() < deadline, "the stream was not read to its end: {:?}", streams(stage).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_client_that_has_all_that_was_announced_goes_on_while_the_function_does() {
    let (stage, address) = crowd().await;
    let signal = Signal::new();
    let mut client = TcpStream::connect(address).await.unwrap();
    let pieces = json!(["hel", "lo", {"file": signal.path()}, "ignored", "too"]);
    send(&mut client, &json!({"do": "stream", "length": 5, "pieces": pieces})).await;
    let answer = read_until(&mut client, "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("content-length: 5") && !answer.contains("chunked"), "{answer}");
    // The same connection takes the next request, though the function's stream is open.
    for _ in 0..3 {
        send(&mut client, &json!({"do": "tell"})).await;
        let next = read_until(&mut client, "}").await;
        assert!(next.starts_with("HTTP/1.1 200"), "{next}");
        assert!(next.contains(r#""ended":0"#) && next.contains(r#""broken":0"#), "{next}");
    }
    signal.give();
    one_stream_ends(&stage).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_does_not_hold_the_function_up() {
    let (stage, address) = crowd().await;
    let mut client = TcpStream::connect(address).await.unwrap();
    // More than sockets take in on both sides together.
    let order = json!({"do": "stream", "pieces": ["x".repeat(10_000)], "times": 1500});
    send(&mut client, &order).await;
    one_stream_ends(&stage).await;
    drop(client);
}

#[tokio::test]
async fn a_client_that_leaves_does_not_end_the_function() {
    let (stage, address) = crowd().await;
    let signal = Signal::new();
    let mut client = TcpStream::connect(address).await.unwrap();
    let pieces = json!(["here", {"file": signal.path()}, "x".repeat(10_000)]);
    send(&mut client, &json!({"do": "stream", "pieces": pieces, "times": 50})).await;
    read_until(&mut client, "here").await;
    drop(client);
    signal.give();
    one_stream_ends(&stage).await;
}

#[tokio::test]
async fn an_answer_shorter_than_announced_is_not_taken_for_the_whole() {
    let (_stage, address) = crowd().await;
    let order = json!({"do": "stream", "length": 10, "pieces": ["short"]}).to_string();
    let request = reqwest::Client::new().get(format!("http://{address}/act")).header("x-act", order);
    assert_eq!(rest(request.send().await.unwrap()).await, (b"short".to_vec(), true));
}

#[tokio::test]
async fn streams_of_one_process_interleave() {
    let (stage, address) = crowd().await;
    let signals = [Signal::new(), Signal::new()];
    let client = reqwest::Client::new();
    let ask = async |name: &str, signal: &Signal| {
        let order =
            json!({"do": "stream", "pieces": [format!("{name}1"), {"file": signal.path()}, format!("{name}2")]});
        client.get(format!("http://{address}/act")).header("x-act", order.to_string()).send().await.unwrap()
    };
    let (mut first, mut second) = (ask("a", &signals[0]).await, ask("b", &signals[1]).await);
    assert_eq!(
        (&first.chunk().await.unwrap().unwrap()[..], &second.chunk().await.unwrap().unwrap()[..]),
        (&b"a1"[..], &b"b1"[..])
    );
    assert_eq!((stage.lambda.functions()[0].running, stage.lambda.sandboxes("actor").len()), (2, 1));
    signals[1].give();
    assert_eq!(rest(second).await, (b"b2".to_vec(), false));
    signals[0].give();
    assert_eq!(rest(first).await, (b"a2".to_vec(), false));
}

#[tokio::test]
async fn a_stream_past_its_deadline_breaks_off_and_another_runs_on() {
    let timeout = Duration::from_secs(6);
    let (stage, address) = Stage::over_http(|config| configure(config, 4, |config| config.timeout = timeout)).await;
    let (never, signal) = (Signal::new(), Signal::new());
    let client = reqwest::Client::new();
    let ask = async |signal: &Signal| {
        let order = json!({"do": "stream", "pieces": ["one", {"file": signal.path()}, "two"]}).to_string();
        client.get(format!("http://{address}/act")).header("x-act", order).send().await.unwrap()
    };
    let hangs = ask(&never).await;
    // Its deadline is to be a good while after the other's.
    tokio::time::sleep(timeout / 2).await;
    let unharmed = ask(&signal).await;
    assert_eq!(rest(hangs).await, (b"one".to_vec(), true));
    signal.give();
    assert_eq!(rest(unharmed).await, (b"onetwo".to_vec(), false));
    stage.json("{}").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_first_piece_of_a_stream_is_not_held_back_for_an_acknowledgement() {
    let (_stage, address) = crowd().await;
    let order = json!({"do": "stream", "pieces": ["first", "second"]});
    let median = async |count: usize| {
        let mut all = Vec::new();
        for _ in 0..count {
            let mut client = TcpStream::connect(address).await.unwrap();
            let asked = Instant::now();
            send(&mut client, &order).await;
            read_until(&mut client, "0\r\n\r\n").await;
            all.push(asked.elapsed());
        }
        all.sort();
        all[all.len() / 2]
    };
    // A young connection is acknowledged at once by itself: its answers do not count.
    median(20).await;
    // A delayed acknowledgement takes 40 ms, and comes in every round. A busy machine is late in some of them.
    let mut medians = Vec::new();
    for _ in 0..20 {
        medians.push(median(20).await);
        if medians.last().is_some_and(|last| *last < Duration::from_millis(35)) {
            return;
        }
    }
    panic!("{medians:?}");
}
