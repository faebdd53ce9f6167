//! The functions that recorded tasks called: each call is answered as the recording says, and again the same to whoever
//! asks again with the same idempotency key.

use crate::recordings::tasks;
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::engine::outside::{FunctionCall, FunctionCaller, FunctionRefusal, FunctionReply};
use octavo_domain_workflow::engine::ports::ExecutionStore;
use octavo_domain_workflow::engine::{ExecutionId, Loaded};
use octavo_domain_workflow::machine::Event;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// What a task was told, by its idempotency key without the execution's id: a run and its repetition are the same in that.
pub(crate) type Told = HashMap<String, Vec<Event>>;

/// All recorded functions.
pub(crate) struct Callee {
    store: Arc<dyn ExecutionStore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is left of the recording: the state's name and what it was told.
    recorded: VecDeque<(String, Vec<Event>)>,
    told: Told,
    /// Calls by idempotency key.
    calls: HashMap<String, u32>,
}

impl Callee {
    pub(crate) fn new(store: Arc<dyn ExecutionStore>) -> Self {
        Self { store, state: Mutex::default() }
    }

    /// From now on tasks are answered out of this history; those of an earlier run of it as they were then.
    pub(crate) fn begin(&self, history: &[Value], told: &Told) {
        let state = State { recorded: tasks::answers(history), told: told.clone(), calls: HashMap::new() };
        *self.state.lock() = state;
    }

    /// What every task was told.
    pub(crate) fn told(&self) -> Told {
        self.state.lock().told.clone()
    }

    /// The idempotency keys that were seen, without the executions' ids, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.state.lock().calls.keys().cloned().collect();
        keys.sort();
        keys
    }

    fn answer(&self, key: &str, state_name: &str) -> Vec<Event> {
        let mut state = self.state.lock();
        *state.calls.entry(key.to_owned()).or_default() += 1;
        if let Some(told) = state.told.get(key) {
            return told.clone();
        }
        let index = state.recorded.iter().position(|(name, _)| name == state_name).unwrap_or_default();
        let events = state.recorded.remove(index).map(|(_, events)| events).unwrap_or_default();
        state.told.insert(key.to_owned(), events.clone());
        events
    }

    /// The state whose task this is.
    async fn state_of(&self, tenant: &TenantId, execution: ExecutionId, frame: u64) -> Option<(String, String)> {
        let loaded = self.store.execution_load(tenant, execution, chrono::DateTime::UNIX_EPOCH).await.ok()??;
        let Loaded { frames, .. } = loaded;
        let frame = frames.into_iter().find(|found| found.id == frame)?;
        let resource = match frame.phase {
            octavo_domain_workflow::machine::Phase::Task(order) => order.resource,
            _ => return None,
        };
        Some((frame.state, resource))
    }
}

#[async_trait]
impl FunctionCaller for Callee {
    async fn function_invoke(&self, call: FunctionCall) -> Result<FunctionReply, FunctionRefusal> {
        let context = BASE64_STANDARD.decode(&call.client_context).expect("the context is Base64");
        let context: Value = serde_json::from_slice(&context).expect("the context is JSON");
        let text = |name: &str| context["custom"][name].as_str().expect("the platform adds it").to_owned();
        let (key, tenant) = (text("idempotency_key"), text("tenant").parse().expect("a tenant"));
        let (execution, rest) = key.split_once(':').expect("EXECUTION:FRAME:TURN");
        let frame = rest.split(':').next().and_then(|frame| frame.parse().ok()).expect("a frame has a number");
        let execution = ExecutionId(execution.parse().expect("an execution has a UUID"));
        let found = self.state_of(&tenant, execution, frame).await;
        let (state, resource) = found.expect("a task that is done is waited for");
        // A pause without which tasks that run at the same time never do.
        tokio::task::yield_now().await;
        reply(&self.answer(rest, &state), resource.contains(":states:::lambda:invoke"))
    }
}

/// The reply that makes a task be told these events.
fn reply(events: &[Event], integration: bool) -> Result<FunctionReply, FunctionRefusal> {
    let answered = |payload: String, function_error: Option<String>| FunctionReply {
        status: 200,
        executed_version: Some("$LATEST".to_owned()),
        request_id: Some("request-1".to_owned()),
        function_error,
        payload: Bytes::from(payload),
    };
    match events.last() {
        Some(Event::TaskSucceeded { output } | Event::TaskSubmitted { output }) => {
            let payload = if integration { output["Payload"].clone() } else { output.clone() };
            Ok(answered(payload.to_string(), None))
        }
        Some(Event::TaskFailed { error, cause }) => {
            let (error, cause) = (error.clone().unwrap_or_default(), cause.clone().unwrap_or_default());
            match error.strip_prefix("Lambda.").filter(|code| *code != "Unknown") {
                Some(code) => Err(FunctionRefusal::Refused {
                    code: code.to_owned(),
                    message: named(cause.split(" (Service:").next().unwrap_or_default()),
                    status: status(&cause),
                    request_id: None,
                }),
                None => Ok(answered(cause, Some("Unhandled".to_owned()))),
            }
        }
        _ => Err(FunctionRefusal::NoAnswer(Duration::ZERO)),
    }
}

/// The HTTP status in a recorded cause.
fn status(cause: &str) -> u16 {
    let found = cause.split("Status Code: ").nth(1).and_then(|rest| rest.split(';').next());
    found.and_then(|status| status.parse().ok()).unwrap_or(400)
}

/// A recorded text with something where it has placeholders.
fn named(recorded: &str) -> String {
    let mut named = String::new();
    for (index, piece) in recorded.split('<').enumerate() {
        let rest = if index == 0 { Some(piece) } else { piece.split_once('>').map(|(_, rest)| rest) };
        named.push_str(if index == 0 { "" } else { "x" });
        named.push_str(rest.unwrap_or_default());
    }
    named
}

/// Whether the tasks of a definition are ones that this answers, and were answered by functions in the recording.
pub(crate) fn answers(definition: &str, history: &[Value]) -> bool {
    let parsed: Value = serde_json::from_str(definition).unwrap_or_default();
    let ours = |resource: &str| {
        resource.contains(":lambda:") && resource.contains(":function:")
            || resource.ends_with(":states:::lambda:invoke")
    };
    let mut all = Vec::new();
    resources(&parsed, &mut all);
    // What children of a map run were told is in no recording.
    let below = definition.contains("\"DISTRIBUTED\"");
    let by_the_service = history.iter().any(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        let task = kind.starts_with("Task") || kind.starts_with("LambdaFunction");
        let told = event
            .as_object()
            .into_iter()
            .flatten()
            .any(|(_, details)| details["error"].as_str().is_some_and(|error| error.starts_with("States.")));
        kind.ends_with("TimedOut") || (task && told)
    });
    all.is_empty() || (!by_the_service && !below && all.iter().all(|resource| ours(resource)))
}

fn resources(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("Type") == Some(&json!("Task")) {
                found.extend(members.get("Resource").and_then(Value::as_str).map(str::to_owned));
            }
            members.values().for_each(|member| resources(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| resources(item, found)),
        _ => {}
    }
}
