//! One recorded start, run to its end.

use crate::callee::Told;
use crate::crash::Crash;
use crate::stage::{Process, Stage};
use chrono::TimeDelta;
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::engine::ports::{ExecutionReads, ExecutionView};
use octavo_domain_workflow::engine::{Chunk, ChunkBody, ExecutionId, Status};
use octavo_domain_workflow::history::Record;
use octavo_domain_workflow::machine::{Ended, Outcome};
use octavo_domain_workflow::rehearsal::Report;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::future::Future;

/// A run that takes more rounds stands still.
const ROUNDS_MAX: usize = 2_000;

/// What is run.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) definition: String,
    pub(crate) role: String,
    pub(crate) input: Option<String>,
    pub(crate) express: bool,
    /// The recorded history, whose tasks are answered as it says.
    pub(crate) history: Vec<Value>,
    /// Seconds after which it is stopped.
    pub(crate) stops: Option<i64>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) report: Report,
    /// How many writes there were.
    pub(crate) writes: u64,
    /// What tasks were told.
    pub(crate) told: Told,
    /// The idempotency keys that functions saw.
    pub(crate) keys: Vec<String>,
    /// Whether the process died on the way.
    pub(crate) died: bool,
}

impl Case {
    /// A recorded start with the machine that was created for it.
    pub(crate) fn of(start: &Value, create: Option<&Value>, history: &[Value], stops: Option<i64>) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let role = create.and_then(|create| text(&create["roleArn"]));
        Self {
            definition: text(&start["definition"]).unwrap_or_default(),
            role: role.unwrap_or_else(|| "arn:aws:iam::111111111111:role/snf_role".to_owned()),
            input: text(&start["input"]),
            express: create.is_some_and(|create| create["type"] == "EXPRESS"),
            history: history.to_vec(),
            stops,
        }
    }
}

/// Something is done, or the process dies with it.
enum Lived<T> {
    Yes(T),
    No,
}

struct Drive<'a> {
    stage: &'a Stage,
    process: Process,
    died: bool,
}

impl Drive<'_> {
    async fn alive<T>(&mut self, work: impl AsyncFnOnce(&Process) -> T) -> Option<T> {
        let lived = tokio::select! {
            biased;
            () = self.stage.store.died() => Lived::No,
            done = work(&self.process) => Lived::Yes(done),
        };
        match lived {
            Lived::Yes(done) => Some(done),
            Lived::No => {
                self.died = true;
                self.process = self.stage.process();
                // Bells are lost with it: due rows must do.
                self.stage.bells.forget();
                None
            }
        }
    }
}

/// Runs a case; with a crash, if one is given. An error says that it cannot be run, or that it stands still.
pub(crate) async fn run(
    stage: &Stage,
    case: &Case,
    name: &str,
    told: &Told,
    crash: Option<Crash>,
) -> Result<Ran, String> {
    let machine = stage.machine(&case.definition, &case.role, case.express).await?;
    stage.bells.forget();
    stage.store.begin(crash);
    stage.callee.begin(&case.history, told);
    let tenant = stage.tenant();
    let mut drive = Drive { stage, process: stage.process(), died: false };
    let begun = stage.clock.now();
    let mut request = json!({ "stateMachineArn": machine, "name": name });
    if let Some(input) = &case.input {
        request["input"] = json!(input);
    }
    // A careful client asks again until it is answered: with the name it gets the same execution, or hears that it was.
    let arn = loop {
        let started = drive.alive(async |process| process.call("StartExecution", request.clone()).await).await;
        match started {
            None => {}
            Some(Ok(started)) => break started["executionArn"].as_str().unwrap_or_default().to_owned(),
            Some(Err(said)) if drive.died && said.starts_with("ExecutionAlreadyExists") => {
                break format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1));
            }
            Some(Err(said)) => return Err(said),
        }
    };
    let id = match stage.kept().execution_find(&tenant, &arn).await.map_err(|error| error.to_string())? {
        Some(id) => id,
        None => return Err(format!("{arn} was accepted and is not there")),
    };
    let mut stopping = case.stops.and_then(TimeDelta::try_seconds).map(|after| begun + after);
    for _ in 0..ROUNDS_MAX {
        while let Some(execution) = stage.bells.next() {
            drive.alive(async |process| process.advance(&tenant, execution).await).await;
        }
        let (due, next) = stage.due().await;
        if view(stage, id).await?.status != Status::Running && due.is_empty() {
            return ran(stage, id, name, drive.died).await;
        }
        due.iter().for_each(|id| stage.bells.ring(*id));
        if !due.is_empty() || (drive.died && stage.leases_end().await) {
            continue;
        }
        match (next, stopping) {
            (next, Some(moment)) if next.is_none_or(|next| next > moment) => {
                stage.clock.set(moment.max(stage.clock.now()));
                let stop = json!({ "executionArn": arn });
                let stopped = drive.alive(async |process| process.call("StopExecution", stop).await).await;
                if stopped.is_some() {
                    stopping = None;
                }
            }
            (Some(next), _) => stage.clock.set(next.max(stage.clock.now())),
            (None, _) => return Err(format!("it stands still: {}", standing(stage, id).await)),
        }
    }
    Err(format!("it does not end: {}", standing(stage, id).await))
}

async fn view(stage: &Stage, id: ExecutionId) -> Result<ExecutionView, String> {
    let found = stage.kept().execution_get(&stage.tenant(), id).await.map_err(|error| error.to_string())?;
    found.ok_or_else(|| "it is gone".to_owned())
}

/// What is known of an execution that does not go on.
async fn standing(stage: &Stage, id: ExecutionId) -> String {
    use octavo_domain_workflow::engine::ports::ExecutionStore;
    let loaded = stage.kept().execution_load(&stage.tenant(), id, stage.clock.now()).await;
    let tasks = stage.kept().tasks_waiting(&stage.tenant(), id).await;
    format!("{loaded:?}; tasks {tasks:?}")
}

async fn ran(stage: &Stage, id: ExecutionId, name: &str, died: bool) -> Result<Ran, String> {
    let view = view(stage, id).await?;
    let history = history(stage, id, name, view.events).await?;
    let mut children = Vec::new();
    for child in stage.store.seen().into_iter().filter(|seen| *seen != id) {
        // One whose beginning died with its process never was.
        let found = stage.kept().execution_get(&stage.tenant(), child).await.map_err(|error| error.to_string())?;
        if let Some(view) = found {
            children.push(self::history(stage, child, name, view.events).await?);
        }
    }
    let failed = |error, cause| Outcome::Failed { error, cause };
    let ended = match view.status {
        Status::Succeeded => Some(Ended::Itself(Outcome::Succeeded(view.output.clone().unwrap_or_default()))),
        Status::Failed => Some(Ended::Itself(failed(view.error.clone(), view.cause.clone()))),
        Status::Aborted => Some(Ended::Aborted { error: view.error.clone(), cause: view.cause.clone() }),
        Status::TimedOut => Some(Ended::TimedOut),
        Status::Running | Status::PendingRedrive => None,
    };
    let ended = ended.map(|ended| same_named(stage, name, &ended)).transpose()?;
    let report = Report { history, ended, children, now: stage.clock.now() };
    Ok(Ran { report, writes: stage.store.writes(), told: stage.callee.told(), keys: stage.callee.keys(), died })
}

/// A value in which this tenant's account is that of the recordings, and the execution has the name that all have.
fn same_named<T: Serialize + DeserializeOwned>(stage: &Stage, name: &str, value: &T) -> Result<T, String> {
    let text = json!(value).to_string().replace(&stage.account(), "111111111111").replace(name, "e1");
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// The stored history.
async fn history(stage: &Stage, id: ExecutionId, name: &str, events: u64) -> Result<Vec<Record>, String> {
    let tenant = stage.tenant();
    let count = u32::try_from(events).unwrap_or(u32::MAX);
    let chunks = stage.kept().history_read(&tenant, id, 1, count, false).await.map_err(|error| error.to_string())?;
    let mut records = Vec::new();
    for chunk in chunks {
        let bytes = match &chunk.body {
            ChunkBody::Inline(bytes) => bytes.clone(),
            ChunkBody::Blob(hash) => stage.history_blob(hash).await,
        };
        let stored: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let bare = without_http(&same_named(stage, name, &stored)?);
        records.extend(Chunk::records(bare.to_string().as_bytes()).map_err(|error| error.to_string())?);
    }
    let ids: Vec<u64> = records.iter().map(|record| record.id).collect();
    let whole: Vec<u64> = (1..=events).collect();
    if ids != whole {
        return Err(format!("the history of {events} events has the ids {ids:?}"));
    }
    Ok(records)
}

/// A value, and values that are texts in it, without what the HTTP client of a service says: a test's function has none.
pub(crate) fn without_http(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept =
                members.iter().filter(|(name, _)| !name.starts_with("SdkHttp") && !name.starts_with("SdkResponse"));
            kept.map(|(name, value)| (name.clone(), without_http(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_http).collect(),
        Value::String(text) if text.contains("SdkHttp") => match serde_json::from_str::<Value>(text) {
            Ok(inner) => json!(without_http(&inner).to_string()),
            Err(_) => value.clone(),
        },
        other => other.clone(),
    }
}

/// Waits for something of this test's own within a synchronous judge.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}
