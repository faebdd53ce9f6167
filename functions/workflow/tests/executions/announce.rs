//! What the realtime nodes are told.

use crate::house::house_that;
use crate::start::{task, wait};
use serde_json::json;

#[tokio::test]
async fn who_watches_is_told_what_moved_and_nothing_of_what_with() {
    let house = house_that(true).await;
    let machine = house.machine("wait", &wait()).await;
    let arn = house.start(&machine, json!({"secret": 1})).await;
    let told = house.sent("realtime");
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind.as_str(), &told[0].key), ("execution.changed", &arn));
    let expected = json!({
        "arn": arn, "status": "RUNNING", "started_by": "ada", "events": 2,
        "states": [{"state": "Sleep", "to": "entered"}], "more": false,
    });
    assert_eq!(told[0].body, expected);
    house.call("root/admin", "StopExecution", json!({"executionArn": arn})).await.ok();
    let told = house.sent("realtime");
    assert_eq!((&told[0].body["status"], &told[0].body["started_by"]), (&json!("ABORTED"), &json!("ada")));
    assert_eq!(told[0].body["states"], json!([{"state": "Sleep", "to": "failed"}]));
}

#[tokio::test]
async fn a_start_does_not_fail_because_nobody_can_be_told() {
    let house = house_that(true).await;
    let machine = house.machine("task", &task()).await;
    house.queue.away.store(true, std::sync::atomic::Ordering::SeqCst);
    let arn = house.start(&machine, json!({})).await;
    assert_eq!(house.describe(&arn).await["status"], "RUNNING");
}
