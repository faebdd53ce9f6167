//! `octavo workflow history`: what an execution did, event by event.

use super::api::{Api, Person};
use super::columns::{columns, cut};
use clap::Args;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Events of one page: as many as the API gives at once.
const PAGE: usize = 1_000;
/// What is shown of inputs and outputs in the table, in characters.
const SHOWN_CHARS: usize = 100;

/// Show what an execution did, event by event
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Its ARN
    #[arg(value_name = "EXECUTION")]
    arn: String,
    /// As JSON, an event a line, whole
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    person: Person,
}

pub(super) async fn history(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let api = Api::of(data, &arguments.person).await?;
    let mut input = json!({ "executionArn": arguments.arn, "maxResults": PAGE, "includeExecutionData": true });
    let mut table = Table::default();
    loop {
        let page = api.call("GetExecutionHistory", &input).await?;
        for event in page["events"].as_array().into_iter().flatten() {
            if arguments.json {
                println!("{event}");
            } else {
                table.add(event);
            }
        }
        match page["nextToken"].as_str() {
            Some(next) => input["nextToken"] = json!(next),
            None => break,
        }
    }
    if !arguments.json {
        print!("{}", table.text());
    }
    Ok(())
}

/// Events as rows: when, counted from the first one, what, in which state, with what.
#[derive(Debug, Default)]
pub(super) struct Table {
    began: Option<f64>,
    /// The state that an event belongs to: that of the one that it follows.
    states: HashMap<u64, String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Adds an event in the API's form.
    pub(super) fn add(&mut self, event: &Value) {
        let id = event["id"].as_u64().unwrap_or_default();
        let at = event["timestamp"].as_f64().unwrap_or_default();
        let began = *self.began.get_or_insert(at);
        let kind = event["type"].as_str().unwrap_or_default();
        let none = Value::Null;
        let details = event
            .as_object()
            .into_iter()
            .flatten()
            .find(|(key, _)| key.ends_with("EventDetails"))
            .map_or(&none, |(_, details)| details);
        let named = details["name"].as_str().or(details["state"].as_str()).map(str::to_owned);
        let before = event["previousEventId"].as_u64().and_then(|before| self.states.get(&before).cloned());
        let state = if kind.starts_with("Execution") { String::new() } else { named.or(before).unwrap_or_default() };
        self.states.insert(id, state.clone());
        self.rows.push(vec![id.to_string(), format!("{:.3} s", at - began), kind.to_owned(), state, said(details)]);
    }

    /// All of them.
    pub(super) fn text(&self) -> String {
        columns(&["id", "after", "event", "state", "with"], &self.rows)
    }
}

/// What an event says beside its type, in a line.
fn said(details: &Value) -> String {
    let shown = |key: &str| details.get(key).filter(|value| !value.is_null());
    let plain = |value: &Value| cut(value.as_str().unwrap_or(&value.to_string()), SHOWN_CHARS);
    if let Some(error) = shown("error") {
        let cause = shown("cause").map(|cause| format!(": {}", plain(cause))).unwrap_or_default();
        return format!("{}{cause}", plain(error));
    }
    if let Some(cause) = shown("cause") {
        return plain(cause);
    }
    let resource = match (details["resourceType"].as_str(), details["resource"].as_str()) {
        (Some(service), Some(action)) => format!("{service}:{action} "),
        (None, Some(resource)) => format!("{resource} "),
        _ => String::new(),
    };
    let value =
        ["output", "parameters", "input", "mapRunArn", "length", "index", "workerName"].into_iter().find_map(shown);
    format!("{resource}{}", value.map(plain).unwrap_or_default()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_with_its_state_and_its_time_from_the_first() {
        let mut table = Table::default();
        for event in [
            json!({"id": 1, "previousEventId": 0, "timestamp": 10.0, "type": "ExecutionStarted", "executionStartedEventDetails": {"input": "{}"}}),
            json!({"id": 2, "previousEventId": 0, "timestamp": 10.25, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Ask", "input": "{}"}}),
            json!({"id": 3, "previousEventId": 2, "timestamp": 10.5, "type": "TaskScheduled",
                "taskScheduledEventDetails": {"resourceType": "http", "resource": "invoke", "parameters": "{\"a\":1}"}}),
            json!({"id": 4, "previousEventId": 3, "timestamp": 11, "type": "TaskFailed", "taskFailedEventDetails": {"error": "No", "cause": "because"}}),
        ] {
            table.add(&event);
        }
        let expected = "\
id  after    event             state  with
1   0.000 s  ExecutionStarted         {}
2   0.250 s  TaskStateEntered  Ask    {}
3   0.500 s  TaskScheduled     Ask    http:invoke {\"a\":1}
4   1.000 s  TaskFailed        Ask    No: because
";
        assert_eq!(table.text(), expected);
    }
}
