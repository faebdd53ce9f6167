//! What the function `step` does, as far as these tests need it: executions are advanced from their bells, and their tasks
//! are answered as a test says.

use crate::house::House;
use chrono::TimeDelta;
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::engine::ports::Committed;
use octavo_domain_workflow::engine::{
    Draw, ExecutionId, Keeper, Settling, Status, Task, WakeBody, Work, Worker, settle,
};
use octavo_domain_workflow::machine::{Event, Signal};
use serde_json::{Value, json};

/// What a task comes to, by its resource and parameters.
pub(crate) type Answers<'a> = dyn Fn(&str, &Value) -> Result<Value, (&'static str, &'static str)> + Sync + 'a;

/// No execution of a test has so many wakes.
const WAKES_MAX: usize = 200;

impl House {
    /// Advances all that is rung for, until nothing is.
    pub(crate) async fn work(&self, answers: &Answers<'_>) {
        let mut wakes = 0;
        loop {
            let messages = self.sent("step");
            if messages.is_empty() {
                return;
            }
            for message in messages {
                wakes += 1;
                assert!(wakes < WAKES_MAX, "this never ends");
                let body: WakeBody = serde_json::from_value(message.body).unwrap();
                self.advance(&message.tenant, body.execution, answers).await;
            }
        }
    }

    /// Advances one execution, as a bell that the due rows ring does.
    pub(crate) async fn wake(&self, arn: &str, answers: &Answers<'_>) {
        let id = self.id(arn).await;
        self.advance(&"acme".parse().unwrap(), id, answers).await;
        self.work(answers).await;
    }

    async fn advance(&self, tenant: &TenantId, id: ExecutionId, answers: &Answers<'_>) {
        let mut signals = Vec::new();
        let mut accepted = Vec::new();
        loop {
            let now = self.deps.clock.now();
            let Some(loaded) = self.store_of().execution_load(tenant, id, now).await.unwrap() else { return };
            let goes = !loaded.due.is_empty() || !signals.is_empty();
            let until = now + TimeDelta::seconds(30);
            let mut tasks = Vec::new();
            if goes {
                let definition = self.definition(tenant, loaded.revision).await;
                let by = loaded.started_by.clone();
                let draw = Draw(&*self.deps.ids);
                let mut change = {
                    let (chance, token, ids) = (|| draw.number(), || draw.token(), || draw.id());
                    let settling = Settling { definition: &definition, now, chance: &chance, token: &token, ids: &ids };
                    settle(&settling, loaded, std::mem::take(&mut signals)).unwrap()
                };
                change.tasks_accepted.append(&mut accepted);
                let worker = Worker { name: "test", until };
                let committed = self.keeper().keep(tenant, &mut change, &by, Some(worker)).await.unwrap();
                assert_eq!(committed, Committed::Done);
                if change.status != Status::Running {
                    return;
                }
                tasks.extend(change.tasks.into_iter().filter(|task| task.activity_arn().is_none()));
            }
            let claimed = self.store_of().tasks_claim(tenant, id, "test", now, until, 10).await.unwrap();
            tasks.extend(claimed.into_iter().map(|claimed| claimed.task));
            for task in tasks {
                let (told, waits) = told(&task, answers);
                if waits {
                    accepted.push((task.frame, task.turn));
                }
                signals.extend(told.into_iter().map(|event| Signal { frame: task.frame, turn: task.turn, event }));
            }
            if signals.is_empty() && !goes {
                return;
            }
        }
    }

    fn store_of(&self) -> &dyn octavo_domain_workflow::engine::ports::ExecutionStore {
        &self.store
    }

    async fn definition(
        &self,
        tenant: &TenantId,
        revision: octavo_domain_workflow::engine::RevisionId,
    ) -> octavo_domain_workflow::definition::Definition {
        let found = self.deps.machines.revision_get(tenant, revision).await.unwrap().unwrap();
        octavo_domain_workflow::definition::parse(&found.definition, found.express).unwrap()
    }

    fn keeper(&self) -> Keeper<'_> {
        Keeper { store: &self.store, blobs: &*self.blobs, queue: &*self.queue, ids: &*self.deps.ids, watchers: None }
    }
}

/// What a task's state is told, and whether its end comes later.
fn told(task: &Task, answers: &Answers<'_>) -> (Vec<Event>, bool) {
    let started = Event::TaskStarted { worker: None };
    match &task.work {
        Work::Do(order) => {
            let waits = order.resource.ends_with(".waitForTaskToken");
            let end = match answers(&order.resource, &order.parameters) {
                Ok(output) if waits => Event::TaskSubmitted { output },
                Ok(output) => Event::TaskSucceeded { output },
                Err((error, cause)) => {
                    Event::TaskFailed { error: Some(error.to_owned()), cause: Some(cause.to_owned()) }
                }
            };
            (vec![started, end], waits)
        }
        Work::Read { .. } => (vec![Event::ItemsRead { items: vec![json!(1), json!(2), json!(3)] }], false),
        Work::Write { .. } => (vec![Event::ResultsWritten { output: json!({}) }], false),
    }
}

/// For executions that have no tasks.
pub(crate) fn none(resource: &str, _: &Value) -> Result<Value, (&'static str, &'static str)> {
    panic!("a task that the test does not expect: {resource}")
}

/// Answers what the task is called with.
#[expect(clippy::unnecessary_wraps, reason = "as all answers are")]
pub(crate) fn echo(_: &str, parameters: &Value) -> Result<Value, (&'static str, &'static str)> {
    Ok(parameters.clone())
}
