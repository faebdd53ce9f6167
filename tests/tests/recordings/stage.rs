//! Both functions of workflows in this process, on a PostgreSQL of their own.

use crate::callee::Callee;
use crate::crash::Crashing;
use crate::ports::{Bells, Blobs, Counted, Nowhere, Open, Tokens, Unseen};
use chrono::{DateTime, TimeZone, Utc};
use http::{HeaderName, HeaderValue};
use local_emulator_postgres::testing::{self, TestDatabase};
use octavo_adapters_postgres::{Postgres, TEST_APP_LOGIN, TEST_PASSWORD, options_for_tests, prepare_for_tests};
use octavo_domain_kernel::{BlobKey, BlobStore, Clock, ContentHash, TenantId};
use octavo_domain_workflow::arn::{Arns, DEFAULT_REGION};
use octavo_domain_workflow::engine::ports::{ExecutionReads, ExecutionStore};
use octavo_domain_workflow::engine::{Definitions, ExecutionId};
use octavo_step::{AllowedFunctions, AllowedHosts, Awake, WORK_TIME};
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Request, Router};
use octavo_workflow::Memory;
use parking_lot::Mutex;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Both functions' world, which outlives their processes.
pub(crate) struct Stage {
    database: TestDatabase,
    postgres: Postgres,
    pub(crate) store: Arc<Crashing>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) bells: Arc<Bells>,
    pub(crate) callee: Arc<Callee>,
    blobs: Arc<Blobs>,
    ids: Arc<Counted>,
    processes: AtomicU64,
    numbers: AtomicU64,
    machines: Mutex<HashMap<(String, bool), Result<String, String>>>,
}

/// What dies at once: a process of each function.
pub(crate) struct Process {
    workflow: Arc<octavo_workflow::Deps>,
    router: Router<octavo_workflow::Deps>,
    step: octavo_step::Deps,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let database = testing::database("octavo", |url| async move { prepare_for_tests(&url).await }).await;
        let options = options_for_tests(6);
        let postgres = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
        // Later than the server's own clock, by which it says what is due.
        let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2040, 1, 1, 12, 0, 0).unwrap()));
        let store = Arc::new(Crashing::new(postgres.clone()));
        Self {
            callee: Arc::new(Callee::new(Arc::new(postgres.clone()))),
            bells: Arc::default(),
            blobs: Arc::default(),
            ids: Arc::new(Counted::new(clock.clone())),
            processes: AtomicU64::new(0),
            numbers: AtomicU64::new(1),
            machines: Mutex::default(),
            database,
            postgres,
            store,
            clock,
        }
    }

    pub(crate) fn tenant(&self) -> TenantId {
        "acme".parse().unwrap()
    }

    /// What is stored, past every crash.
    pub(crate) fn kept(&self) -> &Postgres {
        &self.postgres
    }

    /// A new process of each function, which knows nothing.
    pub(crate) fn process(&self) -> Process {
        let worker = format!("worker-{}", self.processes.fetch_add(1, Ordering::Relaxed));
        let postgres = Arc::new(self.postgres.clone());
        let workflow = octavo_workflow::Deps {
            executions: self.store.clone(),
            reads: postgres.clone(),
            machines: postgres.clone(),
            memory: Memory::new(postgres.clone()),
            catalogue: postgres.clone(),
            aliases: postgres.clone(),
            activities: postgres.clone(),
            tags: postgres.clone(),
            access_keys: postgres.clone(),
            connections: postgres.clone(),
            sealer: Arc::new(Open),
            authenticator: Arc::new(Tokens),
            blobs: self.blobs.clone(),
            queue: self.bells.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            region: "us-east-1".to_owned(),
            announces: false,
        };
        let step = octavo_step::Deps {
            executions: self.store.clone(),
            reads: postgres.clone(),
            machines: postgres.clone(),
            definitions: Definitions::new(postgres.clone()),
            functions: self.callee.clone(),
            allowed: AllowedFunctions::new(["*".to_owned()], "octavo-"),
            http: Arc::new(Nowhere),
            hosts: AllowedHosts::parse([]).expect("none is right"),
            connections: postgres.clone(),
            approvals: postgres.clone(),
            documents: postgres,
            sealer: Arc::new(Open),
            blobs: self.blobs.clone(),
            queue: self.bells.clone(),
            watchers: None,
            observer: Arc::new(Unseen),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            worker,
            time: WORK_TIME,
            awake: Awake::default(),
        };
        Process { workflow: Arc::new(workflow), router: octavo_workflow::router(), step }
    }

    /// The state machine of this definition; it is made once.
    pub(crate) async fn machine(&self, definition: &str, role: &str, express: bool) -> Result<String, String> {
        let key = (definition.to_owned(), express);
        if let Some(made) = self.machines.lock().get(&key) {
            return made.clone();
        }
        let name = format!("recorded-{}", self.machines.lock().len());
        let kind = if express { "EXPRESS" } else { "STANDARD" };
        let body = json!({ "name": name, "definition": definition, "roleArn": role, "type": kind });
        let made = self.process().call("CreateStateMachine", body).await;
        let made = made.map(|made| made["stateMachineArn"].as_str().unwrap_or_default().to_owned());
        self.machines.lock().insert(key, made.clone());
        made
    }

    /// A name that no execution has had yet, and that is found again in whatever text it gets into.
    pub(crate) fn name(&self) -> String {
        format!("run-{:08}-of-recordings", self.numbers.fetch_add(1, Ordering::Relaxed))
    }

    /// The account in this tenant's names.
    pub(crate) fn account(&self) -> String {
        Arns::new(DEFAULT_REGION, &self.tenant()).account().to_owned()
    }

    /// Events that lie in object storage.
    pub(crate) async fn history_blob(&self, hash: &ContentHash) -> Vec<u8> {
        let key = BlobKey::workflow_history(&self.tenant(), hash);
        self.blobs.get(&key).await.unwrap().expect("what the history names is there").to_vec()
    }

    /// What the executions of this run wait for: those that have something to do now, and the next moment at which one has.
    pub(crate) async fn due(&self) -> (Vec<ExecutionId>, Option<DateTime<Utc>>) {
        let (tenant, now) = (self.tenant(), self.clock.now());
        let (mut due, mut next) = (Vec::new(), None);
        for id in self.store.seen() {
            let loaded = self.postgres.execution_load(&tenant, id, now).await.unwrap();
            let Some(loaded) = loaded.filter(|loaded| loaded.stopped_at.is_none()) else { continue };
            if !loaded.due.is_empty() || loaded.tasks_wait {
                due.push(id);
            }
            let waiting = self.postgres.signals_waiting(&tenant, id).await.unwrap();
            next = next.into_iter().chain(waiting.into_iter().map(|kept| kept.at)).min();
        }
        (due, next)
    }

    /// The leases of a worker that is dead end, as they do in time; the clock stays where it is, so that nothing else does.
    /// False if it held none.
    pub(crate) async fn leases_end(&self) -> bool {
        let mut admin = PgConnection::connect(&self.database.url).await.unwrap();
        let ended = sqlx::query("update workflow_task set leased_until = made_at where leased_until > made_at")
            .execute(&mut admin)
            .await
            .unwrap();
        ended.rows_affected() > 0
    }
}

impl Process {
    /// Calls an operation of the API; an error is its name and message.
    pub(crate) async fn call(&self, operation: &str, body: Value) -> Result<Value, String> {
        let mut request = Request::default();
        request.method = http::Method::POST;
        request.path = "/v1/states".to_owned();
        let target = format!("AWSStepFunctions.{operation}");
        for (name, value) in [
            ("authorization", "Bearer ada"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target.as_str()),
        ] {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        request.body = body.to_string().into();
        let response = self.router.handle(self.workflow.clone(), &Tokens, request).await;
        let (status, _, body) = response.into_parts();
        let Body::Bytes(bytes) = body else { panic!("a stream") };
        let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match status.is_success() {
            true => Ok(said),
            false => Err(format!("{}: {}", said["__type"].as_str().unwrap_or_default(), said["message"])),
        }
    }

    /// Answers a bell.
    pub(crate) async fn advance(&self, tenant: &TenantId, execution: ExecutionId) {
        // What goes wrong is found again by due rows, or the run stands still and says so.
        let _ = octavo_step::advance(&self.step, tenant, execution).await;
    }
}
