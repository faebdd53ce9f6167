//! The kinds of events and what each carries.

use crate::definition::StateType;
use crate::shared::Shared;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The variables that a state assigned, with their new values.
pub type Assigned = Map<String, Value>;

/// Which family of events tells of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskService {
    /// A function named by its own ARN: `LambdaFunctionScheduled` and its kin.
    Function {
        /// The function's ARN.
        resource: String,
    },
    /// A worker that polls: `ActivityScheduled` and its kin.
    Activity {
        /// The activity's ARN.
        resource: String,
    },
    /// An integration: `TaskScheduled` and its kin.
    Integration {
        /// For example `lambda`, `sqs`, `aws-sdk:s3`.
        service: String,
        /// For example `invoke`, `sendMessage.waitForTaskToken`.
        action: String,
    },
}

/// What happened. Absent errors and causes are absent in the wire form too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The execution began.
    ExecutionStarted { input: Shared, role_arn: String },
    /// The execution ended well.
    ExecutionSucceeded { output: Shared },
    /// The execution ended with an error.
    ExecutionFailed { error: Option<String>, cause: Option<String> },
    /// Somebody stopped the execution.
    ExecutionAborted { error: Option<String>, cause: Option<String> },
    /// The definition's `TimeoutSeconds` passed.
    ExecutionTimedOut { error: Option<String>, cause: Option<String> },
    /// The execution began again from where it had failed.
    ExecutionRedriven { redrive_count: u32 },
    /// A path entered a state.
    StateEntered { state_type: StateType, name: String, input: Shared },
    /// A path left a state. There is none for `Fail`.
    StateExited { state_type: StateType, name: String, output: Shared, assigned: Option<Assigned> },
    /// A JSONata expression failed.
    EvaluationFailed { state: String, location: Option<String>, error: String, cause: String },
    /// A branch or iteration ended in this task, and its `Parallel` or `Map` with it.
    TaskStateAborted,
    /// A `Map` knows its items.
    MapStateStarted { length: u64 },
    /// All iterations succeeded.
    MapStateSucceeded,
    /// The `Map` failed and is not tried again.
    MapStateFailed,
    /// The `Map` was stopped with its execution.
    MapStateAborted,
    /// An iteration of an inline `Map` began.
    MapIterationStarted { name: String, index: u32 },
    /// An iteration succeeded.
    MapIterationSucceeded { name: String, index: u32 },
    /// An iteration failed.
    MapIterationFailed { name: String, index: u32 },
    /// An iteration was stopped because another one failed.
    MapIterationAborted { name: String, index: u32 },
    /// A distributed `Map` began its child executions.
    MapRunStarted { map_run_arn: String },
    /// A distributed `Map` began its unsuccessful child executions again.
    MapRunRedriven { map_run_arn: String, redrive_count: u32 },
    /// All children succeeded, or as many as are tolerated failed.
    MapRunSucceeded,
    /// More children failed than are tolerated.
    MapRunFailed { error: Option<String>, cause: Option<String> },
    /// The children were stopped with their parent.
    MapRunAborted,
    /// The branches began; again for every new try.
    ParallelStateStarted,
    /// All branches succeeded.
    ParallelStateSucceeded,
    /// The `Parallel` failed and is not tried again.
    ParallelStateFailed,
    /// The `Parallel` was stopped with its execution.
    ParallelStateAborted,
    /// A task was handed out.
    TaskScheduled {
        service: TaskService,
        region: String,
        parameters: Value,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
        credentials: Option<Value>,
    },
    /// Somebody works on the task.
    TaskStarted { service: TaskService, worker: Option<String> },
    /// The request was accepted; the answer comes later (`.sync`, `.waitForTaskToken`).
    TaskSubmitted { service: TaskService, output: Value },
    /// The task answered.
    TaskSucceeded { service: TaskService, output: Value },
    /// The task failed.
    TaskFailed { service: TaskService, error: Option<String>, cause: Option<String> },
    /// The task's `TimeoutSeconds` or `HeartbeatSeconds` passed.
    TaskTimedOut { service: TaskService, error: Option<String>, cause: Option<String> },
    /// The task could not be handed out.
    TaskStartFailed { service: TaskService, error: Option<String>, cause: Option<String> },
    /// The request was refused.
    TaskSubmitFailed { service: TaskService, error: Option<String>, cause: Option<String> },
}

impl Entry {
    /// The event's type as the API says it, for example `PassStateEntered`.
    pub fn type_name(&self) -> String {
        let fixed = match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionAborted { .. } => "ExecutionAborted",
            Self::ExecutionTimedOut { .. } => "ExecutionTimedOut",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::EvaluationFailed { .. } => "EvaluationFailed",
            Self::TaskStateAborted => "TaskStateAborted",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapStateAborted => "MapStateAborted",
            Self::MapIterationStarted { .. } => "MapIterationStarted",
            Self::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Self::MapIterationFailed { .. } => "MapIterationFailed",
            Self::MapIterationAborted { .. } => "MapIterationAborted",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunRedriven { .. } => "MapRunRedriven",
            Self::MapRunSucceeded => "MapRunSucceeded",
            Self::MapRunFailed { .. } => "MapRunFailed",
            Self::MapRunAborted => "MapRunAborted",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::ParallelStateAborted => "ParallelStateAborted",
            Self::StateEntered { state_type, .. } => return format!("{}StateEntered", state_type.name()),
            Self::StateExited { state_type, .. } => return format!("{}StateExited", state_type.name()),
            Self::TaskScheduled { service, .. } => return service.type_name("Scheduled"),
            Self::TaskStarted { service, .. } => return service.type_name("Started"),
            Self::TaskSubmitted { service, .. } => return service.type_name("Submitted"),
            Self::TaskSucceeded { service, .. } => return service.type_name("Succeeded"),
            Self::TaskFailed { service, .. } => return service.type_name("Failed"),
            Self::TaskTimedOut { service, .. } => return service.type_name("TimedOut"),
            Self::TaskStartFailed { service, .. } => return service.type_name("StartFailed"),
            Self::TaskSubmitFailed { service, .. } => return service.type_name("SubmitFailed"),
        };
        fixed.to_owned()
    }
}

impl TaskService {
    /// Which events tell of a task with this `Resource`: a function's or an activity's ARN has its own, everything of
    /// the form `arn:...:states:::SERVICE:ACTION` is an integration.
    pub fn of(resource: &str) -> Self {
        let parts: Vec<&str> = resource.splitn(7, ':').collect();
        match parts.as_slice() {
            [_, _, "lambda", ..] => Self::Function { resource: resource.to_owned() },
            [_, _, "states", _, _, "activity", ..] => Self::Activity { resource: resource.to_owned() },
            [_, _, "states", _, _, "aws-sdk", rest] => match rest.split_once(':') {
                Some((service, action)) => {
                    Self::Integration { service: format!("aws-sdk:{service}"), action: action.to_owned() }
                }
                None => Self::Integration { service: "aws-sdk".to_owned(), action: (*rest).to_owned() },
            },
            [_, _, "states", _, _, service, action] => {
                Self::Integration { service: (*service).to_owned(), action: (*action).to_owned() }
            }
            _ => Self::Integration { service: String::new(), action: resource.to_owned() },
        }
    }

    fn type_name(&self, suffix: &str) -> String {
        let prefix = match self {
            Self::Function { .. } => "LambdaFunction",
            Self::Activity { .. } => "Activity",
            Self::Integration { .. } => "Task",
        };
        format!("{prefix}{suffix}")
    }
}
