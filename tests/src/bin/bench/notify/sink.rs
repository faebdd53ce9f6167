//! A mail server that takes everything and keeps nothing but which mails it took.

use anyhow::Context;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const LOOK_AGAIN: Duration = Duration::from_millis(2);
const MESSAGE_ID: &[u8] = b"message-id:";

/// Running; ends when it is dropped.
pub(super) struct Sink {
    address: SocketAddr,
    taken: Arc<Mutex<Taken>>,
    task: JoinHandle<()>,
}

/// What it took.
#[derive(Debug, Default)]
struct Taken {
    mails: u64,
    bytes: u64,
    /// Of each mail: what comes twice is one.
    ids: HashSet<Vec<u8>>,
}

impl Sink {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, taken) = (listener.local_addr()?, Arc::new(Mutex::new(Taken::default())));
        let all = taken.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let all = all.clone();
                tokio::spawn(async move { serve(stream, &all).await });
            }
        });
        Ok(Self { address, taken, task })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As the only provider.
    pub(super) fn providers(&self) -> Value {
        let url = format!("smtp://{}?tls=none", self.address);
        json!([{ "kind": "smtp", "name": "smtp", "url": url, "from": "Octavo <no-reply@octavo.example>" }])
    }

    /// Forgets what it took.
    pub(super) fn clear(&self) {
        *self.taken.lock() = Taken::default();
    }

    /// Waits until it has so many different mails; fails where one came twice, or they do not come. The bytes of a mail.
    pub(super) async fn wait(&self, mails: u64, within: Duration) -> anyhow::Result<u64> {
        let began = Instant::now();
        loop {
            let (taken, different, bytes) = {
                let taken = self.taken.lock();
                (taken.mails, taken.ids.len() as u64, taken.bytes)
            };
            if different >= mails {
                anyhow::ensure!(
                    taken == mails && different == mails,
                    "{taken} mails came, {different} of them different"
                );
                return Ok(bytes / mails);
            }
            anyhow::ensure!(began.elapsed() < within, "only {different} of {mails} mails came");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection: no more of SMTP than senders need.
async fn serve(stream: TcpStream, all: &Mutex<Taken>) -> anyhow::Result<()> {
    // It answers each command by itself: the second answer would wait for the first to be acknowledged.
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 here\r\n").await?;
    let (mut line, mut id, mut bytes) = (Vec::new(), None, 0);
    let mut in_content = false;
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await.context("the sender went away")? == 0 {
            return Ok(());
        }
        bytes += line.len() as u64;
        if in_content && line != b".\r\n" {
            if id.is_none() && line.get(..MESSAGE_ID.len()).is_some_and(|name| name.eq_ignore_ascii_case(MESSAGE_ID)) {
                id = Some(line[MESSAGE_ID.len()..].to_vec());
            }
            continue;
        }
        if in_content {
            let mut taken = all.lock();
            (taken.mails, taken.bytes) = (taken.mails + 1, taken.bytes + std::mem::take(&mut bytes));
            taken.ids.extend(id.take());
        }
        let answer: &[u8] = match &*line {
            _ if in_content => b"250 ok\r\n",
            line if line.to_ascii_uppercase().starts_with(b"EHLO") => b"250-here\r\n250 PIPELINING\r\n",
            line if line.to_ascii_uppercase().starts_with(b"DATA") => b"354 go\r\n",
            line if line.to_ascii_uppercase().starts_with(b"QUIT") => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        in_content = answer.starts_with(b"354");
        if in_content {
            bytes = 0;
        }
        stream.write_all(answer).await?;
    }
}
