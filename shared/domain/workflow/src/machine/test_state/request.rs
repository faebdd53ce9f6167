//! What is asked, and what cannot be asked.

use super::shapes;
use crate::definition::{ALONE, Definition, State, StateType, parse, parse_state, refusal};
use crate::scope::nests_too_deep;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The request, as the API writes it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestRequest {
    /// A state, or, with `state_name`, a whole definition.
    pub definition: String,
    /// The role that the state acts under.
    pub role_arn: Option<String>,
    /// The input, as JSON; `{}` where there is none.
    pub input: Option<String>,
    /// How much is shown.
    #[serde(default)]
    pub inspection_level: Inspection,
    /// Whether secrets of an HTTP call are shown.
    #[serde(default)]
    pub reveal_secrets: bool,
    /// The variables, as a JSON object.
    pub variables: Option<String>,
    /// The state of the definition, wherever it is in it.
    pub state_name: Option<String>,
    /// What the task, the branches or the iterations answer.
    pub mock: Option<Mock>,
    /// The context object, as JSON.
    pub context: Option<String>,
    /// Where the state is imagined to be.
    pub state_configuration: Option<Configuration>,
}

/// How much is shown of the way to the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Inspection {
    /// The answer only.
    #[default]
    Info,
    /// With the values in between.
    Debug,
    /// With the HTTP request and response too.
    Trace,
}

/// A given answer.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mock {
    /// As JSON.
    pub result: Option<String>,
    /// An error instead.
    pub error_output: Option<MockError>,
    /// How strictly the result is compared with what the integration answers.
    #[serde(default)]
    pub field_validation_mode: Validation,
}

/// A given error.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct MockError {
    /// Its name.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
}

/// How strictly a result is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Validation {
    /// What is needed is there, and what is there is right.
    #[default]
    Strict,
    /// What is there is right.
    Present,
    /// Not at all.
    None,
}

/// Where the state is imagined to be.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// How often the retrier has been used that is for the error.
    pub retrier_retry_count: Option<u32>,
    /// The state inside of a `Map` or `Parallel` that the error comes from.
    pub error_caused_by_state: Option<String>,
    /// How many iterations failed.
    pub map_iteration_failure_count: Option<u64>,
    /// What an `ItemReader` has read.
    pub map_item_reader_data: Option<String>,
}

/// Why a state cannot be tested; the names are the API's exceptions, the texts its messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestFault {
    /// `InvalidDefinition`.
    #[error("{0}")]
    InvalidDefinition(String),
    /// `InvalidExecutionInput`.
    #[error("{0}")]
    InvalidExecutionInput(String),
    /// `ValidationException`.
    #[error("{0}")]
    Validation(String),
}

/// A request that has been read.
pub(super) struct Asked {
    pub(super) definition: Definition,
    /// The list that the state is in.
    pub(super) scope: usize,
    pub(super) name: String,
    pub(super) input: Value,
    pub(super) variables: Map<String, Value>,
    pub(super) context: Option<Value>,
    pub(super) mock: Option<Result<Value, MockError>>,
    pub(super) configuration: Configuration,
    pub(super) inspection: Inspection,
    pub(super) role_arn: Option<String>,
}

fn invalid(message: impl Into<String>) -> TestFault {
    TestFault::Validation(message.into())
}

/// Reads and judges a request.
pub(super) fn read(request: TestRequest) -> Result<Asked, TestFault> {
    let TestRequest { mock, state_configuration, .. } = &request;
    let configuration = state_configuration.clone().unwrap_or_default();
    match mock {
        Some(Mock { result: Some(_), error_output: Some(_), .. }) => {
            return Err(invalid("A test mock should have only one of the following fields: [result, errorOutput]."));
        }
        Some(Mock { result: None, error_output: None, .. }) => {
            return Err(invalid("A test mock should have one of the following fields: [result, errorOutput]."));
        }
        Some(_) if request.reveal_secrets => {
            return Err(invalid("TestState does not support RevealSecrets when a mock is specified."));
        }
        Some(_) => {}
        None => unmocked(&request, &configuration)?,
    }
    let parsed = match &request.state_name {
        Some(_) => parse(&request.definition, false),
        None => parse_state(&request.definition),
    };
    let definition = parsed.map_err(|findings| TestFault::InvalidDefinition(refusal(&findings)))?;
    let name = request.state_name.clone().unwrap_or_else(|| ALONE.to_owned());
    let scope = (0..definition.lists.len()).find(|list| definition.state(*list, &name).is_some());
    let (Some(scope), Some(state)) = (scope, scope.and_then(|scope| definition.state(scope, &name))) else {
        return Err(invalid("State not found in definition"));
    };
    let mock = match &request.mock {
        None => None,
        Some(mock) => Some(mocked(mock, state)?),
    };
    let works = matches!(state.state_type, StateType::Map | StateType::Parallel);
    if works && mock.is_none() {
        let supported = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]";
        let message = format!("TestState API does not support Map or Parallel states. {supported}");
        return Err(TestFault::InvalidDefinition(message));
    }
    if let Some(from) = &configuration.error_caused_by_state
        && !(0..definition.lists.len()).any(|list| definition.state(list, from).is_some())
    {
        return Err(invalid("State not found in definition"));
    }
    let input = match request.input.as_deref() {
        None | Some("") => json!({}),
        Some(text) => serde_json::from_str(text).ok().filter(|input| !nests_too_deep(input)).ok_or_else(|| {
            TestFault::InvalidExecutionInput(
                "Invalid State Machine Execution Input: the input is not valid JSON".into(),
            )
        })?,
    };
    let variables = match request.variables.as_deref() {
        None => Map::new(),
        Some(text) => {
            let fault = || invalid("Variables must be a valid JSON object");
            let object = serde_json::from_str::<Value>(text).ok().filter(|value| !nests_too_deep(value));
            object.and_then(|value| value.as_object().cloned()).ok_or_else(fault)?
        }
    };
    let context = request.context.as_deref().map(context).transpose()?;
    Ok(Asked {
        scope,
        name,
        input,
        variables,
        context,
        mock,
        configuration,
        inspection: request.inspection_level,
        role_arn: request.role_arn,
        definition,
    })
}

/// What only makes sense together with a mock.
fn unmocked(request: &TestRequest, configuration: &Configuration) -> Result<(), TestFault> {
    let given = [
        ("RetrierRetryCount", configuration.retrier_retry_count.is_some()),
        ("ErrorCausedByState", configuration.error_caused_by_state.is_some()),
        ("MapIterationFailureCount", configuration.map_iteration_failure_count.is_some()),
        ("MapItemReaderData", configuration.map_item_reader_data.is_some()),
        ("Context", request.context.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(invalid(format!("TestState does not support {name} when a mock is not specified."))),
        None => Ok(()),
    }
}

fn mocked(mock: &Mock, state: &State) -> Result<Result<Value, MockError>, TestFault> {
    if !matches!(state.state_type, StateType::Task | StateType::Map | StateType::Parallel) {
        let kind = state.state_type.name();
        return Err(invalid(format!("State type '{kind}' is not supported when a mock is specified")));
    }
    let Some(text) = &mock.result else {
        return Ok(Err(mock.error_output.clone().unwrap_or_default()));
    };
    let result: Value = serde_json::from_str(text)
        .ok()
        .filter(|result| !nests_too_deep(result))
        .ok_or_else(|| invalid("Mocked result must be valid JSON"))?;
    shapes::judge(&result, state, mock.field_validation_mode).map_err(TestFault::Validation)?;
    Ok(Ok(result))
}

/// The fields that a context object may have, and those of its objects.
const CONTEXT: [(&str, &[&str]); 5] = [
    ("Execution", &["Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"]),
    ("State", &["EnteredTime", "Name", "RetryCount"]),
    ("StateMachine", &["Id", "Name"]),
    ("Task", &["Token"]),
    ("Map", &["Item"]),
];

fn context(text: &str) -> Result<Value, TestFault> {
    let wrong = |what: &str| invalid(format!("Invalid Context object provided: {what}"));
    let context: Value = serde_json::from_str(text)
        .ok()
        .filter(|context| !nests_too_deep(context))
        .ok_or_else(|| wrong("Context must be valid JSON"))?;
    let Some(fields) = context.as_object() else { return Err(wrong("Context must be a JSON object")) };
    for (name, value) in fields {
        let Some((_, inner)) = CONTEXT.iter().find(|(known, _)| known == name) else {
            return Err(wrong(&format!("Field '{name}' is not allowed")));
        };
        let Some(value) = value.as_object() else { return Err(wrong(&format!("Field '{name}' must be an object"))) };
        if let Some(unknown) = value.keys().find(|field| !inner.contains(&field.as_str())) {
            return Err(wrong(&format!("Field '{unknown}' is not allowed")));
        }
    }
    Ok(context)
}
