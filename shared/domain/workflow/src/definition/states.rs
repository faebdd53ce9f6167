//! Reading one state.

use super::{
    Body, Catcher, ChoiceRule, Condition, Count, Failing, Language, Mapping, Selected, State, StateType, Until, fields,
    read::{Reader, expected},
};
use crate::{choice::Rule, engine::is_execution_name, history::TaskService, jsonata, retry::Retrier, timestamp};
use serde_json::{Map, Value};

/// The longest state name, in characters: the service's own limit.
const NAME_CHARS_MAX: usize = 80;
/// The longest label of a distributed `Map`, in characters.
const LABEL_CHARS_MAX: usize = 40;

/// Fields whose states have expressions of their own.
const LISTS: [&str; 3] = ["Branches", "ItemProcessor", "Iterator"];

/// A state's fields, with the place that findings name.
pub(super) struct Fields<'a> {
    pub(super) of: &'a Map<String, Value>,
    pub(super) path: &'a str,
    pub(super) language: Language,
}

impl Fields<'_> {
    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    fn get(&self, name: &str) -> Option<Value> {
        self.of.get(name).cloned()
    }

    /// `path` in JSONPath, `jsonata` in JSONata.
    fn either(&self, path: &str, jsonata: &str) -> Option<Value> {
        self.get(if self.language == Language::JsonPath { path } else { jsonata })
    }
}

impl Reader {
    pub(super) fn state(&mut self, name: &str, state: &Value, path: &str, list: usize) -> Option<State> {
        if name.chars().count() > NAME_CHARS_MAX {
            let message = format!("The state's name is longer than {NAME_CHARS_MAX} characters");
            self.wrong(path, message, "");
        }
        let Some(of) = state.as_object() else {
            self.wrong(path, expected("object", state), "");
            return None;
        };
        let machine = self.language;
        let language = self.said_language(of, path, Some(machine)).unwrap_or(machine);
        let Some(kind) = of.get("Type") else {
            self.wrong(path, "These fields are required: [Type]".to_owned(), "");
            return None;
        };
        let Some(state_type) = kind.as_str().and_then(StateType::parse) else {
            let all: Vec<&str> = StateType::ALL.iter().map(|kind| kind.name()).collect();
            let message = format!("The field 'Type' should have one of these values: [{}]", all.join(", "));
            self.wrong(&format!("{path}/Type"), message, "");
            return None;
        };
        self.known(of, path, &fields::allowed(state_type, language));
        let fields = Fields { of, path, language };
        self.templates(&fields);
        let next = self.flow(&fields, state_type);
        let body = self.body(&fields, state_type, list)?;
        Some(State {
            state_type,
            language,
            sees_context: of.iter().any(|(field, value)| !LISTS.contains(&field.as_str()) && sees_context(value)),
            next,
            input_path: self.selected(of, "InputPath", path),
            output_path: self.selected(of, "OutputPath", path),
            result_path: self.selected(of, "ResultPath", path),
            arguments: fields.either("Parameters", "Arguments"),
            result_selector: fields.get("ResultSelector"),
            assign: self.assign(of, path),
            output: fields.get("Output"),
            retry: self.retry(&fields),
            catch: self.catch(&fields),
            body,
        })
    }

    /// `Next` or `End`: one of them, and not both.
    fn flow(&mut self, fields: &Fields<'_>, kind: StateType) -> Option<String> {
        if matches!(kind, StateType::Choice | StateType::Succeed | StateType::Fail) {
            return None;
        }
        let next = self.text(fields.of, "Next", fields.path);
        let end = match fields.of.get("End") {
            None => false,
            Some(Value::Bool(end)) => *end,
            Some(other) => {
                self.wrong(&fields.at("End"), expected("boolean", other), "");
                true
            }
        };
        if next.is_some() == end {
            let message = "One of these fields is required: [Next, End]";
            self.wrong(fields.path, message.to_owned(), "A state says where it leads, or that it is the last one.");
        }
        next
    }

    pub(super) fn selected(&mut self, of: &Map<String, Value>, name: &str, path: &str) -> Selected {
        match of.get(name) {
            None => Selected::Default,
            Some(Value::Null) => Selected::Nothing,
            Some(Value::String(text)) => Selected::Path(text.clone()),
            Some(other) => {
                self.wrong(&format!("{path}/{name}"), expected("string", other), "");
                Selected::Default
            }
        }
    }

    fn assign(&mut self, of: &Map<String, Value>, path: &str) -> Option<Map<String, Value>> {
        let assign = of.get("Assign")?;
        let Some(map) = assign.as_object() else {
            self.wrong(&format!("{path}/Assign"), expected("object", assign), "");
            return None;
        };
        for name in map.keys().map(|key| key.strip_suffix(".$").unwrap_or(key)) {
            let mut chars = name.chars();
            let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
            let reserved = name == "states";
            if !starts || !chars.all(|c| c.is_alphanumeric() || c == '_') || name.chars().count() > NAME_CHARS_MAX {
                let message = format!("'{name}' is not a valid variable name");
                self.wrong(
                    &format!("{path}/Assign"),
                    message,
                    "Letters, digits and _ only, not beginning with a digit.",
                );
            } else if reserved {
                self.wrong(&format!("{path}/Assign"), format!("The variable name '{name}' is reserved"), "");
            }
        }
        Some(map.clone())
    }

    fn body(&mut self, fields: &Fields<'_>, kind: StateType, list: usize) -> Option<Body> {
        Some(match kind {
            StateType::Pass => Body::Pass { result: fields.get("Result") },
            StateType::Succeed => Body::Succeed,
            StateType::Fail => Body::Fail {
                error: self.failing(fields, "Error", "ErrorPath"),
                cause: self.failing(fields, "Cause", "CausePath"),
            },
            StateType::Wait => Body::Wait(self.until(fields)?),
            StateType::Choice => self.choice(fields)?,
            StateType::Task => self.task(fields)?,
            StateType::Parallel => self.parallel(fields, list)?,
            StateType::Map => Body::Map(Box::new(self.mapping(fields, list)?)),
        })
    }

    fn failing(&mut self, fields: &Fields<'_>, name: &str, path: &str) -> Failing {
        match (fields.of.get(name), self.text(fields.of, path, fields.path)) {
            (Some(_), Some(_)) => {
                self.wrong(fields.path, format!("Only one of these fields is allowed: [{name}, {path}]"), "");
                Failing::None
            }
            (Some(text), None) => {
                if !text.is_string() {
                    self.wrong(&fields.at(name), expected("string", text), "");
                }
                Failing::Text(text.clone())
            }
            (None, Some(path)) => Failing::Path(path),
            (None, None) => Failing::None,
        }
    }

    fn until(&mut self, fields: &Fields<'_>) -> Option<Until> {
        const NAMES: [&str; 4] = ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"];
        let given: Vec<&str> = NAMES.into_iter().filter(|name| fields.of.contains_key(*name)).collect();
        let [name] = given.as_slice() else {
            let names = if fields.language == Language::JsonPath { &NAMES[..] } else { &NAMES[..2] };
            let message = format!("Exactly one of these fields is required: [{}]", names.join(", "));
            self.wrong(fields.path, message, "");
            return None;
        };
        let value = fields.get(name)?;
        let dynamic = fields.language == Language::Jsonata && value.as_str().and_then(jsonata::expression).is_some();
        match *name {
            "Seconds" => {
                if !dynamic && value.as_u64().is_none() {
                    self.wrong(&fields.at(name), "Expected value of type Integer and not less than 0".to_owned(), "");
                }
                Some(Until::Seconds(value))
            }
            "Timestamp" => {
                if !dynamic && value.as_str().and_then(timestamp::parse).is_none() {
                    let hint = "Write it as 2026-11-26T09:30:00Z.";
                    self.wrong(&fields.at(name), "String does not match RFC3339 timestamp".to_owned(), hint);
                }
                Some(Until::Timestamp(value))
            }
            "SecondsPath" => Some(Until::SecondsPath(self.text(fields.of, name, fields.path)?)),
            _ => Some(Until::TimestampPath(self.text(fields.of, name, fields.path)?)),
        }
    }

    fn choice(&mut self, fields: &Fields<'_>) -> Option<Body> {
        let default = self.text(fields.of, "Default", fields.path);
        let mut rules = Vec::new();
        for (index, rule) in self.entries(fields, "Choices", true)?.iter().enumerate() {
            let at = format!("{}/{index}", fields.at("Choices"));
            let Some(of) = rule.as_object() else {
                self.wrong(&at, expected("object", rule), "");
                continue;
            };
            let condition = match fields.language {
                Language::JsonPath => match Rule::parse(rule) {
                    Ok(rule) => Some(Condition::JsonPath(rule)),
                    Err(fault) => {
                        self.wrong(&format!("{at}{}", fault.at), fault.message, "");
                        None
                    }
                },
                Language::Jsonata => {
                    self.templates(&Fields { of, path: &at, language: fields.language });
                    if !of.contains_key("Condition") {
                        self.wrong(&at, "These fields are required: [Condition]".to_owned(), "");
                    }
                    of.get("Condition").cloned().map(Condition::Jsonata)
                }
            };
            let Some(next) = self.text(of, "Next", &at) else {
                if !of.contains_key("Next") {
                    self.wrong(&at, "These fields are required: [Next]".to_owned(), "");
                }
                continue;
            };
            let assign = self.assign(of, &at);
            if let Some(condition) = condition {
                rules.push(ChoiceRule { condition, next, assign, output: of.get("Output").cloned() });
            }
        }
        Some(Body::Choice { rules, default })
    }

    fn task(&mut self, fields: &Fields<'_>) -> Option<Body> {
        let Some(resource) = self.text(fields.of, "Resource", fields.path) else {
            if !fields.of.contains_key("Resource") {
                self.wrong(fields.path, "These fields are required: [Resource]".to_owned(), "");
            }
            return None;
        };
        let at = fields.at("Resource");
        if !known_resource(&resource) {
            let message = format!(
                "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
            );
            self.wrong(&at, message, "A resource is an ARN, for example arn:aws:states:::lambda:invoke.");
        }
        if self.express {
            if resource.contains(".waitForTaskToken") {
                let message = "Express state machine does not support '.waitForTaskToken' service integration ";
                self.wrong(&at, message.to_owned(), "");
            } else if resource.contains(".sync") {
                self.wrong(&at, "Express state machine does not support '.sync' service integration".to_owned(), "");
            } else if matches!(TaskService::of(&resource), TaskService::Activity { .. }) {
                self.wrong(&at, "Express state machine does not support Activity ARN".to_owned(), "");
            }
        }
        let credentials = fields.get("Credentials");
        if let Some(credentials) = &credentials
            && !credentials.is_string()
            && !["RoleArn", "RoleArn.$"].iter().any(|name| credentials.get(name).is_some())
        {
            let message = "The field 'RoleArn' is required but was missing".to_owned();
            self.wrong(&fields.at("Credentials"), message, "");
        }
        Some(Body::Task {
            resource,
            timeout: self.count(fields, "TimeoutSeconds", "TimeoutSecondsPath", 1),
            heartbeat: self.count(fields, "HeartbeatSeconds", "HeartbeatSecondsPath", 1),
            credentials,
        })
    }

    /// A number, an expression, or a path to it.
    fn count(&mut self, fields: &Fields<'_>, name: &str, path: &str, least: u64) -> Count {
        match (fields.of.get(name), self.text(fields.of, path, fields.path)) {
            (Some(_), Some(_)) => {
                self.wrong(fields.path, format!("Only one of these fields is allowed: [{name}, {path}]"), "");
                Count::None
            }
            (Some(Value::String(text)), None)
                if fields.language == Language::Jsonata && jsonata::expression(text).is_some() =>
            {
                Count::Given(Value::String(text.clone()))
            }
            (Some(value), None) => {
                let percentage = name == "ToleratedFailurePercentage";
                if percentage && value.as_f64().is_some_and(|number| (0.0..=100.0).contains(&number)) {
                    return Count::Given(value.clone());
                }
                match self.whole_number(fields.of, name, fields.path, least) {
                    Some(_) => Count::Given(value.clone()),
                    None => Count::None,
                }
            }
            (None, Some(path)) => Count::Path(path),
            (None, None) => Count::None,
        }
    }

    fn parallel(&mut self, fields: &Fields<'_>, list: usize) -> Option<Body> {
        let mut branches = Vec::new();
        for (index, branch) in self.entries(fields, "Branches", true)?.iter().enumerate() {
            let at = format!("{}/{index}", fields.at("Branches"));
            match branch.as_object() {
                Some(of) => branches.push(self.list(of, &at, Some(list))),
                None => self.wrong(&at, expected("object", branch), ""),
            }
        }
        Some(Body::Parallel { branches })
    }

    fn mapping(&mut self, fields: &Fields<'_>, list: usize) -> Option<Mapping> {
        let name = if fields.of.contains_key("ItemProcessor") { "ItemProcessor" } else { "Iterator" };
        let Some(processor) = fields.of.get(name) else {
            self.wrong(fields.path, "These fields are required: [ItemProcessor]".to_owned(), "");
            return None;
        };
        let at = fields.at(name);
        let Some(of) = processor.as_object() else {
            self.wrong(&at, expected("object", processor), "");
            return None;
        };
        let config = |key: &str| of.get("ProcessorConfig").and_then(|config| config.get(key)).and_then(Value::as_str);
        let (mode, execution) = (config("Mode").unwrap_or("INLINE"), config("ExecutionType").unwrap_or("STANDARD"));
        if !["INLINE", "DISTRIBUTED"].contains(&mode) {
            let message = "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]".to_owned();
            self.wrong(&format!("{at}/ProcessorConfig/Mode"), message, "");
        }
        if !["STANDARD", "EXPRESS"].contains(&execution) {
            let message = "The field 'ExecutionType' should have one of these values: [STANDARD, EXPRESS]".to_owned();
            self.wrong(&format!("{at}/ProcessorConfig/ExecutionType"), message, "");
        }
        let label = self.text(fields.of, "Label", fields.path);
        if label.as_ref().is_some_and(|label| label.chars().count() > LABEL_CHARS_MAX) {
            self.wrong(&fields.at("Label"), format!("Label cannot exceed {LABEL_CHARS_MAX} characters"), "");
        } else if label.as_ref().is_some_and(|label| !is_execution_name(label)) {
            // It is a part of the ARNs of map runs and of their children.
            let message = "The field 'Label' contains a character that a label cannot have".to_owned();
            self.wrong(&fields.at("Label"), message, "No white space, brackets, ? * \" # % \\ ^ | ~ ` $ & , ; : or /.");
        }
        let (distributed, express) = (mode == "DISTRIBUTED", execution == "EXPRESS");
        for field in ["ItemReader", "ItemBatcher", "ResultWriter"] {
            if mode != "DISTRIBUTED" && fields.of.contains_key(field) {
                let message = format!("The field '{field}' is only supported by a Map in DISTRIBUTED mode");
                self.wrong(&fields.at(field), message, "Set ProcessorConfig to {\"Mode\": \"DISTRIBUTED\"}.");
            }
        }
        let outer = self.express;
        self.express = if distributed { express } else { outer };
        let processor = self.list(of, &at, Some(list));
        self.express = outer;
        Some(Mapping {
            processor,
            distributed,
            express,
            items: fields.get("Items"),
            items_path: self.text(fields.of, "ItemsPath", fields.path),
            selector: fields.get("ItemSelector").or_else(|| fields.get("Parameters")),
            concurrency: self.count(fields, "MaxConcurrency", "MaxConcurrencyPath", 0),
            tolerated_count: self.count(fields, "ToleratedFailureCount", "ToleratedFailureCountPath", 0),
            tolerated_percentage: self.count(fields, "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", 0),
            label,
            batcher: fields.get("ItemBatcher"),
            reader: fields.get("ItemReader"),
            writer: fields.get("ResultWriter"),
        })
    }

    /// An array of a state. An empty one, or none, is told where it must have something.
    pub(super) fn entries<'a>(&mut self, fields: &Fields<'a>, name: &str, needed: bool) -> Option<&'a Vec<Value>> {
        match fields.of.get(name) {
            None if needed => self.wrong(fields.path, format!("These fields are required: [{name}]"), ""),
            None => {}
            Some(Value::Array(entries)) if needed && entries.is_empty() => {
                self.wrong(&fields.at(name), "Value cannot be empty".to_owned(), "");
            }
            Some(Value::Array(entries)) => return Some(entries),
            Some(other) => self.wrong(&fields.at(name), expected("array", other), ""),
        }
        None
    }

    fn retry(&mut self, fields: &Fields<'_>) -> Vec<Retrier> {
        let Some(entries) = self.entries(fields, "Retry", false) else { return Vec::new() };
        for (index, entry) in entries.iter().enumerate() {
            let at = format!("{}/{index}", fields.at("Retry"));
            self.errors(entry, &at, index + 1 == entries.len());
            let Some(of) = entry.as_object() else { continue };
            self.whole_number(of, "IntervalSeconds", &at, 1);
            self.whole_number(of, "MaxAttempts", &at, 0);
            self.whole_number(of, "MaxDelaySeconds", &at, 1);
            if of.get("BackoffRate").is_some_and(|rate| rate.as_f64().is_none_or(|rate| rate < 1.0)) {
                let message = "Expected value of type Float and not less than 1.0".to_owned();
                self.wrong(&format!("{at}/BackoffRate"), message, "");
            }
            if of.get("JitterStrategy").is_some_and(|jitter| jitter != "FULL" && jitter != "NONE") {
                let message = "The field 'JitterStrategy' should have one of these values: [FULL, NONE]".to_owned();
                self.wrong(&format!("{at}/JitterStrategy"), message, "");
            }
        }
        entries.iter().map(Retrier::read).collect()
    }

    fn catch(&mut self, fields: &Fields<'_>) -> Vec<Catcher> {
        let Some(entries) = self.entries(fields, "Catch", false) else { return Vec::new() };
        let mut catchers = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = format!("{}/{index}", fields.at("Catch"));
            let error_equals = self.errors(entry, &at, index + 1 == entries.len());
            let Some(of) = entry.as_object() else { continue };
            self.templates(&Fields { of, path: &at, language: fields.language });
            let Some(next) = self.text(of, "Next", &at) else {
                if !of.contains_key("Next") {
                    self.wrong(&at, "These fields are required: [Next]".to_owned(), "");
                }
                continue;
            };
            catchers.push(Catcher {
                error_equals,
                next,
                result_path: self.selected(of, "ResultPath", &at),
                assign: self.assign(of, &at),
                output: of.get("Output").cloned(),
            });
        }
        catchers
    }

    /// `ErrorEquals`: texts, and `States.ALL` alone and last.
    fn errors(&mut self, entry: &Value, at: &str, last: bool) -> Vec<String> {
        let Some(of) = entry.as_object() else {
            self.wrong(at, expected("object", entry), "");
            return Vec::new();
        };
        let Some(Value::Array(errors)) = of.get("ErrorEquals") else {
            self.wrong(at, "These fields are required: [ErrorEquals]".to_owned(), "");
            return Vec::new();
        };
        let at = format!("{at}/ErrorEquals");
        if errors.is_empty() {
            self.wrong(&at, "Value cannot be empty".to_owned(), "");
        }
        let names: Vec<String> = errors.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if names.len() != errors.len() {
            self.wrong(&at, "Expected value of type string".to_owned(), "");
        }
        if names.iter().any(|name| name == "States.ALL") && (names.len() > 1 || !last) {
            let message = "States.ALL must appear alone and at the end of the list".to_owned();
            self.wrong(&at, message, "Move it into an entry of its own, behind the others.");
        }
        names
    }
}

/// Whether a text somewhere inside names the context object: `$$`, or `$states` as a whole or its `context`. Said too
/// often does no harm.
fn sees_context(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let whole = |rest: &str| {
                !["input", "result", "errorOutput"]
                    .iter()
                    .any(|name| rest.strip_prefix('.').unwrap_or("").starts_with(name))
            };
            text.contains("$$") || text.split("$states").skip(1).any(whole)
        }
        Value::Array(values) => values.iter().any(sees_context),
        Value::Object(map) => map.values().any(sees_context),
        _ => false,
    }
}

/// Integrations that have a fixed list of actions.
const ACTIONS: &[(&str, &[&str])] = &[
    ("lambda", &["invoke"]),
    ("dynamodb", &["getItem", "putItem", "updateItem", "deleteItem"]),
    ("sqs", &["sendMessage"]),
    ("sns", &["publish"]),
    ("states", &["startExecution"]),
    ("events", &["putEvents"]),
    ("apigateway", &["invoke"]),
    ("http", &["invoke"]),
];

/// An ARN, and where the service's actions are known, one of them.
fn known_resource(resource: &str) -> bool {
    let TaskService::Integration { service, action } = TaskService::of(resource) else { return true };
    let action = action.split('.').next().unwrap_or_default();
    resource.starts_with("arn:")
        && ACTIONS.iter().find(|(name, _)| *name == service).is_none_or(|(_, actions)| actions.contains(&action))
}
