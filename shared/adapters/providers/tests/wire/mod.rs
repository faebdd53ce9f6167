//! A server that a test writes byte by byte, and a request to it.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part of it")]

use bytes::Bytes;
use chrono::DateTime;
use futures::StreamExt;
use octavo_adapters_providers::HttpUpstream;
use octavo_domain_ai::ProviderFault;
use octavo_domain_ai::models::{Endpoint, ProviderKind};
use octavo_domain_ai::ports::{ServerSentEvent, Timeouts, Upstream, UpstreamBody, UpstreamReply, UpstreamRequest};
use octavo_testing::time::ManualClock;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

/// Longer than any test may take.
pub const LONG: Duration = Duration::from_secs(30);
/// The head of a stream without a length: it ends with the connection.
pub const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

/// A server on a free port; each connection is played by the test's script. Ends when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    pub async fn start<F, P>(play: P) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        P: Fn(Connection) -> F + Send + 'static,
    {
        let listening = TcpSocket::new_v4().unwrap();
        // So that what was written is not far from what was read.
        listening.set_send_buffer_size(64 * 1024).unwrap();
        listening.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let listener = listening.listen(1024).unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accepted);
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let number = counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(play(Connection { socket, number }));
            }
        });
        Self { address, accepted, serving }
    }

    /// Every connection's first request is answered with these bytes, and the connection is closed.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |mut connection| {
            let bytes = Arc::clone(&bytes);
            async move {
                connection.request().await;
                connection.write(&bytes).await;
            }
        })
        .await
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1/", self.address)
    }
}

pub struct Connection {
    pub socket: TcpStream,
    /// From 0.
    pub number: usize,
}

impl Connection {
    /// The next request, head and body; none where the client has closed the connection.
    pub async fn request(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            let read = self.socket.read_buf(&mut text).await.ok()?;
            if read == 0 {
                return None;
            }
            let so_far = String::from_utf8_lossy(&text).into_owned();
            let Some((head, body)) = so_far.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or("0", str::trim);
            if body.len() >= length.parse().unwrap() {
                return Some(so_far);
            }
        }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        // A client that has gone away is the test's matter.
        let _ = self.socket.write_all(bytes).await;
    }

    /// Returns when the client has closed the connection.
    pub async fn closed(&mut self) {
        let mut buffer = [0; 64];
        while self.socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    }

    /// Writes this again and again until the client will have no more; how many bytes that were.
    pub async fn flood(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        let stopped: Result<(), io::Error> = async {
            loop {
                // A piece may be taken in part: what follows must be its rest.
                written += self.socket.write(&bytes[written % bytes.len()..]).await?;
            }
        }
        .await;
        drop(stopped);
        written
    }
}

/// Whole answers with a length, so that the connection goes on.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

pub fn endpoint(kind: ProviderKind, base: &str) -> Arc<Endpoint> {
    let base_url = Url::parse(base).unwrap();
    Arc::new(Endpoint { name: "test".to_owned(), kind, base_url, region: None })
}

pub fn patient() -> Timeouts {
    Timeouts { connect: LONG, first_token: LONG, idle: LONG, total: LONG }
}

/// A chat request to an OpenAI-like endpoint at this base URL.
pub fn request(base: &str) -> UpstreamRequest {
    UpstreamRequest {
        endpoint: endpoint(ProviderKind::OpenAi, base),
        key: Arc::from("sk-secret"),
        path: "chat/completions".to_owned(),
        model: "m".to_owned(),
        headers: Vec::new(),
        body: Bytes::from_static(br#"{"model":"m","messages":[]}"#),
        stream: true,
        timeouts: patient(),
    }
}

/// At noon, for ever. Prepared, so that a deadline is not used up by that.
pub fn upstream() -> HttpUpstream {
    let noon = DateTime::parse_from_rfc3339("2026-11-26T12:00:00Z").unwrap().to_utc();
    let upstream = HttpUpstream::new(Arc::new(ManualClock::at(noon)));
    upstream.prepare().unwrap();
    upstream
}

pub async fn ask(server: &Server) -> Result<UpstreamReply, ProviderFault> {
    upstream().send(request(&server.url())).await
}

pub fn whole(reply: UpstreamReply) -> Bytes {
    match reply.body {
        UpstreamBody::Whole(bytes) => bytes,
        UpstreamBody::Events(_) => panic!("events"),
    }
}

pub type Events = futures::stream::BoxStream<'static, Result<ServerSentEvent, ProviderFault>>;

pub fn events(reply: UpstreamReply) -> Events {
    match reply.body {
        UpstreamBody::Whole(bytes) => panic!("whole: {bytes:?}"),
        UpstreamBody::Events(events) => events,
    }
}

/// All events, and the fault at the end if there was one.
pub async fn read(mut events: Events) -> (Vec<ServerSentEvent>, Option<ProviderFault>) {
    let mut read = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => read.push(event),
            Err(fault) => {
                assert!(events.next().await.is_none(), "a fault is the last item");
                return (read, Some(fault));
            }
        }
    }
    (read, None)
}

pub fn event(name: &str, data: &str) -> ServerSentEvent {
    ServerSentEvent { name: name.to_owned(), data: data.to_owned() }
}
