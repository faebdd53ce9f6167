//! One event and its wire form.

use super::{Entry, TaskService};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One event of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Counts from 1 within the execution, without gaps.
    pub id: u64,
    /// The event that this one follows on its path; 0 for the first ones.
    pub previous: u64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub entry: Entry,
}

impl Record {
    /// The event as `GetExecutionHistory` answers it: values are JSON texts, the moment is in seconds since 1970.
    pub fn to_wire(&self) -> Value {
        let kind = self.entry.type_name();
        let mut wire = Map::new();
        wire.insert("timestamp".to_owned(), json!(self.at.timestamp_millis() as f64 / 1000.0));
        wire.insert("type".to_owned(), json!(kind));
        wire.insert("id".to_owned(), json!(self.id));
        wire.insert("previousEventId".to_owned(), json!(self.previous));
        if let Some((key, details)) = details(&self.entry, &kind) {
            wire.insert(key, Value::Object(details));
        }
        Value::Object(wire)
    }
}

fn details(entry: &Entry, kind: &str) -> Option<(String, Map<String, Value>)> {
    let mut of = Details(Map::new());
    match entry {
        Entry::ExecutionStarted { input, role_arn } => {
            of.data("input", input);
            of.set("roleArn", json!(role_arn));
        }
        Entry::ExecutionSucceeded { output } => of.data("output", output),
        Entry::ExecutionFailed { error, cause }
        | Entry::ExecutionAborted { error, cause }
        | Entry::ExecutionTimedOut { error, cause }
        | Entry::MapRunFailed { error, cause } => of.fault(error.as_deref(), cause.as_deref()),
        Entry::ExecutionRedriven { redrive_count } => of.set("redriveCount", json!(redrive_count)),
        Entry::StateEntered { name, input, .. } => {
            of.set("name", json!(name));
            of.data("input", input);
            return Some(("stateEnteredEventDetails".to_owned(), of.0));
        }
        Entry::StateExited { name, output, assigned, .. } => {
            of.set("name", json!(name));
            of.data("output", output);
            if let Some(assigned) = assigned {
                let texts = assigned.iter().map(|(name, value)| (name.clone(), json!(value.to_string()))).collect();
                of.set("assignedVariables", Value::Object(texts));
                of.set("assignedVariablesDetails", json!({"truncated": false}));
            }
            return Some(("stateExitedEventDetails".to_owned(), of.0));
        }
        Entry::EvaluationFailed { state, location, error, cause } => {
            of.fault(Some(error), Some(cause));
            of.set("state", json!(state));
            if let Some(location) = location {
                of.set("location", json!(location));
            }
        }
        Entry::MapStateStarted { length } => of.set("length", json!(length)),
        Entry::MapIterationStarted { name, index }
        | Entry::MapIterationSucceeded { name, index }
        | Entry::MapIterationFailed { name, index }
        | Entry::MapIterationAborted { name, index } => {
            of.set("name", json!(name));
            of.set("index", json!(index));
        }
        Entry::MapRunStarted { map_run_arn } => of.set("mapRunArn", json!(map_run_arn)),
        Entry::MapRunRedriven { map_run_arn, redrive_count } => {
            of.set("mapRunArn", json!(map_run_arn));
            of.set("redriveCount", json!(redrive_count));
        }
        Entry::TaskStateAborted
        | Entry::MapStateSucceeded
        | Entry::MapStateFailed
        | Entry::MapStateAborted
        | Entry::MapRunSucceeded
        | Entry::MapRunAborted
        | Entry::ParallelStateStarted
        | Entry::ParallelStateSucceeded
        | Entry::ParallelStateFailed
        | Entry::ParallelStateAborted => return None,
        _ => task(entry, &mut of)?,
    }
    let mut key = kind.to_owned();
    if let Some(first) = key.get_mut(0..1) {
        first.make_ascii_lowercase();
    }
    key.push_str("EventDetails");
    Some((key, of.0))
}

/// The details of a task's events; none where the service sends none.
fn task(entry: &Entry, of: &mut Details) -> Option<()> {
    match entry {
        Entry::TaskScheduled { service, region, parameters, timeout_seconds, heartbeat_seconds, credentials } => {
            of.service(service);
            match service {
                TaskService::Integration { .. } => {
                    of.set("region", json!(region));
                    of.set("parameters", json!(parameters.to_string()));
                }
                TaskService::Function { resource } | TaskService::Activity { resource } => {
                    of.set("resource", json!(resource));
                    of.data("input", parameters);
                }
            }
            if let Some(seconds) = timeout_seconds {
                of.set("timeoutInSeconds", json!(seconds));
            }
            if let Some(seconds) = heartbeat_seconds {
                of.set("heartbeatInSeconds", json!(seconds));
            }
            if let Some(credentials) = credentials {
                let role = credentials.get("RoleArn").cloned().unwrap_or_default();
                of.set("taskCredentials", json!({"roleArn": role}));
            }
        }
        Entry::TaskStarted { service, worker } => match service {
            TaskService::Function { .. } => return None,
            TaskService::Activity { .. } => {
                if let Some(worker) = worker {
                    of.set("workerName", json!(worker));
                }
            }
            TaskService::Integration { .. } => of.service(service),
        },
        Entry::TaskSubmitted { service, output } | Entry::TaskSucceeded { service, output } => {
            of.service(service);
            of.data("output", output);
        }
        Entry::TaskFailed { service, error, cause }
        | Entry::TaskTimedOut { service, error, cause }
        | Entry::TaskStartFailed { service, error, cause }
        | Entry::TaskSubmitFailed { service, error, cause } => {
            of.service(service);
            of.fault(error.as_deref(), cause.as_deref());
        }
        _ => return None,
    }
    Some(())
}

struct Details(Map<String, Value>);

impl Details {
    fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn data(&mut self, name: &str, value: &Value) {
        self.set(name, json!(value.to_string()));
        self.set(&format!("{name}Details"), json!({"truncated": false}));
    }

    fn fault(&mut self, error: Option<&str>, cause: Option<&str>) {
        if let Some(error) = error {
            self.set("error", json!(error));
        }
        if let Some(cause) = cause {
            self.set("cause", json!(cause));
        }
    }

    fn service(&mut self, service: &TaskService) {
        if let TaskService::Integration { service, action } = service {
            self.set("resourceType", json!(service));
            self.set("resource", json!(action));
        }
    }
}
