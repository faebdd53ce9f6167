//! A node with its listener, that can be killed.

use super::{Hub, MemoryDocuments, MemoryStore, Wire, tenant};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Principal, Session};
use octavo_domain_realtime::{Backplane, BackplaneListener, BackplaneState, Channel, Envelope, NodeId, Position};
use parking_lot::Mutex;
use rand::RngExt;
use realtime_node_collaboration::{Admission, Options, RoomEvent, RoomObserver, RoomPorts, Rooms};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What several nodes share.
#[derive(Clone, Default)]
pub(crate) struct Engines {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) documents: Arc<MemoryDocuments>,
    pub(crate) hub: Arc<Hub>,
}

/// Times that a test can wait for. Versions are written when everybody left, unless a test says otherwise.
pub(crate) fn quick() -> Options {
    let mut options = Options {
        exchange_every: Duration::from_millis(100),
        unload_after: Duration::from_millis(300),
        messages_per_second: 10_000,
        ..Options::default()
    };
    options.saving.quiet = Duration::from_secs(600);
    options.saving.latest = Duration::from_secs(600);
    options
}

/// A token is a user's name. `late-NAME` is over in a second, `old-NAME` is over, `bad` is none.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        if token == "bad" {
            return Err(AuthenticateError::Invalid("it is bad".to_owned()));
        }
        let name = token.rsplit('-').next().unwrap();
        Ok(Principal {
            tenant: if token.starts_with("other-") { "other".parse().unwrap() } else { tenant() },
            user: super::user(name),
            name: Some(name.to_uppercase()),
            groups: BTreeSet::new(),
            roles: BTreeSet::new(),
            api_key: None,
        })
    }

    async fn authenticate_session(&self, token: &str) -> Result<Session, AuthenticateError> {
        let expires_at: Option<DateTime<Utc>> = match token.split('-').next() {
            Some("late") => Some(SystemClock.now() + TimeDelta::seconds(1)),
            Some("old") => return Err(AuthenticateError::Expired),
            _ => None,
        };
        Ok(Session { principal: self.authenticate(token).await?, expires_at })
    }
}

#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<RoomEvent>>);

impl RoomObserver for Events {
    fn observe(&self, event: RoomEvent) {
        self.0.lock().push(event);
    }
}

impl Events {
    pub(crate) fn count(&self, which: impl Fn(&RoomEvent) -> bool) -> usize {
        self.0.lock().iter().filter(|event| which(event)).count()
    }
}

struct Listener(Rooms);

impl BackplaneListener for Listener {
    fn received(&self, channel: &Channel, payload: Bytes, _: Option<Position>) {
        self.0.received(channel, &Envelope::decode(&payload).unwrap());
    }

    fn changed(&self, _: BackplaneState) {}
}

pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) address: SocketAddr,
    pub(crate) rooms: Rooms,
    pub(crate) events: Arc<Events>,
    pub(crate) wire: Arc<Wire>,
    hub: Arc<Hub>,
    runtime: Option<Runtime>,
}

impl Node {
    /// On a runtime of its own, so that it can be killed.
    pub(crate) fn start(engines: &Engines, options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let id = NodeId::of_random(rand::rng().random());
        let (events, wire) = (Arc::new(Events::default()), engines.hub.node(&id));
        let ports = RoomPorts {
            store: engines.store.clone(),
            documents: engines.documents.clone(),
            backplane: wire.clone(),
            lease: engines.hub.clone(),
            authenticator: Arc::new(Tokens),
            clock: Arc::new(SystemClock),
            random: Arc::new(|| rand::rng().random()),
            observer: events.clone(),
            node: id.clone(),
        };
        let (sender, receiver) = mpsc::channel();
        runtime.spawn(async move {
            let rooms = Rooms::new(options.clone(), ports);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send((rooms.clone(), listener.local_addr().unwrap())).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(rooms.clone(), stream, options.clone()));
            }
        });
        let (rooms, address) = receiver.recv().unwrap();
        wire.listen(Arc::new(Listener(rooms.clone())));
        Self { id, address, rooms, events, wire, hub: engines.hub.clone(), runtime: Some(runtime) }
    }

    /// Without saving, without saying goodbye.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.hub.forget(&self.id);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://{}/yjs/{path}", self.address)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

/// As much of HTTP as an upgrade needs.
async fn serve(rooms: Rooms, mut stream: TcpStream, options: Options) {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let target = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut request = http::Request::get(target);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    match rooms.admit(&request.body(()).unwrap()).await {
        Admission::Refused(refusal) => {
            use octavo_domain_kernel::Fault;
            let answer =
                format!("HTTP/1.1 400 Refused\r\ncontent-length: 0\r\nx-code: {}\r\n\r\n", refusal.code().name);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Admission::Accepted(upgrade) => {
            let mut answer = "HTTP/1.1 101 Switching Protocols\r\n".to_owned();
            for (name, value) in upgrade.response.headers() {
                answer += &format!("{name}: {}\r\n", value.to_str().unwrap());
            }
            answer += "\r\n";
            if stream.write_all(answer.as_bytes()).await.is_ok() {
                let unread = Bytes::copy_from_slice(&read[end..]);
                let socket = realtime_node_websocket::open(stream, unread, options.limits());
                rooms.serve(*upgrade, socket).await;
            }
        }
    }
}
