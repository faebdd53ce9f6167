//! `DescribeExecution` and `DescribeStateMachineForExecution`.

use crate::house::house;
use crate::start::{chain, task, wait};
use crate::worker::echo;
use serde_json::json;

#[tokio::test]
async fn a_failure_is_told_with_whether_it_may_begin_again() {
    let house = house().await;
    let definition = json!({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "E", "Cause": "C"}}});
    let machine = house.machine("no", &definition).await;
    let arn = house.start(&machine, json!({"a": 1})).await;
    let expected = json!({
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": arn.rsplit(':').next().unwrap(),
        "status": "FAILED",
        "startDate": 1_798_804_800.0,
        "stopDate": 1_798_804_800.0,
        "input": "{\"a\":1}",
        "inputDetails": {"included": true},
        "error": "E",
        "cause": "C",
        "redriveCount": 0,
        "redriveStatus": "REDRIVABLE",
    });
    assert_eq!(house.describe(&arn).await, expected);
    house.later(15 * 24 * 3600);
    let later = house.describe(&arn).await;
    assert_eq!(later["redriveStatus"], "NOT_REDRIVABLE");
    assert_eq!(later["redriveStatusReason"], "Execution redrivable period exceeded");
}

#[tokio::test]
async fn what_runs_or_succeeded_does_not_begin_again() {
    let house = house().await;
    for (name, definition, status) in [("wait", wait(), "RUNNING"), ("chain", chain(), "SUCCEEDED")] {
        let machine = house.machine(name, &definition).await;
        let arn = house.start(&machine, json!({})).await;
        let described = house.describe(&arn).await;
        assert_eq!(described["redriveStatus"], "NOT_REDRIVABLE");
        assert_eq!(described["redriveStatusReason"], format!("Execution is {status} and cannot be redriven"));
        assert_eq!(described.get("outputDetails").is_some(), status == "SUCCEEDED");
    }
}

#[tokio::test]
async fn metadata_alone_tells_no_payload() {
    let house = house().await;
    let machine = house.machine("task", &task()).await;
    let arn = house.start(&machine, json!({"secret": 1})).await;
    house.work(&echo).await;
    let input = json!({"executionArn": arn, "includedData": "METADATA_ONLY"});
    let described = house.call("ada", "DescribeExecution", input.clone()).await.ok();
    assert!(!described.to_string().contains("secret"), "{described}");
    assert_eq!(described["inputDetails"], json!({"included": false}));
    let machine = house.call("ada", "DescribeStateMachineForExecution", input).await.ok();
    assert!(machine.get("definition").is_none() && machine["name"] == "task");
    let wrong = json!({"executionArn": arn, "includedData": "SOME"});
    assert_eq!(house.call("ada", "DescribeExecution", wrong).await.refused().0, "ValidationException");
}

#[tokio::test]
async fn an_execution_keeps_the_definition_that_it_was_started_with() {
    let house = house().await;
    let definition = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}, "B": {"Type": "Pass", "Output": "{% $x %}", "End": true}},
    });
    let machine = house.machine("kept", &definition).await;
    let arn = house.start(&machine, json!({})).await;
    let shown = house.call("ada", "DescribeStateMachineForExecution", json!({"executionArn": arn})).await.ok();
    let expected = json!({
        "stateMachineArn": machine,
        "name": "kept",
        "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "updateDate": 1_798_804_800.0,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
        "tracingConfiguration": {"enabled": false},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        "variableReferences": {"B": ["x"]},
    });
    assert_eq!(shown, expected);
}
