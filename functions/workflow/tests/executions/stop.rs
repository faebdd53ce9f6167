//! `StopExecution`.

use crate::house::house;
use crate::start::{chain, task, wait};
use crate::worker::{echo, none};
use serde_json::json;

#[tokio::test]
async fn it_has_ended_when_the_answer_comes() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let arn = house.start(&machine, json!({})).await;
    house.later(7);
    let stop = json!({"executionArn": arn, "error": "Enough", "cause": "of this"});
    let stopped = house.call("ada", "StopExecution", stop.clone()).await.ok();
    assert_eq!(stopped, json!({"stopDate": 1_798_804_807.0}));
    let described = house.describe(&arn).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("ABORTED"), &json!("Enough")));
    assert_eq!((&described["cause"], &described["stopDate"]), (&json!("of this"), &stopped["stopDate"]));
    let events = house.events(&arn).await;
    assert_eq!(events, ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]);
    // Again changes nothing, and its timer tells nobody anything.
    house.later(3);
    assert_eq!(house.call("ada", "StopExecution", stop).await.ok(), stopped);
    house.later(3600);
    house.wake(&arn, &none).await;
    assert_eq!(house.events(&arn).await, events);
}

#[tokio::test]
async fn what_has_ended_stays_as_it_is() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let arn = house.start(&machine, json!({})).await;
    house.later(60);
    let stopped = house.call("ada", "StopExecution", json!({"executionArn": arn})).await.ok();
    assert_eq!(stopped["stopDate"], json!(1_798_804_800.0));
    assert_eq!(house.describe(&arn).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_task_that_was_begun_has_nobody_to_tell() {
    let house = house().await;
    let machine = house.machine("task", &task()).await;
    let arn = house.start(&machine, json!({})).await;
    house.call("ada", "StopExecution", json!({"executionArn": arn})).await.ok();
    house.work(&echo).await;
    assert_eq!(house.describe(&arn).await["status"], "ABORTED");
}

#[tokio::test]
async fn of_many_at_once_one_stops_it_and_all_are_told_the_same() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let arn = house.start(&machine, json!({})).await;
    let stops = (0..8).map(|_| house.call("ada", "StopExecution", json!({"executionArn": arn})));
    let answers = futures::future::join_all(stops).await;
    for answer in answers {
        assert_eq!(answer.ok(), json!({"stopDate": 1_798_804_800.0}));
    }
    assert_eq!(house.events(&arn).await.iter().filter(|event| *event == "ExecutionAborted").count(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let arn = house.start(&machine, json!({})).await;
    let none = arn.rsplit_once(':').unwrap().0.to_owned() + ":none";
    let cases = [
        (json!({"executionArn": "x"}), "InvalidArn"),
        (json!({"executionArn": machine}), "InvalidArn"),
        (json!({"executionArn": none}), "ExecutionDoesNotExist"),
        (json!({"executionArn": arn, "error": "x".repeat(257)}), "ValidationException"),
        (json!({"executionArn": arn, "cause": "x".repeat(32_769)}), "ValidationException"),
    ];
    for (input, name) in cases {
        assert_eq!(house.call("ada", "StopExecution", input.clone()).await.refused().0, name);
    }
}
