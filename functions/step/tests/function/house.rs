//! One function with its ports, and ways to start executions and to deliver its messages.

use crate::ports::{Blobs, Drawn, Endpoints, Functions, Reversing, Seen, Sent};
use crate::store::Fated;
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Postgres, TEST_APP_LOGIN, TEST_PASSWORD, options_for_tests};
use octavo_domain_kernel::{BlobKey, BlobStore, Clock, Message, TenantId};
use octavo_domain_workflow::catalogue::{Catalogue, MachineCreated, NewMachine, NewRevision};
use octavo_domain_workflow::definition::parse;
use octavo_domain_workflow::engine::ports::{Committed, ExecutionReads, ExecutionView, Machines};
use octavo_domain_workflow::engine::{
    Chunk, ChunkBody, Definitions, Draw, ExecutionId, Keeper, NewExecution, RevisionId, Settling, Status, begin,
    wake_message,
};
use octavo_domain_workflow::history::Record;
use octavo_domain_workflow::machine::{Execution, FIRST_FRAME, Frame};
use octavo_step::{AllowedFunctions, AllowedHosts, Awake, Deps, QueueRecord, WORK_TIME, handle_queue};
use octavo_testing::time::ManualClock;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) struct House {
    pub(crate) deps: Arc<Deps>,
    pub(crate) store: Postgres,
    pub(crate) executions: Arc<Fated>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) queue: Arc<Sent>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) seen: Arc<Seen>,
}

pub(crate) fn acme() -> TenantId {
    "acme".parse().unwrap()
}

/// A definition of states in a row.
pub(crate) fn states(states: Value) -> String {
    let first = states.as_object().unwrap().keys().next().unwrap().clone();
    json!({ "StartAt": first, "States": states }).to_string()
}

/// A state that invokes a function by its ARN, and is the last.
pub(crate) fn task(function: &str) -> Value {
    json!({"Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:1:function:{function}"), "End": true})
}

/// A state of an integration, and the last.
pub(crate) fn integration(resource: &str, parameters: Value) -> Value {
    let resource = format!("arn:aws:states:::{resource}");
    json!({"Type": "Task", "Resource": resource, "Parameters": parameters, "End": true})
}

pub(crate) async fn house() -> House {
    let database =
        testing::database("octavo", |url| async move { octavo_adapters_postgres::prepare_for_tests(&url).await }).await;
    let options = options_for_tests(8);
    let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
    let executions = Arc::new(Fated {
        store: store.clone(),
        fates: Mutex::new(VecDeque::new()),
        leases_lost: Default::default(),
        loads: Default::default(),
        renewed: Mutex::default(),
    });
    let (functions, endpoints) = (Arc::new(Functions::default()), Arc::new(Endpoints::default()));
    let (blobs, queue) = (Arc::new(Blobs::default()), Arc::new(Sent::default()));
    let (clock, seen) = (Arc::new(ManualClock::default()), Arc::new(Seen::default()));
    House {
        deps: Arc::new(Deps {
            executions: executions.clone(),
            reads: Arc::new(store.clone()),
            machines: Arc::new(store.clone()),
            definitions: Definitions::new(Arc::new(store.clone())),
            functions: functions.clone(),
            allowed: AllowedFunctions::new(["*".to_owned()], ""),
            http: endpoints.clone(),
            hosts: AllowedHosts::parse(["*", "http://127.0.0.1:8080"]).unwrap(),
            connections: Arc::new(store.clone()),
            approvals: Arc::new(store.clone()),
            documents: Arc::new(store.clone()),
            sealer: Arc::new(Reversing),
            blobs: blobs.clone(),
            queue: queue.clone(),
            watchers: None,
            observer: seen.clone(),
            clock: clock.clone(),
            ids: Arc::new(Drawn),
            worker: "worker-1".to_owned(),
            time: WORK_TIME,
            awake: Awake::default(),
        }),
        store,
        executions,
        functions,
        endpoints,
        blobs,
        queue,
        clock,
        seen,
    }
}

impl House {
    /// The same world, seen by another process.
    pub(crate) fn another_process(&self, worker: &str) -> Arc<Deps> {
        self.deps_with(worker, WORK_TIME)
    }

    pub(crate) fn deps_with(&self, worker: &str, time: std::time::Duration) -> Arc<Deps> {
        let deps = &self.deps;
        Arc::new(Deps {
            executions: deps.executions.clone(),
            reads: deps.reads.clone(),
            machines: deps.machines.clone(),
            definitions: Definitions::new(deps.machines.clone()),
            functions: deps.functions.clone(),
            allowed: deps.allowed.clone(),
            http: deps.http.clone(),
            hosts: deps.hosts.clone(),
            connections: deps.connections.clone(),
            approvals: deps.approvals.clone(),
            documents: deps.documents.clone(),
            sealer: deps.sealer.clone(),
            blobs: deps.blobs.clone(),
            queue: deps.queue.clone(),
            watchers: deps.watchers.clone(),
            observer: deps.observer.clone(),
            clock: deps.clock.clone(),
            ids: deps.ids.clone(),
            worker: worker.to_owned(),
            time,
            awake: Awake::default(),
        })
    }

    /// A state machine of acme; its ARN.
    pub(crate) async fn define(&self, name: &str, definition: &str) -> String {
        let arn = format!("arn:aws:states:us-east-1:1:stateMachine:{name}");
        let new = NewMachine {
            arn: arn.clone(),
            name: name.to_owned(),
            express: false,
            revision: NewRevision {
                id: RevisionId(self.deps.ids.next()),
                definition: definition.to_owned(),
                role_arn: "arn:aws:iam::1:role/r".to_owned(),
                configuration: json!({}),
            },
            publish: None,
            tags: Default::default(),
            by: "ada".parse().unwrap(),
            at: self.clock.now(),
        };
        let created = self.store.machine_create(&acme(), &new).await.unwrap();
        assert_eq!(created, MachineCreated::New(None));
        arn
    }

    /// Starts an execution of a new state machine, and rings for it. It has not been advanced yet but for what needs nobody.
    pub(crate) async fn start(&self, definition: &str, input: Value) -> ExecutionId {
        let name = format!("machine-{}", self.deps.ids.next().simple());
        let arn = self.define(&name, definition).await;
        self.start_of(&arn, "one", input).await
    }

    pub(crate) async fn start_of(&self, machine: &str, name: &str, input: Value) -> ExecutionId {
        let resolved = self.store.machine_resolve(&acme(), machine, 0).await.unwrap().unwrap();
        let text = self.store.revision_get(&acme(), resolved.revision).await.unwrap().unwrap();
        let definition = parse(&text.definition, false).unwrap();
        let (now, id) = (self.clock.now(), ExecutionId(self.deps.ids.next()));
        let execution = Execution {
            arn: format!("{}:{name}", machine.replace(":stateMachine:", ":execution:")),
            name: name.to_owned(),
            machine_arn: machine.to_owned(),
            machine_name: resolved.name,
            role_arn: resolved.role_arn,
            input: input.clone(),
            started_at: now,
            redrive_count: 0,
            express: false,
            events: 0,
            frames: FIRST_FRAME,
            mocked: None,
        };
        let new = NewExecution {
            id,
            execution,
            revision: resolved.revision,
            version_arn: None,
            alias_arn: None,
            started_by: "ada".parse().unwrap(),
            attributes: Map::new(),
            trace_header: None,
            above: None,
            map_run_arn: None,
            frame: Frame::first(0, &definition.lists[0].start_at, input, now),
        };
        let draw = Draw(&*self.deps.ids);
        let mut change = {
            let (chance, token, ids) = (|| draw.number(), || draw.token(), || draw.id());
            let settling = Settling { definition: &definition, now, chance: &chance, token: &token, ids: &ids };
            begin(&settling, new).unwrap()
        };
        let keeper =
            Keeper { store: &self.store, blobs: &*self.blobs, queue: &*self.queue, ids: &Drawn, watchers: None };
        let kept = keeper.keep(&acme(), &mut change, &"ada".parse().unwrap(), None).await.unwrap();
        assert_eq!(kept, Committed::Done);
        id
    }

    /// The bells that were rung since this was asked last.
    pub(crate) fn rung(&self) -> Vec<Message> {
        let sent = std::mem::take(&mut *self.queue.messages.lock());
        sent.into_iter().filter(|(queue, _)| queue == "step").map(|(_, message)| message).collect()
    }

    pub(crate) fn record(message: &Message, receive_count: u32) -> QueueRecord {
        let body = serde_json::to_string(message).unwrap();
        QueueRecord { message_id: message.id.to_string(), body, receive_count }
    }

    /// Rings for an execution, and has that answered. True if the message was done.
    pub(crate) async fn ring(&self, id: ExecutionId) -> bool {
        self.ring_at(&self.deps, id, 1).await
    }

    pub(crate) async fn ring_at(&self, deps: &Deps, id: ExecutionId, receive_count: u32) -> bool {
        let message = wake_message(self.deps.ids.next(), &acme(), id, self.clock.now()).message;
        handle_queue(deps, vec![Self::record(&message, receive_count)]).await.is_empty()
    }

    /// Answers every bell, and those that are rung meanwhile, until there is none.
    pub(crate) async fn drain(&self) {
        for _ in 0..1_000 {
            let rung = self.rung();
            if rung.is_empty() {
                return;
            }
            let records = rung.iter().map(|message| Self::record(message, 1)).collect();
            assert_eq!(handle_queue(&self.deps, records).await, Vec::<String>::new());
        }
        panic!("this never ends");
    }

    pub(crate) async fn view(&self, id: ExecutionId) -> ExecutionView {
        self.store.execution_get(&acme(), id).await.unwrap().unwrap()
    }

    /// Starts, advances to the end, and returns the output.
    pub(crate) async fn output(&self, definition: &str, input: Value) -> Value {
        let id = self.start(definition, input).await;
        self.drain().await;
        let view = self.view(id).await;
        assert_eq!(view.status, Status::Succeeded, "{:?} {:?}", view.error, view.cause);
        view.output.unwrap()
    }

    /// The same for one that fails: error and cause.
    pub(crate) async fn failure(&self, definition: &str, input: Value) -> (String, String) {
        let id = self.start(definition, input).await;
        self.drain().await;
        let view = self.view(id).await;
        assert_eq!(view.status, Status::Failed, "{:?}", view.output);
        (view.error.unwrap_or_default(), view.cause.unwrap_or_default())
    }

    pub(crate) async fn history(&self, id: ExecutionId) -> Vec<Record> {
        let chunks = self.store.history_read(&acme(), id, 1, 100_000, false).await.unwrap();
        let mut records = Vec::new();
        for chunk in chunks {
            let bytes = match chunk.body {
                ChunkBody::Inline(bytes) => bytes,
                ChunkBody::Blob(hash) => {
                    self.blobs.get(&BlobKey::workflow_history(&acme(), &hash)).await.unwrap().unwrap().to_vec()
                }
            };
            records.extend(Chunk::records(&bytes).unwrap());
        }
        records
    }

    /// The history's types, in order, shortened: states' entries and exits are left out.
    pub(crate) async fn told(&self, id: ExecutionId) -> Vec<String> {
        let types = self.history(id).await.into_iter().map(|record| record.entry.type_name());
        types.filter(|name| !name.contains("State")).collect()
    }
}
