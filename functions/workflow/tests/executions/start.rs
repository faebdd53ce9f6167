//! `StartExecution`.

use crate::house::house;
use crate::worker::{echo, none};
use serde_json::{Value, json};

/// Ten states that need nobody.
pub(crate) fn chain() -> Value {
    let mut states = serde_json::Map::new();
    for at in 0..10 {
        let mut state = json!({"Type": "Pass"});
        if at == 9 {
            state["End"] = json!(true);
        } else {
            state["Next"] = json!(format!("S{}", at + 1));
        }
        states.insert(format!("S{at}"), state);
    }
    json!({"StartAt": "S0", "States": states})
}

/// One task that a function does.
pub(crate) fn task() -> Value {
    json!({"StartAt": "Work", "States": {"Work": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true
    }}})
}

/// A wait of an hour.
pub(crate) fn wait() -> Value {
    json!({"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 3600, "End": true}}})
}

#[tokio::test]
async fn what_needs_nobody_has_ended_when_the_answer_comes() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let input = json!({"stateMachineArn": machine, "name": "one", "input": "{\"a\": 1}", "traceHeader": "Root=1"});
    let answer = house.call("ada", "StartExecution", input).await;
    assert!(answer.headers.contains_key("octavo-written"));
    let started = answer.ok();
    let arn = started["executionArn"].as_str().unwrap();
    assert!(arn.ends_with(":execution:chain:one"), "{arn}");
    assert_eq!(started["startDate"], json!(1_798_804_800.0));
    assert!(house.sent("step").is_empty(), "nobody has anything to do");
    let described = house.describe(arn).await;
    assert_eq!(described["status"], "SUCCEEDED");
    assert_eq!((&described["output"], &described["input"]), (&json!("{\"a\":1}"), &json!("{\"a\":1}")));
    assert_eq!(described["traceHeader"], "Root=1");
    assert_eq!(house.events(arn).await.len(), 22);
}

#[tokio::test]
async fn what_needs_somebody_is_rung_for_and_ends_with_the_tasks_answer() {
    let house = house().await;
    let machine = house.machine("task", &task()).await;
    let arn = house.start(&machine, json!({"x": 2})).await;
    assert_eq!(house.describe(&arn).await["status"], "RUNNING");
    house.work(&echo).await;
    assert_eq!(house.describe(&arn).await["output"], "{\"x\":2}");
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(house.events(&arn).await, expected);
}

#[tokio::test]
async fn a_name_and_input_that_run_are_that_execution_and_any_other_use_of_the_name_is_refused() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let input = |input: &str| json!({"stateMachineArn": machine, "name": "n", "input": input});
    let first = house.call("ada", "StartExecution", input("{\"a\":1}")).await.ok();
    house.later(5);
    // The same JSON, however it is written.
    assert_eq!(house.call("ada", "StartExecution", input("{ \"a\" : 1 }")).await.ok(), first);
    let exists = format!("Execution Already Exists: '{}'", first["executionArn"].as_str().unwrap());
    for (user, text) in [("ada", "{\"a\":2}"), ("bob", "{\"a\":1}")] {
        let refused = house.call(user, "StartExecution", input(text)).await;
        assert_eq!(refused.refused(), ("ExecutionAlreadyExists", exists.as_str()), "{user} {text}");
    }
    let stop = json!({"executionArn": first["executionArn"]});
    house.call("ada", "StopExecution", stop).await.ok();
    let ended = house.call("ada", "StartExecution", input("{\"a\":1}")).await;
    assert_eq!(ended.refused().0, "ExecutionAlreadyExists");
    // Another machine has names of its own.
    let other = house.machine("other", &chain()).await;
    house.call("ada", "StartExecution", json!({"stateMachineArn": other, "name": "n"})).await.ok();
}

#[tokio::test]
async fn what_cannot_be_started_is_told_why() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let missing = machine.replace(":chain", ":nothing");
    let long = "x".repeat(262_143);
    let cases = [
        (json!({}), "ValidationException", "'stateMachineArn'"),
        (json!({"stateMachineArn": "chain"}), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: chain'"),
        (json!({"stateMachineArn": machine.replace("stateMachine", "activity")}), "InvalidArn", "activity"),
        (json!({"stateMachineArn": format!("{machine}/Each")}), "ValidationException", "Distributed Map"),
        (
            json!({"stateMachineArn": missing}),
            "StateMachineDoesNotExist",
            &format!("State Machine Does Not Exist: '{missing}'"),
        ),
        (json!({"stateMachineArn": format!("{machine}:7")}), "StateMachineDoesNotExist", ":7'"),
        (json!({"stateMachineArn": machine, "name": "a b"}), "InvalidName", "Invalid Name: 'a b'"),
        (json!({"stateMachineArn": machine, "name": ""}), "ValidationException", "'name'"),
        (json!({"stateMachineArn": machine, "name": "x".repeat(81)}), "ValidationException", "equal to 80"),
        (json!({"stateMachineArn": machine, "input": "{"}), "InvalidExecutionInput", "Input: '"),
        (json!({"stateMachineArn": machine, "input": format!("\"{long}")}), "InvalidExecutionInput", "EOF"),
        (json!({"stateMachineArn": machine, "input": format!("\"{long}\"")}), "ValidationException", "at 'input'"),
        (json!({"stateMachineArn": machine, "traceHeader": "ä"}), "ValidationException", "'traceHeader'"),
    ];
    for (input, name, part) in cases {
        let refused = house.call("ada", "StartExecution", input.clone()).await;
        let (found, message) = refused.refused();
        assert!(found == name && message.contains(part), "{}: {found}: {message}", &input.to_string()[..60]);
    }
}

#[tokio::test]
async fn a_machine_is_of_its_tenant() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let theirs = house.call("umbrella:ada", "StartExecution", json!({"stateMachineArn": machine})).await;
    assert_eq!(theirs.refused().0, "StateMachineDoesNotExist");
}

#[tokio::test]
async fn an_execution_goes_on_where_the_bell_was_not_heard() {
    let house = house().await;
    let machine = house.machine("task", &task()).await;
    house.queue.away.store(true, std::sync::atomic::Ordering::SeqCst);
    let arn = house.start(&machine, json!({})).await;
    house.queue.away.store(false, std::sync::atomic::Ordering::SeqCst);
    house.wake(&arn, &echo).await;
    assert_eq!(house.describe(&arn).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn express_executions_may_share_a_name_and_are_not_described() {
    let house = house().await;
    let machine = house.express("fast", &chain()).await;
    let input = json!({"stateMachineArn": machine, "name": "n"});
    let first = house.call("ada", "StartExecution", input.clone()).await.ok();
    let second = house.call("ada", "StartExecution", input).await.ok();
    assert_ne!(first["executionArn"], second["executionArn"]);
    let arn = first["executionArn"].as_str().unwrap();
    assert!(arn.contains(":express:fast:n:"), "{arn}");
    for operation in ["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution", "ListMapRuns"] {
        let refused = house.call("ada", operation, json!({"executionArn": arn})).await;
        let expected = ("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
        assert_eq!(refused.refused(), expected, "{operation}");
    }
    house.work(&none).await;
}
