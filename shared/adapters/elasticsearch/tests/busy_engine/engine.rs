//! Just enough of an engine to be busy: bulk requests are answered as told, searches never.

use parking_lot::Mutex;
use serde_json::json;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The answer to one bulk request. When there are no more, it is 429.
pub(crate) enum Reply {
    /// A status for each item.
    Items(Vec<u16>),
    /// A status for the whole request.
    Status(u16),
    /// Every item was taken.
    AllCreated,
}

#[derive(Default)]
struct Seen {
    replies: Mutex<VecDeque<Reply>>,
    bulks: Mutex<Vec<String>>,
    now: AtomicUsize,
    at_once_max: AtomicUsize,
}

/// Runs until it is dropped.
pub(crate) struct Engine {
    address: SocketAddr,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

impl Engine {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let seen = Arc::new(Seen { replies: Mutex::new(replies.into()), ..Seen::default() });
        let shared = seen.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { address, seen, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bodies of the bulk requests, in order.
    pub(crate) fn bulks(&self) -> Vec<String> {
        self.seen.bulks.lock().clone()
    }

    /// Bulk requests that there were at the same time, at most.
    pub(crate) fn at_once_max(&self) -> usize {
        self.seen.at_once_max.load(Ordering::SeqCst)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, seen: Arc<Seen>) {
    let mut stream = BufReader::new(stream);
    let Some((head, body)) = read(&mut stream).await else { return };
    let (status, answer) = if head.contains("/_bulk") {
        let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
        seen.at_once_max.fetch_max(now, Ordering::SeqCst);
        // Long enough that others would be seen beside it.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let answer = reply(&seen, &body);
        seen.bulks.lock().push(body);
        seen.now.fetch_sub(1, Ordering::SeqCst);
        answer
    } else if head.contains("/_search") {
        std::future::pending().await
    } else if head.starts_with("get ") {
        (200, "{}".to_owned())
    } else {
        (200, String::new())
    };
    let length = answer.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}");
    let _ = stream.write_all(head.as_bytes()).await;
}

fn reply(seen: &Seen, body: &str) -> (u16, String) {
    let items = |statuses: Vec<u16>| {
        let item = |status: u16| match status {
            200..300 => json!({"index": {"status": status}}),
            _ => json!({"index": {"status": status, "error": {"type": "some_exception"}}}),
        };
        let items: Vec<_> = statuses.into_iter().map(item).collect();
        (200, json!({"took": 1, "errors": true, "items": items}).to_string())
    };
    match seen.replies.lock().pop_front() {
        Some(Reply::Items(statuses)) => items(statuses),
        Some(Reply::AllCreated) => items(vec![201; body.lines().count() / 2]),
        Some(Reply::Status(status)) => (status, "{}".to_owned()),
        None => (429, "{}".to_owned()),
    }
}

/// The head and the body of one request.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).ok()?))
}
