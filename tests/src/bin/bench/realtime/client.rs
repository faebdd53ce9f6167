//! One connection of the load generator.

use super::dialect::{Dialect, Heard};
use super::tally::Tally;
use super::wire;
use anyhow::Context;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::ready;
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpSocket;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// A server that does not answer by then fails the measurement.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Connections that share a source address, so that none runs out of ports.
const PER_ADDRESS: usize = 5_000;
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

/// Where to, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) dialect: Dialect,
    /// Tokens, taken in turn.
    pub(super) tokens: Arc<Vec<String>>,
}

/// The half that says something.
pub(crate) struct Client {
    write: OwnedWriteHalf,
    pub(super) received: AtomicU64,
}

impl Client {
    /// Says it at once. What is said here is small: a kernel that does not take it is not being read from.
    pub(crate) fn say(&self, opcode: u8, payload: &[u8]) -> anyhow::Result<()> {
        let frame = wire::frame(opcode, payload);
        let written = self.write.try_write(&frame).context("the server does not read")?;
        anyhow::ensure!(written == frame.len(), "the server does not read");
        Ok(())
    }

    /// The same for what may have to wait.
    pub(super) async fn say_all(&self, opcode: u8, payload: &[u8]) -> anyhow::Result<()> {
        let frame = wire::frame(opcode, payload);
        let mut rest = &frame[..];
        while !rest.is_empty() {
            self.write.writable().await?;
            match self.write.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The server asked for it; whether one may come back.
    Asked { again: bool },
    /// Without a word.
    Lost,
}

/// A connection that is not running yet.
pub(crate) struct Opened {
    pub(crate) client: Arc<Client>,
    read: OwnedReadHalf,
    dialect: Dialect,
    kept: Vec<u8>,
}

/// Connects the client of that number and waits for the server's welcome.
pub(super) async fn open(target: &Target, number: usize) -> anyhow::Result<Opened> {
    let token = target.tokens.get(number % target.tokens.len().max(1)).map_or("", String::as_str);
    let dialect = target.dialect;
    let mut opened = upgrade(target.address, &dialect.path(token), number, dialect).await?;
    if let Some(hello) = dialect.hello() {
        opened.client.say(wire::TEXT, hello.as_bytes())?;
        opened.wait(|text| Ok(dialect.is_welcome(text))).await.context("no welcome")?;
    }
    Ok(opened)
}

/// Connects to a hub of ours as whoever the token says, and waits for its welcome.
pub(crate) async fn open_hub(address: SocketAddr, hub: &str, token: &str) -> anyhow::Result<Opened> {
    let dialect = Dialect::SignalR;
    let mut opened = upgrade(address, &format!("/hubs/{hub}?access_token={token}"), 0, dialect).await?;
    opened.client.say(wire::TEXT, dialect.hello().unwrap_or_default().as_bytes())?;
    opened.wait(|text| Ok(dialect.is_welcome(text))).await.context("no welcome")?;
    Ok(opened)
}

/// Connects, up to the upgrade.
pub(super) async fn upgrade(
    address: SocketAddr,
    path: &str,
    number: usize,
    dialect: Dialect,
) -> anyhow::Result<Opened> {
    let socket = TcpSocket::new_v4()?;
    let source = Ipv4Addr::new(127, 0, 0, 2 + u8::try_from(number / PER_ADDRESS).context("too many clients")?);
    socket.bind((source, 0).into())?;
    let stream = timeout(ANSWER_MAX, socket.connect(address)).await.context("no connection")??;
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let client = Arc::new(Client { write, received: AtomicU64::new(0) });
    let mut opened = Opened { client, read, dialect, kept: Vec::new() };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b2N0YXZvIGlzIHRoZXJlIQ==\r\n\r\n"
    );
    opened.client.write.writable().await?;
    let written = opened.client.write.try_write(request.as_bytes())?;
    anyhow::ensure!(written == request.len(), "the request was not taken");
    let head = loop {
        if let Some(end) = opened.kept.windows(4).position(|window| window == b"\r\n\r\n") {
            break opened.kept.drain(..end + 4).collect::<Vec<u8>>();
        }
        opened.more().await?;
    };
    anyhow::ensure!(head.starts_with(b"HTTP/1.1 101"), "not upgraded: {}", String::from_utf8_lossy(&head));
    Ok(opened)
}

impl Opened {
    async fn more(&mut self) -> anyhow::Result<()> {
        let Self { read, kept, .. } = self;
        let reading = poll_fn(|cx| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(scratch);
                ready!(Pin::new(&mut *read).poll_read(cx, &mut buffer))?;
                kept.extend_from_slice(buffer.filled());
                std::task::Poll::Ready(io::Result::Ok(buffer.filled().len()))
            })
        });
        let bytes = timeout(ANSWER_MAX, reading).await.context("no answer")??;
        anyhow::ensure!(bytes > 0, "the server hung up");
        Ok(())
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> anyhow::Result<(u8, Vec<u8>)> {
        loop {
            if let Some((opcode, from, to)) = wire::parse(&self.kept) {
                let payload = self.kept[from..to].to_vec();
                self.kept.drain(..to);
                return Ok((opcode, payload));
            }
            self.more().await?;
        }
    }

    /// Waits for the message that `is` it.
    pub(super) async fn wait(&mut self, is: impl Fn(&[u8]) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        loop {
            let (opcode, payload) = self.message().await?;
            anyhow::ensure!(opcode != wire::CLOSE, "closed: {}", String::from_utf8_lossy(&payload));
            if is(&payload)? {
                return Ok(());
            }
        }
    }

    /// Joins a group and waits until it has.
    pub(super) async fn join(&mut self, group: &str) -> anyhow::Result<()> {
        let dialect = self.dialect;
        self.client.say_all(wire::TEXT, dialect.join(group).as_bytes()).await?;
        self.wait(|text| dialect.is_joined(text)).await
    }

    /// Counts what comes, until it ends.
    pub(super) async fn run(self, tally: Arc<Tally>) -> End {
        let dialect = self.dialect;
        self.each(|client, opcode, payload| {
            let mut end = None;
            match opcode {
                wire::TEXT => dialect.hear(payload, |heard| match heard {
                    Heard::Message(sent) => {
                        client.received.fetch_add(1, Ordering::Relaxed);
                        tally.count(sent);
                    }
                    // It is small, and what answers cannot wait.
                    Heard::Asks(answer) => drop(client.say(wire::TEXT, answer.as_bytes())),
                    Heard::Close { again } => end = Some(End::Asked { again }),
                    Heard::Other => {}
                }),
                wire::PING => drop(client.say(wire::PONG, payload)),
                wire::CLOSE => end = Some(End::Asked { again: true }),
                _ => {}
            }
            end
        })
        .await
    }

    /// Hands over each message, out of the thread's own buffer where that can be, until `hear` says that it ends.
    pub(super) async fn each(self, mut hear: impl FnMut(&Client, u8, &[u8]) -> Option<End>) -> End {
        let Self { client, mut read, mut kept, .. } = self;
        let mut first = true;
        poll_fn(move |cx| {
            loop {
                let end = SCRATCH.with_borrow_mut(|scratch| {
                    // What came with the last answer is there already.
                    if !std::mem::take(&mut first) || kept.is_empty() {
                        let mut buffer = ReadBuf::new(scratch);
                        let read = ready!(Pin::new(&mut read).poll_read(cx, &mut buffer));
                        if read.is_err() || buffer.filled().is_empty() {
                            return std::task::Poll::Ready(Some(End::Lost));
                        }
                        if kept.is_empty() {
                            let mut rest = buffer.filled();
                            while let Some((opcode, from, to)) = wire::parse(rest) {
                                if let Some(end) = hear(&client, opcode, &rest[from..to]) {
                                    return std::task::Poll::Ready(Some(end));
                                }
                                rest = &rest[to..];
                            }
                            kept.extend_from_slice(rest);
                            return std::task::Poll::Ready(None);
                        }
                        kept.extend_from_slice(buffer.filled());
                    }
                    let mut at = 0;
                    while let Some((opcode, from, to)) = wire::parse(&kept[at..]) {
                        if let Some(end) = hear(&client, opcode, &kept[at + from..at + to]) {
                            return std::task::Poll::Ready(Some(end));
                        }
                        at += to;
                    }
                    kept.drain(..at);
                    if kept.is_empty() {
                        kept = Vec::new();
                    }
                    std::task::Poll::Ready(None)
                });
                if let Some(end) = ready!(end) {
                    return std::task::Poll::Ready(end);
                }
            }
        })
        .await
    }
}
