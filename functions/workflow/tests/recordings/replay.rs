//! Does what the recording client did, and compares what it saw.

use crate::compare::Seen;
use crate::house::{Answer, House, REGION};
use crate::scripts;
use octavo_domain_workflow::arn::Arns;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The account in recorded requests.
const ACCOUNT: &str = "111111111111";
/// What the recording client wrote for a value that it did not have.
const UNKNOWN: &str = "MagicMock";

/// What became of a recording.
pub(crate) enum Verdict {
    /// All that was recorded was answered so.
    Passed,
    /// Something was answered otherwise.
    Failed(String),
    /// The recording does not say what was asked, or only what the client itself refused.
    NotApplicable(&'static str),
}

pub(crate) struct Replay {
    house: Arc<House>,
    user: String,
    account: String,
    test: String,
    steps: Vec<Value>,
    /// What is still to be seen.
    expected: Map<String, Value>,
    compared: usize,
    seen: Seen,
    last: Option<Answer>,
    /// The newest execution of each state machine.
    executions: BTreeMap<String, String>,
    activity: Option<String>,
    /// Revisions by the key that the answer with each was recorded under.
    revisions: BTreeMap<String, Value>,
    roles: usize,
}

impl Replay {
    pub(crate) fn new(house: Arc<House>, tenant: &str, recording: &Value) -> Self {
        let id = recording["id"].as_str().unwrap();
        let test = id.rsplit("::").next().unwrap().to_owned();
        let recorded = recording["steps"].as_array().cloned().unwrap_or_default();
        // What the client refused never came to the service.
        let mut expected = recording["expected"].as_object().cloned().unwrap_or_default();
        expected.retain(|_, value| !value.to_string().contains("Parameter validation failed"));
        Self {
            user: format!("{tenant}:root/admin"),
            account: Arns::new(REGION, &tenant.parse().unwrap()).account().to_owned(),
            steps: scripts::steps(&test, recorded),
            expected,
            test,
            house,
            compared: 0,
            seen: Seen::default(),
            last: None,
            executions: BTreeMap::new(),
            activity: None,
            revisions: BTreeMap::new(),
            roles: 0,
        }
    }

    pub(crate) async fn run(mut self) -> Verdict {
        if self.expected.is_empty() {
            return Verdict::NotApplicable("the client itself refused it");
        }
        if self.expected.values().any(|value| value.to_string().contains("Error=ValueError")) {
            return Verdict::NotApplicable("the words of the recording project's own server, which answered instead");
        }
        if scripts::needs_others(&self.test) {
            return Verdict::NotApplicable("an execution of it reads or calls another service");
        }
        for at in 0..self.steps.len() {
            let step = self.steps[at].clone();
            self.house.clock.advance(std::time::Duration::from_millis(5));
            let outcome = match step["call"].as_str().unwrap() {
                "match" => self.see(step["key"].as_str().unwrap()).await,
                call => self.call(call, at, &step).await,
            };
            match outcome {
                Ok(()) => {}
                Err(None) => break,
                Err(Some(reason)) => return Verdict::Failed(reason),
            }
        }
        match (self.expected.keys().next(), self.compared) {
            (None, _) => Verdict::Passed,
            (Some(_), 0) => Verdict::NotApplicable("what was asked was not recorded"),
            (Some(key), _) => Verdict::Failed(format!("{key} was never seen")),
        }
    }

    /// Compares the last answer with what was recorded as `key`.
    async fn see(&mut self, key: &str) -> Result<(), Option<String>> {
        let Some(expected) = self.expected.remove(key) else { return Ok(()) };
        if expected.get("events").is_some() {
            let arn = self.executions.values().next_back().cloned().unwrap_or_default();
            self.last = Some(self.ask("GetExecutionHistory", json!({ "executionArn": arn })).await);
        }
        let Some(answer) = &self.last else { return Err(Some(format!("{key}: nothing was asked"))) };
        if let Some(status) = expected["ResponseMetadata"]["HTTPStatusCode"].as_u64()
            && u64::from(answer.status) != status
        {
            return Err(Some(format!("{key}: {} {}", answer.status, answer.json)));
        }
        self.revisions.insert(key.to_owned(), answer.json["revisionId"].clone());
        // A list is a part of its answer that the test took out.
        let found = match &expected {
            Value::Array(_) => answer.json.as_object().and_then(|all| all.values().find(|value| value.is_array())),
            _ => Some(&answer.json),
        };
        let found = found.cloned().unwrap_or_default();
        let difference = match expected.get("Error") {
            Some(_) => refusal_differs(&mut self.seen, &expected, &found),
            None => self.seen.difference(&expected, &found),
        };
        self.compared += 1;
        difference.map_or(Ok(()), |difference| Err(Some(format!("{key}{difference}"))))
    }

    async fn ask(&self, operation: &str, input: Value) -> Answer {
        self.house.call(&self.user, operation, input).await
    }

    async fn call(&mut self, call: &str, at: usize, step: &Value) -> Result<(), Option<String>> {
        let operation = match call {
            "create" => "CreateStateMachine".to_owned(),
            "start" if self.test.contains("sync") => "StartSyncExecution".to_owned(),
            "start" => "StartExecution".to_owned(),
            call => call.split('_').map(capital).collect(),
        };
        let mut input = Map::new();
        for (name, value) in step.as_object().unwrap() {
            let name = match (call, name.as_str()) {
                (_, "call") | ("start", "definition") => continue,
                ("start", "arn") => "stateMachineArn",
                (_, name) => name,
            };
            if value.is_null() {
                continue;
            }
            // What the client itself would refuse ends the test.
            let Some(value) = self.value(call, name, value, at) else { return Err(None) };
            let value = self.filled(&value);
            input.insert(name.to_owned(), value);
        }
        let answer = self.ask(&operation, Value::Object(input)).await;
        if let Some(arn) = answer.json["executionArn"].as_str() {
            let machine = arn.split(':').nth(6).unwrap_or_default().to_owned();
            self.executions.insert(machine, arn.to_owned());
        }
        if let Some(arn) = answer.json["activityArn"].as_str() {
            self.activity = Some(arn.to_owned());
        }
        let refused = answer.status >= 400;
        self.last = Some(answer);
        // The client saw an error as an exception, which the test looked at right there.
        let seen_next = self.steps.get(at + 1).is_some_and(|next| next["call"] == "match");
        if refused && !seen_next { self.see_refusal(&operation) } else { Ok(()) }
    }

    /// Finds the recorded refusal that the last answer is.
    fn see_refusal(&mut self, operation: &str) -> Result<(), Option<String>> {
        let found = self.last.as_ref().map(|answer| answer.json.clone()).unwrap_or_default();
        let refusals = self.expected.iter().filter(|(_, expected)| is_refusal(expected));
        let keys: Vec<String> = refusals.map(|(key, _)| key.clone()).collect();
        let mut reason = format!("{operation} was refused: {found}");
        for key in keys {
            match refusal_differs(&mut self.seen, &self.expected[&key], &found) {
                None => {
                    self.expected.remove(&key);
                    self.compared += 1;
                    return Ok(());
                }
                Some(difference) => reason = format!("{key}{difference}"),
            }
        }
        Err(Some(reason))
    }

    /// A member of a request, with what the recording left out found elsewhere; none where it cannot be found.
    fn value(&mut self, call: &str, name: &str, value: &Value, at: usize) -> Option<Value> {
        let text = match value {
            Value::Array(all) if all.iter().any(|item| item.to_string().contains(UNKNOWN)) => return self.tags(),
            Value::String(text) => text.as_str(),
            other => return Some(other.clone()),
        };
        let last = self.last.as_ref().map(|answer| answer.json.clone()).unwrap_or_default();
        let text_of = |value: &Value| value.as_str().map(|text| json!(text));
        match name {
            "tags" if text == "[]" => Some(json!([])),
            "tags" if text == "None" => None,
            "tags" => self.tags(),
            "tagKeys" => serde_json::from_str(&text.replace('\'', "\"")).ok(),
            "publish" => Some(json!(text == "True")),
            "maxResults" => text.parse::<i64>().ok().map(Value::from),
            "roleArn" if call == "update_state_machine" => {
                // The recording shows one name for all roles; each update that is about the role alone had a new one.
                self.roles += usize::from(self.steps[at].get("definition").is_none());
                Some(json!(format!("{text}_t{}", self.roles)))
            }
            "activityArn" if text.contains(UNKNOWN) => self.activity.clone().map(Value::from),
            "loggingConfiguration" if text.contains(UNKNOWN) => self.logging(),
            "stateMachineArn" if text.contains(UNKNOWN) => {
                text_of(&last["stateMachineVersions"][0]["stateMachineVersionArn"])
            }
            "mapRunArn" if text.contains(UNKNOWN) => text_of(&last["mapRuns"][0]["mapRunArn"]),
            "nextToken" if text.contains(UNKNOWN) => text_of(&last["nextToken"]),
            _ if text.contains(UNKNOWN) => None,
            "executionArn" => Some(json!(self.execution(text))),
            _ if name.ends_with("Arn") => Some(json!(self.own(text))),
            _ => Some(json!(text)),
        }
    }

    /// A value of a script with what only the replay knows.
    fn filled(&self, value: &Value) -> Value {
        let text = value.to_string();
        if let Some(key) = value.as_str().and_then(|text| text.strip_prefix("{revision:")?.strip_suffix('}')) {
            return self.revisions.get(key).cloned().unwrap_or_default();
        }
        if !text.contains("{account}") {
            return value.clone();
        }
        serde_json::from_str(&text.replace("{account}", &self.account)).unwrap()
    }

    /// A recorded ARN as this tenant's.
    fn own(&self, arn: &str) -> String {
        if arn.contains(":iam:") { arn.to_owned() } else { arn.replace(ACCOUNT, &self.account) }
    }

    fn execution(&self, arn: &str) -> String {
        let known = arn.split(':').nth(6).and_then(|machine| self.executions.get(machine));
        known.cloned().unwrap_or_else(|| self.own(arn))
    }

    /// Tags that the recording does not show: those that were listed afterwards, or the usual one if it was taken away.
    fn tags(&self) -> Option<Value> {
        if self.test.contains("invalid") {
            return None;
        }
        let listed = self.expected.get("list_resources_res").map(|expected| expected["tags"].clone());
        let listed = listed.filter(|tags| tags.as_array().is_some_and(|tags| !tags.is_empty()));
        Some(listed.unwrap_or_else(|| json!([{ "key": "key1", "value": "value1" }])))
    }

    /// The logging configuration that is described next.
    fn logging(&self) -> Option<Value> {
        let matches = self.steps.iter().filter_map(|step| step["key"].as_str());
        let mut described = matches.filter_map(|key| self.expected.get(key)?.get("loggingConfiguration"));
        let text = described.next()?.to_string().replace("<partition>", "aws").replace("<region>", REGION);
        serde_json::from_str(&text).ok()
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// Whether what was recorded is an error.
fn is_refusal(expected: &Value) -> bool {
    let is_text = |text: &Value| text.as_str().is_some_and(|text| text.starts_with("An error occurred"));
    is_text(expected) || is_text(&expected["exception_value"]) || expected.get("Error").is_some()
}

fn refusal_differs(seen: &mut Seen, expected: &Value, found: &Value) -> Option<String> {
    let (code, message) = match expected {
        Value::String(text) => told(text)?,
        expected if expected.get("Error").is_some() => {
            let text = |name: &str| expected["Error"][name].as_str().unwrap_or_default().to_owned();
            (text("Code"), text("Message"))
        }
        expected => told(expected["exception_value"].as_str()?)?,
    };
    let wanted = json!({ "__type": code, "message": message });
    let shown = json!({ "__type": found["__type"], "message": found["message"] });
    seen.difference(&wanted, &shown)
}

/// `An error occurred (CODE) when calling the NAME operation: MESSAGE`.
fn told(text: &str) -> Option<(String, String)> {
    let rest = text.strip_prefix("An error occurred (")?;
    let (code, rest) = rest.split_once(')')?;
    let (_, message) = rest.split_once(" operation: ")?;
    Some((code.to_owned(), message.to_owned()))
}
