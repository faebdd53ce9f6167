//! A child execution as the service writes it down.

use chrono::{DateTime, SecondsFormat, Utc};
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::ExecutionView;
use serde_json::{Map, Value, json};

/// All that is known of a child: input and output as texts of JSON.
pub(super) fn record(child: &ExecutionView) -> Value {
    let started = &child.started;
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
    put("ExecutionArn", json!(started.arn));
    put("Input", json!(started.input.to_string()));
    put("InputDetails", json!({ "Included": true }));
    put("Name", json!(started.name));
    if let Some(output) = &child.output {
        put("Output", json!(output.to_string()));
        put("OutputDetails", json!({ "Included": true }));
    }
    if let Some(error) = &child.error {
        put("Error", json!(error));
    }
    if let Some(cause) = &child.cause {
        put("Cause", json!(cause));
    }
    put("RedriveCount", json!(child.redrive_count));
    let (status, reason) = redrive(child.status);
    put("RedriveStatus", json!(status));
    if let Some(reason) = reason {
        put("RedriveStatusReason", json!(reason));
    }
    put("StartDate", json!(moment(started.at)));
    put("StateMachineArn", json!(started.machine_arn));
    put("Status", json!(child.status.as_str()));
    if let Some(at) = child.stopped_at {
        put("StopDate", json!(moment(at)));
    }
    Value::Object(record)
}

fn redrive(status: Status) -> (&'static str, Option<&'static str>) {
    match status {
        Status::Succeeded => ("NOT_REDRIVABLE", Some("Execution is SUCCEEDED and cannot be redriven")),
        Status::Running | Status::PendingRedrive => {
            ("NOT_REDRIVABLE", Some("Execution is RUNNING and cannot be redriven"))
        }
        Status::Failed | Status::TimedOut | Status::Aborted => ("REDRIVABLE_BY_MAP_RUN", None),
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
