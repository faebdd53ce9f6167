//! The kinds of executions that run while things die.

use serde_json::{Value, json};

/// Seconds of the wait whose end is looked at.
pub(crate) const WAIT_S: f64 = 2.0;

/// The kinds of executions, with the effects that each has.
pub(crate) const KINDS: [(&str, &[&str]); 8] = [
    ("chain", &["a", "b", "c"]),
    ("fan", &["left", "right", "item-0", "item-1", "item-2"]),
    ("ask", &["before", "after"]),
    ("child", &["a", "b", "c"]),
    ("each", &["item-0", "item-1", "item-2", "item-3"]),
    ("retry", &["done"]),
    ("wait", &["done"]),
    ("work", &["done"]),
];

/// The definition of a kind.
pub(crate) fn definition(kind: &str, function: &str, activity: &str, chain: &str) -> Value {
    let record = |effect: &str, ms: u32| {
        json!({ "Type": "Task", "Resource": function, "ResultPath": null,
            "Parameters": { "do": "record", "ms": ms, "what.$": format!("States.Format('{{}}/{effect}', $.what)") } })
    };
    let item = json!({ "Type": "Task", "Resource": function, "End": true,
        "Parameters": { "do": "record", "ms": 20, "what.$": "States.Format('{}/item-{}', $.what, $.item)" } });
    let selector = json!({ "what.$": "$.what", "item.$": "$$.Map.Item.Value" });
    let list = |states: Vec<(&str, Value)>| {
        let names: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
        let mut members = serde_json::Map::new();
        for (index, (name, mut state)) in states.into_iter().enumerate() {
            match names.get(index + 1) {
                Some(next) => state["Next"] = json!(next),
                None => state["End"] = json!(true),
            }
            members.insert(name.to_owned(), state);
        }
        json!({ "StartAt": names[0], "States": members })
    };
    match kind {
        "chain" => list(vec![("A", record("a", 10)), ("B", record("b", 30)), ("C", record("c", 10))]),
        "fan" => {
            let left = list(vec![("Left", record("left", 40))]);
            let right = list(vec![("Soon", json!({ "Type": "Wait", "Seconds": 1 })), ("Right", record("right", 10))]);
            let three = json!({ "Type": "Map", "ItemsPath": "$.items[0:3]", "ItemSelector": selector,
                "MaxConcurrency": 2, "ItemProcessor": { "StartAt": "Item", "States": { "Item": item } } });
            let both = json!({ "Type": "Parallel", "Branches": [left, right], "ResultPath": null });
            list(vec![("Both", both), ("Three", three)])
        }
        "ask" => {
            let ask = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "ResultPath": null, "Parameters": { "FunctionName": function,
                    "Payload": { "do": "keep", "ms": 20, "what.$": "$.what", "token.$": "$$.Task.Token" } } });
            list(vec![("Before", record("before", 0)), ("Ask", ask), ("After", record("after", 0))])
        }
        "child" => {
            let child = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Parameters": { "StateMachineArn": chain, "Name.$": "States.Format('of-{}', $.what)",
                    "Input": { "what.$": "$.what" } } });
            list(vec![("Child", child)])
        }
        "each" => {
            let each = json!({ "Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "MaxConcurrency": 3,
                "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                    "StartAt": "Item", "States": { "Item": item } } });
            list(vec![("Each", each)])
        }
        "retry" => {
            let flaky = json!({ "Type": "Task", "Resource": function, "ResultPath": null,
                "Parameters": { "do": "flaky", "what.$": "$.what", "error": "NotYet" },
                "Retry": [{ "ErrorEquals": ["NotYet"], "IntervalSeconds": 1, "MaxAttempts": 5, "JitterStrategy": "FULL" }] });
            list(vec![("Flaky", flaky), ("Done", record("done", 0))])
        }
        "wait" => list(vec![("Wait", json!({ "Type": "Wait", "Seconds": 2 })), ("Done", record("done", 0))]),
        "work" => {
            // A task whose worker never learned that it has it comes back by its heartbeat.
            let work = json!({ "Type": "Task", "Resource": activity, "HeartbeatSeconds": 5, "ResultPath": null,
                "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 50, "BackoffRate": 1.0 }] });
            list(vec![("Work", work), ("Done", record("done", 0))])
        }
        other => panic!("no kind {other}"),
    }
}
