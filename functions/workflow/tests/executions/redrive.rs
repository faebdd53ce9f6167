//! `RedriveExecution`.

use crate::house::{House, house};
use crate::start::{chain, task};
use crate::worker::echo;
use serde_json::{Value, json};

fn broken(_: &str, _: &Value) -> Result<Value, (&'static str, &'static str)> {
    Err(("Broken", "for now"))
}

async fn failed(house: &House) -> String {
    let machine = house.machine("task", &task()).await;
    let arn = house.start(&machine, json!({"x": 1})).await;
    house.work(&broken).await;
    assert_eq!(house.describe(&arn).await["status"], "FAILED");
    house.later(60);
    arn
}

#[tokio::test]
async fn it_goes_on_from_where_it_failed() {
    let house = house().await;
    let arn = failed(&house).await;
    let redriven = house.call("ada", "RedriveExecution", json!({"executionArn": arn})).await.ok();
    assert_eq!(redriven, json!({"redriveDate": 1_798_804_860.0}));
    let running = house.describe(&arn).await;
    assert_eq!((&running["status"], &running["redriveCount"]), (&json!("RUNNING"), &json!(1)));
    assert_eq!(running["redriveDate"], redriven["redriveDate"]);
    assert!(running.get("stopDate").is_none() && running.get("error").is_none(), "{running}");
    house.work(&echo).await;
    assert_eq!(house.describe(&arn).await["status"], "SUCCEEDED");
    let events = house.events(&arn).await;
    assert_eq!(events[5], "ExecutionFailed");
    assert_eq!(events[6], "ExecutionRedriven");
    assert_eq!(events.last().unwrap(), "ExecutionSucceeded");
}

#[tokio::test]
async fn the_same_request_again_is_the_same_redrive_for_a_quarter_of_an_hour() {
    let house = house().await;
    let arn = failed(&house).await;
    let request = json!({"executionArn": arn, "clientToken": "t1"});
    let first = house.call("ada", "RedriveExecution", request.clone()).await.ok();
    house.later(30);
    assert_eq!(house.call("ada", "RedriveExecution", request.clone()).await.ok(), first);
    let running = ("ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven");
    for other in [json!({"executionArn": arn, "clientToken": "t2"}), json!({"executionArn": arn})] {
        assert_eq!(house.call("ada", "RedriveExecution", other).await.refused(), running);
    }
    house.later(15 * 60);
    house.wake(&arn, &echo).await;
    assert_eq!(house.describe(&arn).await["status"], "SUCCEEDED", "the marker tells nobody anything");
    assert_eq!(house.describe(&arn).await["redriveCount"], 1);
}

#[tokio::test]
async fn what_may_not_begin_again_is_told_why() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let done = house.start(&machine, json!({})).await;
    let refused = house.call("ada", "RedriveExecution", json!({"executionArn": done})).await;
    assert_eq!(refused.refused(), ("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven"));
    let arn = failed(&house).await;
    house.later(14 * 24 * 3600);
    let late = house.call("ada", "RedriveExecution", json!({"executionArn": arn})).await;
    assert_eq!(late.refused().1, "Execution redrivable period exceeded");
    for (token, part) in [("", "greater than or equal to 1"), ("a b", "[!-~]+")] {
        let wrong = house.call("ada", "RedriveExecution", json!({"executionArn": arn, "clientToken": token})).await;
        assert!(wrong.refused().1.contains(part), "{:?}", wrong.refused());
    }
}

#[tokio::test]
async fn of_two_at_once_one_redrives() {
    let house = house().await;
    let arn = failed(&house).await;
    let redrives = (0..4).map(|_| house.call("ada", "RedriveExecution", json!({"executionArn": arn})));
    let answers = futures::future::join_all(redrives).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(house.describe(&arn).await["redriveCount"], 1);
}
