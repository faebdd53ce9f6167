//! Tasks that wait for their token.

use crate::house::{House, acme, house, integration, states};
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::{Answered, ExecutionStore};
use octavo_domain_workflow::machine::Event;
use serde_json::{Value, json};
use std::time::Duration;

fn waiting(more: Value) -> String {
    let parameters = json!({"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}});
    let mut state = integration("lambda:invoke.waitForTaskToken", parameters);
    for (name, value) in more.as_object().unwrap() {
        state[name] = value.clone();
    }
    states(json!({"A": state}))
}

fn token(house: &House) -> String {
    house.functions.calls.lock().last().unwrap().1["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_task_ends_when_somebody_comes_with_its_token() {
    let house = house().await;
    let id = house.start(&waiting(json!({})), json!({})).await;
    house.drain().await;
    assert_eq!(house.told(id).await[1..], ["TaskScheduled", "TaskStarted", "TaskSubmitted"]);
    // What was accepted is nobody's to do again.
    house.clock.advance(Duration::from_secs(3_600));
    assert!(house.ring(id).await);
    assert_eq!(house.functions.count(), 1);
    let event = Event::TaskSucceeded { output: json!({"approved": true}) };
    let answered = house.store.token_answer(&acme(), &token(&house), &event, house.clock.now()).await.unwrap();
    assert_eq!(answered, Answered::Taken(id));
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.output, Some(json!({"approved": true})));
    assert_eq!(house.told(id).await[4..], ["TaskSucceeded", "ExecutionSucceeded"]);
}

#[tokio::test]
async fn a_token_that_nobody_comes_with_runs_out() {
    let house = house().await;
    let id = house.start(&waiting(json!({"HeartbeatSeconds": 60})), json!({})).await;
    house.drain().await;
    house.clock.advance(Duration::from_secs(40));
    let now = house.clock.now();
    assert_eq!(house.store.token_heartbeat(&acme(), &token(&house), now).await.unwrap(), Answered::Taken(id));
    house.clock.advance(Duration::from_secs(40));
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.status, Status::Running, "a sign of life prolongs it");
    house.clock.advance(Duration::from_secs(40));
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.error.as_deref(), Some("States.Timeout"));
}

#[tokio::test]
async fn a_task_can_answer_another_ones_token() {
    let house = house().await;
    let waits = house.start(&waiting(json!({})), json!({})).await;
    house.drain().await;
    let answer = |token: &str| {
        let parameters = json!({"TaskToken": token, "Output": {"n": 1}});
        states(json!({"A": integration("aws-sdk:sfn:sendTaskSuccess", parameters)}))
    };
    let token = token(&house);
    assert_eq!(house.output(&answer(&token), json!({})).await, json!({}));
    assert_eq!(house.view(waits).await.output, Some(json!({"n": 1})));
    let (error, cause) = house.failure(&answer(&token), json!({})).await;
    assert_eq!(error, "Sfn.TaskTimedOutException", "{cause}");
    let (error, cause) = house.failure(&answer("no token"), json!({})).await;
    assert_eq!(error, "Sfn.InvalidTokenException", "{cause}");
    assert!(cause.starts_with("Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "));
}

#[tokio::test]
async fn another_ones_failure_is_told_as_it_is() {
    let house = house().await;
    let waits = house.start(&waiting(json!({})), json!({})).await;
    house.drain().await;
    let parameters = json!({"TaskToken": token(&house), "Error": "No", "Cause": "not today"});
    let definition = states(json!({"A": integration("aws-sdk:sfn:sendTaskFailure", parameters)}));
    house.output(&definition, json!({})).await;
    let view = house.view(waits).await;
    assert_eq!((view.error.as_deref(), view.cause.as_deref()), (Some("No"), Some("not today")));
}
