//! Map runs and their children.

use crate::house::{House, house};
use crate::worker::{echo, none};
use serde_json::{Value, json};

fn each(item: &Value, concurrency: u32) -> Value {
    json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map",
        "MaxConcurrency": concurrency,
        "ToleratedFailurePercentage": 50,
        "Label": "Items",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Item",
            "States": {"Item": item},
        },
        "End": true,
    }}})
}

async fn run_of(house: &House, arn: &str) -> String {
    let runs = house.sfn("ListMapRuns", json!({"executionArn": arn})).await.ok();
    runs["mapRuns"][0]["mapRunArn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_run_is_listed_described_and_its_children_found() {
    let house = house().await;
    let machine = house.machine("each", &each(&json!({"Type": "Pass", "End": true}), 1)).await;
    let arn = house.start(&machine, json!([1, 2])).await;
    house.work(&none).await;
    assert_eq!(house.describe(&arn).await["output"], "[1,2]");
    let runs = house.call("ada", "ListMapRuns", json!({"executionArn": arn})).await.ok();
    let item = &runs["mapRuns"][0];
    assert_eq!((&item["executionArn"], &item["stateMachineArn"]), (&json!(arn), &json!(format!("{machine}/Items"))));
    assert!(runs.get("nextToken").is_none() && item.get("stopDate").is_some());
    let run = item["mapRunArn"].as_str().unwrap();
    let described = house.call("ada", "DescribeMapRun", json!({"mapRunArn": run})).await.ok();
    let counts = json!({
        "pending": 0, "running": 0, "succeeded": 2, "failed": 0, "timedOut": 0, "aborted": 0, "total": 2,
        "resultsWritten": 2, "failuresNotRedrivable": 0, "pendingRedrive": 0,
    });
    assert_eq!((&described["executionCounts"], &described["itemCounts"]), (&counts, &counts));
    assert_eq!((&described["status"], &described["maxConcurrency"]), (&json!("SUCCEEDED"), &json!(1)));
    assert_eq!(described["toleratedFailurePercentage"], json!(50.0));
    let children = house.call("ada", "ListExecutions", json!({"mapRunArn": run})).await.ok();
    let children = children["executions"].as_array().unwrap();
    assert_eq!(children.len(), 2);
    let child = house.describe(children[0]["executionArn"].as_str().unwrap()).await;
    assert_eq!((&child["mapRunArn"], &child["stateMachineArn"]), (&json!(run), &item["stateMachineArn"]));
    let input = json!({"executionArn": child["executionArn"]});
    let machine = house.call("ada", "DescribeStateMachineForExecution", input).await.ok();
    assert_eq!((&machine["label"], &machine["name"]), (&json!("Items"), &json!("each/Items")));
    let definition: Value = serde_json::from_str(machine["definition"].as_str().unwrap()).unwrap();
    assert_eq!((&definition["StartAt"], definition.get("ItemProcessor")), (&json!("Item"), None));
    // Children are not among the machine's own executions.
    let own = house.call("ada", "ListExecutions", json!({"stateMachineArn": machine["stateMachineArn"]})).await;
    assert_eq!(own.refused().0, "InvalidArn");
}

#[tokio::test]
async fn limits_of_a_run_that_runs_are_changed() {
    let house = house().await;
    let item = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {}, "End": true});
    let machine = house.machine("each", &each(&item, 1)).await;
    let arn = house.start(&machine, json!([1, 2, 3])).await;
    house.work(&echo).await;
    let run = run_of(&house, &arn).await;
    let children = || async {
        let listed = house.sfn("ListExecutions", json!({"mapRunArn": run, "statusFilter": "RUNNING"})).await.ok();
        let listed = listed["executions"].as_array().unwrap().clone();
        listed.iter().map(|item| item["executionArn"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = children().await;
    assert_eq!(first.len(), 1);
    let update = json!({"mapRunArn": run, "maxConcurrency": 3, "toleratedFailureCount": 2});
    assert_eq!(house.call("ada", "UpdateMapRun", update).await.ok(), json!({}));
    let described = house.sfn("DescribeMapRun", json!({"mapRunArn": run})).await.ok();
    assert_eq!((&described["maxConcurrency"], &described["toleratedFailureCount"]), (&json!(3), &json!(2)));
    house.work(&echo).await;
    assert_eq!(children().await.len(), 3, "whoever starts them was rung for");
    house.call("ada", "StopExecution", json!({"executionArn": arn})).await.ok();
    // That their parent was stopped is kept for the children, and found by whoever looks for what is due.
    for child in &children().await {
        house.wake(child, &echo).await;
    }
    assert_eq!(children().await, Vec::<String>::new(), "children are stopped with their parent");
    let described = house.sfn("DescribeMapRun", json!({"mapRunArn": run})).await.ok();
    assert_eq!(described["status"], "ABORTED");
    let late = house.call("ada", "UpdateMapRun", json!({"mapRunArn": run, "maxConcurrency": 1})).await;
    assert_eq!(late.refused().0, "ValidationException");
}

#[tokio::test]
async fn what_is_wrong_is_told_and_a_run_is_of_whoever_started_it() {
    let house = house().await;
    let machine = house.machine("each", &each(&json!({"Type": "Pass", "End": true}), 0)).await;
    let arn = house.start(&machine, json!([1])).await;
    house.work(&none).await;
    let run = run_of(&house, &arn).await;
    let cases = [
        ("DescribeMapRun", json!({"mapRunArn": format!("{run}x")}), "ResourceNotFound"),
        ("DescribeMapRun", json!({"mapRunArn": "x"}), "InvalidArn"),
        ("DescribeMapRun", json!({"mapRunArn": machine}), "InvalidArn"),
        ("UpdateMapRun", json!({"mapRunArn": run}), "ValidationException"),
        ("UpdateMapRun", json!({"mapRunArn": run, "maxConcurrency": -1}), "ValidationException"),
        ("UpdateMapRun", json!({"mapRunArn": run, "toleratedFailurePercentage": 101}), "ValidationException"),
        ("ListMapRuns", json!({"executionArn": format!("{arn}x")}), "ExecutionDoesNotExist"),
    ];
    for (operation, input, name) in cases {
        assert_eq!(house.call("ada", operation, input.clone()).await.refused().0, name, "{operation} {input}");
    }
    let theirs = house.call("umbrella:ada", "DescribeMapRun", json!({"mapRunArn": run})).await;
    assert_eq!(theirs.refused().0, "ResourceNotFound");
    let others = house.call("bob", "DescribeMapRun", json!({"mapRunArn": run})).await;
    assert_eq!(others.refused().0, "AccessDeniedException");
}
