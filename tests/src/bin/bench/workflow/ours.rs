//! Ours as a library: the operations of the functions on the real store, in this process.

use super::bells::Bells;
use crate::database::Database;
use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_adapters_postgres::Postgres;
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_adapters_tasks::HttpEndpoints;
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, BlobInfo, BlobKey, BlobStore, PortError, PortErrorKind, Principal, TenantId,
    UserId,
};
use octavo_domain_workflow::arn::Arns;
use octavo_domain_workflow::catalogue::{Catalogue, MachineCreated, NewMachine, NewRevision};
use octavo_domain_workflow::engine::outside::FunctionCaller;
use octavo_domain_workflow::engine::ports::ExecutionReads;
use octavo_domain_workflow::engine::{Definitions, RevisionId, Status, StepObserver, StepTally};
use octavo_step::{AllowedFunctions, AllowedHosts};
use octavo_workflow::{Start, Started, start};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

const TENANT: &str = "acme";
const REGION: &str = "us-east-1";
/// Seals nothing here.
const SEALING_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What the adapter has unless told otherwise. With 16 the same load was a third slower, probably because each of the server's
/// processes then finds less in the caches of the two cores.
const CONNECTIONS_MAX: u32 = 8;
/// An execution that is measured ends by then.
const END_MAX: Duration = Duration::from_secs(60);

/// Both functions' operations.
pub(super) struct Library {
    pub(super) store: Arc<Postgres>,
    pub(super) tenant: TenantId,
    user: UserId,
    workflow: octavo_workflow::Deps,
    bells: Arc<Bells>,
}

impl Library {
    /// On this database, with tasks done by `functions`.
    pub(super) fn on(database: &Database, functions: Arc<dyn FunctionCaller>) -> anyhow::Result<Arc<Self>> {
        let store = Arc::new(database.store(CONNECTIONS_MAX)?);
        let bells = Arc::new(Bells::default());
        let (clock, ids, blobs) = (Arc::new(SystemClock), Arc::new(SystemIds), Arc::new(NoBlobs));
        let sealer = Arc::new(SealingKeys::parse(SEALING_KEY)?);
        let step = octavo_step::Deps {
            executions: store.clone(),
            reads: store.clone(),
            machines: store.clone(),
            definitions: Definitions::new(store.clone()),
            functions,
            allowed: AllowedFunctions::new(["*".to_owned()], "octavo-"),
            http: Arc::new(HttpEndpoints::new()),
            hosts: AllowedHosts::parse([]).context("no host is a list of hosts")?,
            connections: store.clone(),
            approvals: store.clone(),
            documents: store.clone(),
            sealer: sealer.clone(),
            blobs: blobs.clone(),
            queue: bells.clone(),
            watchers: None,
            observer: Arc::new(Unobserved),
            clock: clock.clone(),
            ids: ids.clone(),
            worker: "bench".to_owned(),
            time: octavo_step::WORK_TIME,
            awake: octavo_step::Awake::default(),
        };
        bells.wakes(step);
        let workflow = octavo_workflow::Deps {
            executions: store.clone(),
            reads: store.clone(),
            machines: store.clone(),
            memory: octavo_workflow::Memory::new(store.clone()),
            catalogue: store.clone(),
            aliases: store.clone(),
            activities: store.clone(),
            tags: store.clone(),
            access_keys: store.clone(),
            connections: store.clone(),
            sealer,
            authenticator: Arc::new(Nobody),
            blobs,
            queue: bells.clone(),
            clock,
            ids,
            region: REGION.to_owned(),
            announces: false,
        };
        Ok(Arc::new(Self { store, tenant: TENANT.parse()?, user: "ada".parse()?, workflow, bells }))
    }

    /// Makes a state machine; its ARN.
    pub(super) async fn machine(&self, name: &str, definition: &Value) -> anyhow::Result<String> {
        let arn = Arns::new(REGION, &self.tenant).machine(name);
        let new = NewMachine {
            arn: arn.clone(),
            name: name.to_owned(),
            express: false,
            revision: NewRevision {
                id: RevisionId(self.workflow.ids.next()),
                definition: definition.to_string(),
                role_arn: "arn:aws:iam::000000000000:role/bench".to_owned(),
                configuration: json!({}),
            },
            publish: None,
            tags: BTreeMap::new(),
            by: self.user.clone(),
            at: self.workflow.clock.now(),
        };
        let created = self.store.machine_create(&self.tenant, &new).await?;
        anyhow::ensure!(matches!(created, MachineCreated::New(_)), "there is a state machine {name} already");
        Ok(arn)
    }

    /// Starts an execution: it is durable, and as far as it gets without a task.
    pub(super) async fn start(&self, machine_arn: &str, input: Value) -> anyhow::Result<Started> {
        let begin = Start { machine_arn, name: None, input, trace_header: None, by: &self.user };
        Ok(start(&self.workflow, &self.tenant, begin).await?)
    }

    /// Starts an execution, waits for its end and reads its output.
    pub(super) async fn run(&self, machine_arn: &str, input: Value) -> anyhow::Result<Value> {
        let started = self.start(machine_arn, input).await?;
        let ended = tokio::time::timeout(END_MAX, self.bells.ended(started.id)).await;
        ended.with_context(|| format!("{} does not end", started.arn))??;
        let read = self.store.execution_get(&self.tenant, started.id).await?.context("an execution is kept")?;
        anyhow::ensure!(read.status == Status::Succeeded, "{}: {:?} {:?}", started.arn, read.error, read.cause);
        read.output.context("what succeeded has an output")
    }
}

/// Nothing that is measured is long enough for object storage.
struct NoBlobs;

#[async_trait]
impl BlobStore for NoBlobs {
    async fn put(&self, _: &BlobKey, _: Bytes, _: &str) -> Result<(), PortError> {
        Err(PortErrorKind::Unavailable.into())
    }

    async fn get(&self, _: &BlobKey) -> Result<Option<Bytes>, PortError> {
        Err(PortErrorKind::Unavailable.into())
    }

    async fn get_range(&self, _: &BlobKey, _: Range<u64>) -> Result<Option<Bytes>, PortError> {
        Err(PortErrorKind::Unavailable.into())
    }

    async fn head(&self, _: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        Err(PortErrorKind::Unavailable.into())
    }

    async fn delete(&self, _: &BlobKey) -> Result<(), PortError> {
        Err(PortErrorKind::Unavailable.into())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// The library is called without a queue, so in no batches.
struct Unobserved;

impl StepObserver for Unobserved {
    fn batch(&self, _: DateTime<Utc>, _: Duration, _: &StepTally) {}
}

/// The library is called without tokens.
struct Nobody;

#[async_trait]
impl Authenticator for Nobody {
    async fn authenticate(&self, _: &str) -> Result<Principal, AuthenticateError> {
        Err(AuthenticateError::Unavailable(PortErrorKind::Unavailable.into()))
    }
}
