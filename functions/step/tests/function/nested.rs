//! Executions that begin executions.

use crate::house::{house, integration, states, task};
use octavo_domain_workflow::engine::Status;
use serde_json::{Value, json};

fn starting(pattern: &str, parameters: Value) -> String {
    states(json!({"A": integration(&format!("states:startExecution{pattern}"), parameters)}))
}

#[tokio::test]
async fn a_task_answers_where_the_new_execution_is() {
    let house = house().await;
    let child = house.define("child", &states(json!({"X": task("echo")}))).await;
    let parameters = json!({"StateMachineArn": child, "Name": "n-1", "Input": {"a": 1}});
    let output = house.output(&starting("", parameters), json!({})).await;
    let arn = child.replace(":stateMachine:", ":execution:") + ":n-1";
    assert_eq!(output["ExecutionArn"], json!(arn));
    assert_eq!(output["SdkHttpMetadata"]["HttpStatusCode"], 200);
    assert_eq!(house.functions.calls.lock()[0].1, json!({"a": 1}), "it ran by itself");
    let sdk = json!({"StateMachineArn": child, "Name": "n-2"});
    let definition = states(json!({"A": integration("aws-sdk:sfn:startExecution", sdk)}));
    let output = house.output(&definition, json!({})).await;
    assert_eq!(output.as_object().unwrap().keys().collect::<Vec<_>>(), ["ExecutionArn", "StartDate"]);
}

#[tokio::test]
async fn a_task_waits_for_the_end_of_the_new_execution() {
    let house = house().await;
    let child = house.define("child", &states(json!({"X": task("echo")}))).await;
    let parameters = json!({"StateMachineArn": child, "Input": {"a": 1}});
    let output = house.output(&starting(".sync:2", parameters.clone()), json!({})).await;
    assert_eq!((&output["Output"], &output["Status"]), (&json!({"a": 1}), &json!("SUCCEEDED")));
    let id = house.start(&starting(".sync", parameters), json!({})).await;
    house.drain().await;
    assert_eq!(house.view(id).await.output.unwrap()["Output"], json!("{\"a\":1}"));
    let told = ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"];
    assert_eq!(house.told(id).await[1..5], told);
}

#[tokio::test]
async fn a_child_that_fails_fails_its_task() {
    let house = house().await;
    house.functions.define("broken", |_| Err(("Broken", "for good")));
    let child = house.define("child", &states(json!({"X": task("broken")}))).await;
    let (error, cause) = house.failure(&starting(".sync:2", json!({"StateMachineArn": child})), json!({})).await;
    assert_eq!(error, "States.TaskFailed");
    let told: Value = serde_json::from_str(&cause).unwrap();
    assert_eq!((&told["Error"], &told["Status"]), (&json!("Broken"), &json!("FAILED")));
}

#[tokio::test]
async fn a_name_is_used_once() {
    let house = house().await;
    let wait = states(json!({"W": {"Type": "Wait", "Seconds": 600, "End": true}}));
    let child = house.define("child", &wait).await;
    let with = |input: u32| json!({"StateMachineArn": child, "Name": "once", "Input": {"n": input}});
    let first = house.output(&starting("", with(1)), json!({})).await;
    let again = house.output(&starting("", with(1)), json!({})).await;
    assert_eq!(again["ExecutionArn"], first["ExecutionArn"], "what runs already with the same input is the same");
    for (pattern, input) in [("", 2), (".sync", 1)] {
        let (error, cause) = house.failure(&starting(pattern, with(input)), json!({})).await;
        assert_eq!(error, "StepFunctions.ExecutionAlreadyExistsException");
        assert!(cause.starts_with("Execution Already Exists: 'arn:aws:states:us-east-1:1:execution:child:once'"));
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_a_named_error() {
    let house = house().await;
    let none = "arn:aws:states:us-east-1:1:stateMachine:none";
    let (error, cause) = house.failure(&starting("", json!({"StateMachineArn": none})), json!({})).await;
    assert_eq!(error, "StepFunctions.StateMachineDoesNotExistException");
    assert!(cause.starts_with(&format!("State Machine Does Not Exist: '{none}' (Service: AWSStepFunctions; ")));
    let bad = json!({"StateMachineArn": none, "Name": "a b"});
    assert_eq!(house.failure(&starting("", bad), json!({})).await.0, "StepFunctions.InvalidNameException");
    let (error, cause) = house.failure(&starting("", json!({"Name": "a"})), json!({})).await;
    assert!(error == "States.Runtime" && cause.contains("StateMachineArn"), "{cause}");
}

#[tokio::test]
async fn a_task_that_is_over_stops_the_execution_that_it_began() {
    let house = house().await;
    let wait = states(json!({"W": {"Type": "Wait", "Seconds": 600, "End": true}}));
    let child = house.define("child", &wait).await;
    let mut state = integration("states:startExecution.sync", json!({"StateMachineArn": child, "Name": "slow"}));
    state["TimeoutSeconds"] = json!(30);
    let id = house.start(&states(json!({"A": state})), json!({})).await;
    house.drain().await;
    house.clock.advance(std::time::Duration::from_secs(30));
    assert!(house.ring(id).await);
    house.drain().await;
    assert_eq!(house.view(id).await.error.as_deref(), Some("States.Timeout"));
    use octavo_domain_workflow::engine::ports::ExecutionReads;
    let arn = child.replace(":stateMachine:", ":execution:") + ":slow";
    let found = house.store.execution_find(&crate::house::acme(), &arn).await.unwrap().unwrap();
    house.ring(found).await;
    assert_eq!(house.view(found).await.status, Status::Aborted);
}
