//! Answers by token, and workers of activities.

use crate::house::{House, house};
use crate::worker::{echo, none};
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::arn::Arns;
use octavo_domain_workflow::catalogue::{Activities, Activity};
use serde_json::{Value, json};

fn callback(heartbeat: Option<u64>) -> Value {
    let mut state = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
        "End": true,
    });
    if let Some(seconds) = heartbeat {
        state["HeartbeatSeconds"] = json!(seconds);
    }
    json!({"StartAt": "Ask", "States": {"Ask": state}})
}

/// Starts one that waits for its token: the ARN and the token.
async fn waiting(house: &House, heartbeat: Option<u64>) -> (String, String) {
    let machine = house.machine("ask", &callback(heartbeat)).await;
    let arn = house.start(&machine, json!({})).await;
    let token = parking_lot::Mutex::new(String::new());
    house
        .work(&|_, parameters| {
            parameters["Payload"]["token"].as_str().unwrap().clone_into(&mut token.lock());
            Ok(json!({"StatusCode": 200}))
        })
        .await;
    (arn, token.into_inner())
}

#[tokio::test]
async fn whoever_has_the_token_answers_once() {
    let house = house().await;
    let (arn, token) = waiting(&house, None).await;
    assert_eq!(house.describe(&arn).await["status"], "RUNNING");
    let success = json!({"taskToken": token, "output": "{\"yes\": true}"});
    // Not somebody of another tenant, though.
    assert_eq!(house.call("umbrella:ada", "SendTaskSuccess", success.clone()).await.refused().0, "TaskTimedOut");
    assert_eq!(house.call("bob", "SendTaskSuccess", success.clone()).await.ok(), json!({}));
    house.work(&none).await;
    assert_eq!(house.describe(&arn).await["output"], "{\"yes\":true}");
    let gone = ("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    assert_eq!(house.call("bob", "SendTaskSuccess", success).await.refused(), gone);
    let failure = json!({"taskToken": token, "error": "E"});
    assert_eq!(house.call("bob", "SendTaskFailure", failure).await.refused(), gone);
    assert_eq!(house.call("bob", "SendTaskHeartbeat", json!({"taskToken": token})).await.refused(), gone);
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts() {
    let house = house().await;
    let (arn, token) = waiting(&house, None).await;
    let answers = (0..6)
        .map(|number| house.call("ada", "SendTaskSuccess", json!({"taskToken": token, "output": number.to_string()})));
    let answers = futures::future::join_all(answers).await;
    let taken: Vec<usize> = (0..6).filter(|number| answers[*number].status == 200).collect();
    assert_eq!(taken.len(), 1);
    house.work(&none).await;
    assert_eq!(house.describe(&arn).await["output"], taken[0].to_string());
}

#[tokio::test]
async fn a_failure_is_the_states() {
    let house = house().await;
    let (arn, token) = waiting(&house, None).await;
    let failure = json!({"taskToken": token, "error": "Refused", "cause": "by ada"});
    house.call("ada", "SendTaskFailure", failure).await.ok();
    house.work(&none).await;
    let described = house.describe(&arn).await;
    assert_eq!((&described["error"], &described["cause"]), (&json!("Refused"), &json!("by ada")));
}

#[tokio::test]
async fn a_heartbeat_puts_the_deadline_off() {
    let house = house().await;
    let (arn, token) = waiting(&house, Some(60)).await;
    house.later(50);
    house.call("ada", "SendTaskHeartbeat", json!({"taskToken": token})).await.ok();
    house.later(50);
    house.wake(&arn, &none).await;
    assert_eq!(house.describe(&arn).await["status"], "RUNNING");
    house.later(11);
    house.wake(&arn, &none).await;
    let described = house.describe(&arn).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.Timeout")));
    let late = house.call("ada", "SendTaskSuccess", json!({"taskToken": token, "output": "1"})).await;
    assert_eq!(late.refused().0, "TaskTimedOut");
}

#[tokio::test]
async fn what_is_no_token_is_told_from_one_that_is_over() {
    let house = house().await;
    let (_, token) = waiting(&house, None).await;
    let invalid = ("InvalidToken", "Invalid Token: 'Invalid token'");
    for wrong in ["x", &token[1..], &format!("{token}A")] {
        let answer = house.call("ada", "SendTaskSuccess", json!({"taskToken": wrong, "output": "1"})).await;
        assert_eq!(answer.refused(), invalid);
    }
    let cases = [
        ("SendTaskSuccess", json!({"taskToken": token, "output": "{"}), "InvalidOutput"),
        ("SendTaskSuccess", json!({"taskToken": token}), "ValidationException"),
        ("SendTaskSuccess", json!({"taskToken": "x".repeat(2049), "output": "1"}), "ValidationException"),
        ("SendTaskFailure", json!({"taskToken": token, "cause": "x".repeat(32_769)}), "ValidationException"),
    ];
    for (operation, input, name) in cases {
        let answer = house.call("ada", operation, input).await;
        assert_eq!(answer.refused().0, name);
        assert!(!answer.json.to_string().contains(&token), "a token is never shown");
    }
}

async fn activity(house: &House, name: &str) -> String {
    let arn = Arns::new(crate::house::REGION, &"acme".parse().unwrap()).activity(name);
    let activity = Activity { arn: arn.clone(), name: name.to_owned(), created_at: house.clock.now() };
    house.store.activity_create(&"acme".parse().unwrap(), &activity, &Default::default()).await.unwrap();
    arn
}

#[tokio::test]
async fn a_worker_takes_a_task_that_nobody_else_gets() {
    let house = house().await;
    let activity = activity(&house, "ship").await;
    let definition =
        json!({"StartAt": "Ship", "States": {"Ship": {"Type": "Task", "Resource": activity, "End": true}}});
    let machine = house.machine("ships", &definition).await;
    let arn = house.start(&machine, json!({"order": 7})).await;
    house.work(&none).await;
    let take = json!({"activityArn": activity, "workerName": "w1"});
    let taken = house.call("bob", "GetActivityTask", take.clone()).await.ok();
    assert_eq!(taken["input"], "{\"order\":7}");
    house.work(&none).await;
    let history = house.sfn("GetExecutionHistory", json!({"executionArn": arn})).await.ok();
    assert_eq!(history["events"][3]["activityStartedEventDetails"], json!({"workerName": "w1"}));
    let done = json!({"taskToken": taken["taskToken"], "output": "\"shipped\""});
    house.call("bob", "SendTaskSuccess", done).await.ok();
    house.work(&echo).await;
    assert_eq!(house.describe(&arn).await["output"], "\"shipped\"");
}

#[tokio::test]
async fn a_worker_that_goes_away_while_it_waits_takes_nothing() {
    let house = house().await;
    let activity = activity(&house, "idle").await;
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": activity, "End": true}}});
    let machine = house.machine("idles", &definition).await;
    let take = json!({"activityArn": activity});
    let patience = std::time::Duration::from_millis(300);
    let left = tokio::time::timeout(patience, house.call("bob", "GetActivityTask", take.clone())).await;
    assert!(left.is_err(), "there is nothing, and it waits");
    house.start(&machine, json!(5)).await;
    assert_eq!(house.call("bob", "GetActivityTask", take).await.ok()["input"], "5");
}

#[tokio::test]
async fn a_poll_gets_what_comes_while_it_waits() {
    let house = house().await;
    let activity = activity(&house, "late").await;
    let definition = json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": activity, "End": true}}});
    let machine = house.machine("lates", &definition).await;
    let poll = house.call("bob", "GetActivityTask", json!({"activityArn": activity}));
    let (answer, _) = tokio::join!(poll, async {
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
        house.start(&machine, json!(5)).await
    });
    assert_eq!(answer.ok()["input"], "5");
}

#[tokio::test]
async fn there_must_be_such_an_activity() {
    let house = house().await;
    let arn = Arns::new(crate::house::REGION, &"acme".parse().unwrap()).activity("none");
    let refused = house.call("bob", "GetActivityTask", json!({"activityArn": arn})).await;
    assert_eq!(refused.refused(), ("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'").as_str()));
    let wrong = house.call("bob", "GetActivityTask", json!({"activityArn": "x"})).await;
    assert_eq!(wrong.refused().0, "InvalidArn");
}
