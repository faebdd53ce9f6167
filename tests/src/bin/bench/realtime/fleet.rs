//! Many connections on one thread of their own.

use super::client::{Client, End, Target, open};
use super::dialect::Dialect;
use super::tally::Tally;
use super::{stamp, wire};
use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// Connections that are made at a time.
const AT_A_TIME: usize = 64;
/// Each one says that it is there so often; a hub gives up who was silent for 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// In so many parts, so that they do not all speak at once.
const KEEP_ALIVE_PARTS: usize = 100;

/// A connection ended: its number, when, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) number: usize,
    pub(super) at: u64,
    pub(super) why: End,
}

/// Running connections; they end with it.
pub(super) struct Fleet {
    pub(super) clients: Vec<Arc<Client>>,
    pub(super) tally: Arc<Tally>,
    dialect: Dialect,
    ended: mpsc::UnboundedReceiver<Ended>,
    // Dropped in the background: it must not be dropped where one may not wait.
    runtime: Option<Runtime>,
}

impl Fleet {
    /// Connects `count` clients; each joins the groups that `groups` says for its number.
    pub(super) async fn connect(
        target: &Target,
        count: usize,
        groups: impl Fn(usize) -> Vec<String> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("fleet").enable_all().build()?;
        let (target, groups, dialect) = (target.clone(), Arc::new(groups), target.dialect);
        let (tally, (ends, ended)) = (Arc::new(Tally::new()), mpsc::unbounded_channel());
        // From the first one on: the last one may be a while.
        let speaking = Arc::new(Mutex::new(Vec::with_capacity(count)));
        if let Some(word) = dialect.keep_alive() {
            runtime.spawn(keep_alive(speaking.clone(), word));
        }
        let counts = tally.clone();
        let made = runtime.spawn(async move {
            stream::iter(0..count)
                .map(|number| {
                    let (target, groups, speaking) = (target.clone(), groups.clone(), speaking.clone());
                    let (tally, ends) = (counts.clone(), ends.clone());
                    async move {
                        let mut opened = open(&target, number).await?;
                        for group in groups(number) {
                            opened.join(&group).await.with_context(|| format!("joining {group}"))?;
                        }
                        let client = opened.client.clone();
                        speaking.lock().expect("nobody panics with it").push(Arc::downgrade(&client));
                        tokio::spawn(async move {
                            let why = opened.run(tally).await;
                            let _ = ends.send(Ended { number, at: stamp::now(), why });
                        });
                        anyhow::Ok(client)
                    }
                })
                .buffered(AT_A_TIME)
                .try_collect::<Vec<Arc<Client>>>()
                .await
        });
        let clients = made.await??;
        Ok(Self { clients, tally, dialect, ended, runtime: Some(runtime) })
    }

    /// One of them sends `bytes` to a group, or to everybody.
    pub(super) fn send(&self, number: usize, group: Option<&str>, bytes: usize) -> anyhow::Result<()> {
        let text = self.dialect.send(group, &stamp::value(bytes));
        self.clients[number].say(wire::TEXT, text.as_bytes())
    }

    /// The next that ended.
    pub(super) async fn ended(&mut self) -> Option<Ended> {
        self.ended.recv().await
    }

    /// Fails where one has ended, or has not received exactly what it should have.
    pub(super) fn whole(&mut self, each: u64) -> anyhow::Result<()> {
        if let Ok(ended) = self.ended.try_recv() {
            anyhow::bail!("a connection ended: {ended:?}");
        }
        let wrong = self.clients.iter().filter(|client| client.received.load(Ordering::Relaxed) != each).count();
        anyhow::ensure!(wrong == 0, "{wrong} of {} clients did not receive {each} messages", self.clients.len());
        Ok(())
    }

    /// For what else is to run on its thread.
    pub(super) fn handle(&self) -> tokio::runtime::Handle {
        self.runtime.as_ref().expect("it is there until it is dropped").handle().clone()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn keep_alive(clients: Arc<Mutex<Vec<Weak<Client>>>>, word: &'static str) {
    let mut turn = tokio::time::interval(KEEP_ALIVE / KEEP_ALIVE_PARTS as u32);
    for part in (0..KEEP_ALIVE_PARTS).cycle() {
        turn.tick().await;
        for client in clients.lock().expect("nobody panics with it").iter().skip(part).step_by(KEEP_ALIVE_PARTS) {
            // Who is gone is told by the one who listens.
            if let Some(client) = client.upgrade() {
                let _ = client.say(wire::TEXT, word.as_bytes());
            }
        }
    }
}
