//! `ListExecutions`.

use crate::house::{House, house};
use crate::start::{chain, wait};
use serde_json::{Value, json};

async fn names(house: &House, user: &str, input: Value) -> (Vec<String>, Option<String>) {
    let page = house.call(user, "ListExecutions", input).await.ok();
    let names = page["executions"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned());
    (names.collect(), page["nextToken"].as_str().map(str::to_owned))
}

async fn begun(house: &House, machine: &str, user: &str, name: &str) -> Value {
    house.later(1);
    let started = house.call(user, "StartExecution", json!({"stateMachineArn": machine, "name": name})).await;
    started.ok()["executionArn"].clone()
}

#[tokio::test]
async fn newest_first_page_by_page() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    for number in 1..=5 {
        begun(&house, &machine, "ada", &format!("e{number}")).await;
    }
    let (page, token) = names(&house, "ada", json!({"stateMachineArn": machine, "maxResults": 3})).await;
    assert_eq!(page, ["e5", "e4", "e3"]);
    let next = json!({"stateMachineArn": machine, "maxResults": 2, "nextToken": token});
    assert_eq!(names(&house, "ada", next).await, (vec!["e2".to_owned(), "e1".to_owned()], None));
    let other = json!({"stateMachineArn": machine, "statusFilter": "FAILED", "nextToken": token});
    assert_eq!(house.call("ada", "ListExecutions", other).await.refused().0, "InvalidToken");
    let page = house.call("ada", "ListExecutions", json!({"stateMachineArn": machine, "maxResults": 1})).await.ok();
    let expected = json!({
        "executionArn": machine.replace("stateMachine", "execution") + ":e5",
        "stateMachineArn": machine,
        "name": "e5",
        "status": "SUCCEEDED",
        "startDate": 1_798_804_805.0,
        "stopDate": 1_798_804_805.0,
        "redriveCount": 0,
    });
    assert_eq!(page["executions"][0], expected);
}

#[tokio::test]
async fn filters_and_whose_they_are() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let stopped = begun(&house, &machine, "ada", "a1").await;
    begun(&house, &machine, "ada", "a2").await;
    begun(&house, &machine, "bob", "b1").await;
    house.call("ada", "StopExecution", json!({"executionArn": stopped})).await.ok();
    let running = json!({"stateMachineArn": machine, "statusFilter": "RUNNING"});
    assert_eq!(names(&house, "ada", running.clone()).await.0, ["a2"]);
    assert_eq!(names(&house, "bob", running.clone()).await.0, ["b1"]);
    assert_eq!(names(&house, "root/workflows", running).await.0, ["b1", "a2"]);
    let aborted = json!({"stateMachineArn": machine, "statusFilter": "ABORTED"});
    assert_eq!(names(&house, "root/admin", aborted).await.0, ["a1"]);
    let redriven = json!({"stateMachineArn": machine, "redriveFilter": "REDRIVEN"});
    assert_eq!(names(&house, "root/admin", redriven).await.0, Vec::<String>::new());
    let theirs = house.call("umbrella:ada/admin", "ListExecutions", json!({"stateMachineArn": machine})).await;
    assert_eq!(theirs.refused().0, "StateMachineDoesNotExist");
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let express = house.express("fast", &chain()).await;
    let run = machine.replace("stateMachine", "mapRun") + "/Each:1";
    let statuses = "Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: \
        [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]";
    let cases = [
        (json!({}), "ValidationException", "Must provide"),
        (json!({"stateMachineArn": machine, "mapRunArn": run}), "ValidationException", "not both"),
        (json!({"stateMachineArn": "invalid"}), "InvalidArn", "Invalid ARN prefix: invalid"),
        (json!({"stateMachineArn": express}), "StateMachineTypeNotSupported", "not supported"),
        (json!({"mapRunArn": run}), "ResourceNotFound", "/Each:1"),
        (json!({"stateMachineArn": machine, "statusFilter": "succeeded"}), "ValidationException", statuses),
        (
            json!({"stateMachineArn": machine, "maxResults": 1001}),
            "ValidationException",
            "Value '1001' at 'maxResults'",
        ),
        (json!({"stateMachineArn": machine, "nextToken": "x".repeat(3097)}), "ValidationException", "3096"),
    ];
    for (input, name, part) in cases {
        let refused = house.call("ada", "ListExecutions", input).await;
        let (found, message) = refused.refused();
        assert!(found == name && message.contains(part), "{found}: {message}");
    }
}
