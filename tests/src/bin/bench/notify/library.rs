//! The function `notify` as a library: its queue's handler on the real store, in this process.

use super::letters::{MAILS, PEOPLE, event, person, user};
use crate::database::Database;
use anyhow::Context;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use octavo_adapters_channels::Verifier;
use octavo_adapters_postgres::Postgres;
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{Clock, Message, PortError, Queue, QueueDepth, QueueName, TenantId};
use octavo_domain_notify::{People, Person, Provider, Rates, Templates, event_message};
use octavo_notify::{Deps, Lanes, QueueRecord, Unsubscribes, handle_queue};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Messages of a batch, and batches at a time: what the function's manifest says of its queue.
const BATCH: usize = 50;
const BATCHES: usize = 8;
/// What the adapter has unless told otherwise.
const CONNECTIONS_MAX: u32 = 8;
const SEALING_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
pub(super) const PUBLIC_URL: &str = "https://octavo.example";

/// The function with its ports.
pub(super) struct Library {
    deps: Deps,
    tenant: TenantId,
}

impl Library {
    /// On this database, whose people are known then, with mail delivered by `provider`.
    pub(super) async fn on(database: &Database, provider: Arc<dyn Provider>) -> anyhow::Result<Self> {
        let store = Arc::new(database.store(CONNECTIONS_MAX)?);
        let tenant: TenantId = "acme".parse()?;
        know(&store, &tenant).await?;
        let deps = Deps {
            store: store.clone(),
            people: store.clone(),
            inbox: store.clone(),
            documents: store,
            providers: vec![provider],
            lanes: Lanes::default(),
            rates: Arc::new(Unlimited),
            callbacks: Arc::new(Verifier::new(&[])?),
            templates: Templates::new(),
            sealer: Arc::new(SealingKeys::parse(SEALING_KEY)?),
            links: Unsubscribes::new(PUBLIC_URL, &[7; 32]),
            queue: Arc::new(Unheard),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            announces: false,
        };
        Ok(Self { deps, tenant })
    }

    /// Has [`MAILS`] delivered, by events to `each` people each: how long that took. With more recipients the batches are
    /// smaller, so that there are enough of them to be worked on side by side.
    pub(super) async fn deliver(&self, each: u64) -> anyhow::Result<Duration> {
        let at = self.deps.clock.now();
        let record = |number: u64| {
            let event = event(self.deps.ids.next(), at, number * each, each)?;
            let body = serde_json::to_string(&event_message(&self.tenant, &event).message)?;
            anyhow::Ok(QueueRecord { message_id: number.to_string(), body })
        };
        let records = (0..MAILS / each).map(record).collect::<anyhow::Result<Vec<_>>>()?;
        let size = (BATCH / usize::try_from(each)?).max(1);
        let batches: Vec<Vec<QueueRecord>> = records.chunks(size).map(<[_]>::to_vec).collect();
        let began = Instant::now();
        let work = |batch| async move {
            let failed = handle_queue(&self.deps, batch).await;
            anyhow::ensure!(failed.is_empty(), "{} messages are to come again", failed.len());
            Ok(())
        };
        futures::stream::iter(batches).map(work).buffer_unordered(BATCHES).try_collect::<()>().await?;
        Ok(began.elapsed())
    }
}

async fn know(store: &Postgres, tenant: &TenantId) -> anyhow::Result<()> {
    for number in 0..PEOPLE {
        let said = person(number);
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        let person = Person {
            user: user(number).parse()?,
            name: text("name"),
            email: text("email"),
            phone: None,
            language: text("language"),
            zone: None,
            groups: Default::default(),
            updated_at: SystemClock.now(),
        };
        store.person_put(tenant, &person).await.context("a person")?;
    }
    Ok(())
}

struct Unlimited;

#[async_trait]
impl Rates for Unlimited {
    async fn take(&self, _: &str, _: u32) -> Result<(), Duration> {
        Ok(())
    }
}

/// Nobody is told anything by this.
struct Unheard;

#[async_trait]
impl Queue for Unheard {
    async fn send(&self, _: &QueueName, _: &[Message]) -> Result<(), PortError> {
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}
