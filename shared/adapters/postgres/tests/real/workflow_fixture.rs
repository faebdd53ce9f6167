//! State machines, executions of them, and a small engine that wakes them on the store.

use crate::fixture::tenant;
use chrono::{DateTime, Utc};
use octavo_adapters_postgres::Postgres;
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::definition::{Definition, parse};
use octavo_domain_workflow::engine::ports::{Committed, ExecutionStore};
use octavo_domain_workflow::engine::{
    Change, ExecutionId, Kept, Loaded, NewExecution, RevisionId, Settling, Task, Work, begin, redrive, settle,
};
use octavo_domain_workflow::machine::{Event, Execution, Frame, Signal};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

static COUNT: AtomicU64 = AtomicU64::new(1);

/// Never the same twice in this process; a UUID version 7 of that moment.
pub(crate) fn id_at(at: DateTime<Utc>) -> Uuid {
    let count = u128::from(COUNT.fetch_add(1, Ordering::Relaxed));
    let ms = u128::from(at.timestamp_millis().unsigned_abs());
    Uuid::from_u128((ms << 80) | (7 << 76) | (2 << 62) | count)
}

pub(crate) fn acme() -> TenantId {
    tenant("acme")
}

/// The wall clock's microsecond: what is due is decided by the server's.
#[expect(clippy::disallowed_methods, reason = "the server goes by its own clock, which is this machine's")]
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap()
}

pub(crate) struct Machine {
    pub(crate) definition: Definition,
    name: &'static str,
    express: bool,
}

impl Machine {
    pub(crate) fn of(name: &'static str, definition: &Value) -> Self {
        Self { definition: parse(&definition.to_string(), false).unwrap(), name, express: false }
    }

    pub(crate) fn express(name: &'static str, definition: &Value) -> Self {
        Self { definition: parse(&definition.to_string(), true).unwrap(), name, express: true }
    }

    /// Passes its input on.
    pub(crate) fn pass() -> Self {
        Self::of("pass", &json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } }))
    }

    /// Fails.
    pub(crate) fn fail() -> Self {
        let state = json!({ "Type": "Fail", "Error": "Broken", "Cause": "nul\u{0} and more" });
        Self::of("fail", &json!({ "StartAt": "A", "States": { "A": state } }))
    }

    /// One task of this resource.
    pub(crate) fn task(resource: &str) -> Self {
        let state = json!({
            "Type": "Task", "Resource": resource, "TimeoutSeconds": 100, "HeartbeatSeconds": 10, "End": true
        });
        Self::of("task", &json!({ "StartAt": "A", "States": { "A": state } }))
    }

    /// A task that a step does.
    pub(crate) fn function() -> Self {
        Self::task("arn:aws:lambda:us-east-1:000000000001:function:f")
    }

    /// A task that is answered by its token.
    pub(crate) fn token() -> Self {
        let state = json!({
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": { "FunctionName": "f", "Payload.$": "$$.Task.Token" },
            "TimeoutSeconds": 100, "HeartbeatSeconds": 10, "End": true
        });
        Self::of("token", &json!({ "StartAt": "A", "States": { "A": state } }))
    }

    /// Waits a minute.
    pub(crate) fn wait() -> Self {
        let state = json!({ "Type": "Wait", "Seconds": 60, "End": true });
        Self::of("wait", &json!({ "StartAt": "A", "States": { "A": state } }))
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:states:us-east-1:000000000001:stateMachine:{}", self.name)
    }

    pub(crate) fn execution(&self, name: &str, at: DateTime<Utc>) -> NewExecution {
        let id = ExecutionId(id_at(at));
        let machine = self.name;
        let arn = match self.express {
            true => format!("arn:aws:states:us-east-1:000000000001:express:{machine}:{name}:{id}"),
            false => format!("arn:aws:states:us-east-1:000000000001:execution:{machine}:{name}"),
        };
        let input = json!({ "z": 1.0, "a": "nul\u{0} and ü" });
        let start_at = &self.definition.lists[0].start_at;
        NewExecution {
            id,
            execution: Execution {
                arn,
                name: name.to_owned(),
                machine_arn: self.arn(),
                machine_name: machine.to_owned(),
                role_arn: "arn:aws:iam::000000000001:role/r".to_owned(),
                input: input.clone(),
                started_at: at,
                redrive_count: 0,
                express: self.express,
                events: 0,
                frames: 1,
                mocked: None,
            },
            revision: RevisionId(Uuid::from_u128(7)),
            version_arn: None,
            alias_arn: None,
            started_by: "ada".parse().unwrap(),
            attributes: Map::new(),
            trace_header: Some("Root=1".to_owned()),
            above: None,
            map_run_arn: None,
            frame: Frame::first(0, start_at, input, at),
        }
    }

    pub(crate) fn begin(&self, new: NewExecution) -> Change {
        let at = new.execution.started_at;
        with(&self.definition, at, |settling| begin(settling, new).unwrap())
    }

    pub(crate) fn settle(&self, loaded: Loaded, signals: Vec<Signal>, at: DateTime<Utc>) -> Change {
        with(&self.definition, at, |settling| settle(settling, loaded, signals).unwrap())
    }

    pub(crate) fn redrive(&self, loaded: Loaded, at: DateTime<Utc>) -> Change {
        with(&self.definition, at, |settling| redrive(settling, loaded).unwrap())
    }

    /// Begins one of this name.
    pub(crate) async fn start(&self, store: &Postgres, name: &str, at: DateTime<Utc>) -> ExecutionId {
        let change = self.begin(self.execution(name, at));
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        change.id
    }

    /// One wake.
    pub(crate) async fn wake(
        &self,
        store: &Postgres,
        id: ExecutionId,
        signals: Vec<Signal>,
        at: DateTime<Utc>,
    ) -> Change {
        let change = self.settle(load(store, id, at).await, signals, at);
        assert_eq!(store.execution_commit(&acme(), &change, None).await.unwrap(), Committed::Done);
        change
    }
}

fn with<T>(definition: &Definition, now: DateTime<Utc>, decide: impl FnOnce(&Settling<'_>) -> T) -> T {
    let (token, ids) = (|| id_at(now).to_string(), || id_at(now));
    decide(&Settling { definition, now, chance: &|| 0, token: &token, ids: &ids })
}

pub(crate) async fn load(store: &Postgres, id: ExecutionId, at: DateTime<Utc>) -> Loaded {
    store.execution_load(&acme(), id, at).await.unwrap().unwrap()
}

/// The answer of a task.
pub(crate) fn succeeded(frame: u64, turn: u64, output: Value) -> Signal {
    Signal { frame, turn, event: Event::TaskSucceeded { output } }
}

/// The token of a task.
pub(crate) fn token_of(task: &Task) -> &str {
    match &task.work {
        Work::Do(order) => &order.token,
        other => panic!("{other:?} has no token"),
    }
}

/// A signal for the first frame's first turn.
pub(crate) fn kept(at: DateTime<Utc>, event: Event) -> Kept {
    Kept { id: id_at(at), at, signal: Signal { frame: 1, turn: 1, event } }
}
