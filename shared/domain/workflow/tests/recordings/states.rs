//! Recordings of `TestState`: one state alone.

use super::{compare::difference, judge::Verdict};
use chrono::DateTime;
use octavo_domain_workflow::machine::{
    Event,
    test_state::{Place, TestFault, TestRequest, Tested, begin},
};
use serde_json::Value;

/// What became of a test with steps of this operation; none where it has none.
pub(crate) fn judge(test: &Value) -> Option<Verdict> {
    let steps = test["steps"].as_array().cloned().unwrap_or_default();
    if !steps.iter().any(|step| step["call"] == "test_state") {
        return None;
    }
    let (mut judged, mut last) = (0, None);
    for (index, step) in steps.iter().enumerate() {
        if step["call"] == "test_state" {
            let key = steps.get(index + 1).and_then(|step| step["key"].as_str()).unwrap_or_default();
            last = Some(answer(step, &test["expected"][key]));
        } else if let Some(key) = step["key"].as_str() {
            let mut recorded = test["expected"][key].clone();
            if let Some(recorded) = recorded.as_object_mut() {
                recorded.remove("ResponseMetadata");
            }
            let found = match &last {
                Some(Ok(ours)) => difference(&recorded, ours, key),
                Some(Err(fault)) => Some(format!("{fault:?}")),
                None => continue,
            };
            if let Some(found) = found {
                return Some(Verdict::Failed(found));
            }
            judged += 1;
        }
    }
    if let Some((name, message)) = refusal(&test["expected"]) {
        if name == "ParamValidationError" {
            // The client refuses it: it never comes to the service.
            return Some(Verdict::NotApplicable);
        }
        let ours = match last {
            Some(Err(TestFault::InvalidDefinition(message))) => ("InvalidDefinition", message),
            Some(Err(TestFault::InvalidExecutionInput(message))) => ("InvalidExecutionInput", message),
            Some(Err(TestFault::Validation(message))) => ("ValidationException", message),
            Some(Ok(answer)) => ("no error", answer.to_string()),
            None => return Some(Verdict::NotApplicable),
        };
        if (ours.0, ours.1.as_str()) != (name.as_str(), message.as_str()) {
            return Some(Verdict::Failed(format!("recorded {name}: {message}, ours {}: {}", ours.0, ours.1)));
        }
        judged += 1;
    }
    Some(if judged == 0 { Verdict::NotApplicable } else { Verdict::Passed })
}

fn answer(step: &Value, recorded: &Value) -> Result<Value, TestFault> {
    let request: TestRequest = serde_json::from_value(step.clone()).expect("a recorded request");
    let place = Place {
        machine_arn: "arn:aws:states:us-east-1:111111111111:stateMachine:test".to_owned(),
        now: DateTime::from_timestamp(1_764_000_000, 0).unwrap_or_default(),
        seed: 7,
        token: "token".to_owned(),
    };
    match begin(request, &place)? {
        Tested::Done(answer) => Ok(answer),
        Tested::Call(pending) => {
            // What the function answered is in the recording.
            let told = recorded["inspectionData"].get("result").unwrap_or(&recorded["output"]);
            let output = told.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| told.clone());
            Ok(pending.answered(Event::TaskSucceeded { output }, None))
        }
    }
}

/// The recorded error: its name and message.
fn refusal(expected: &Value) -> Option<(String, String)> {
    for (_, recorded) in expected.as_object()? {
        if let (Some(name), Some(text)) = (recorded["Error"]["Code"].as_str(), recorded["Error"]["Message"].as_str()) {
            return Some((name.to_owned(), text.to_owned()));
        }
        if let Some(name) = recorded["exception_typename"].as_str() {
            let text = recorded["exception_value"].as_str().unwrap_or_default();
            let message = text.split_once("operation: ").map_or(text, |(_, message)| message);
            return Some((name.to_owned(), message.to_owned()));
        }
    }
    None
}
