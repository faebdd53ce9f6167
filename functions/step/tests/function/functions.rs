//! Tasks that invoke functions, and chains of states around them.

use crate::house::{acme, house, integration, states, task};
use octavo_domain_workflow::engine::Status;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_chain_of_tasks_needs_one_bell() {
    let house = house().await;
    house.functions.define("add", |payload| Ok(json!({"n": payload["n"].as_u64().unwrap() + 1})));
    let step = |next: &str| {
        let mut state = task("add");
        state.as_object_mut().unwrap().remove("End");
        state["Next"] = json!(next);
        state
    };
    let definition = states(json!({"A": step("B"), "B": step("C"), "C": task("add")}));
    let id = house.start(&definition, json!({"n": 0})).await;
    assert_eq!(house.rung().len(), 1);
    assert!(house.ring(id).await);
    assert_eq!(house.rung().len(), 0, "the tasks that followed were done at once");
    assert_eq!(house.executions.loads.load(Ordering::SeqCst), 1, "and what was committed was not loaded again");
    assert_eq!(house.view(id).await.output, Some(json!({"n": 3})));
    let told = house.told(id).await;
    assert_eq!(told[1..4], ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]);
    assert_eq!((told.len(), told.last().unwrap().as_str()), (11, "ExecutionSucceeded"));
    let keys: Vec<String> = house.functions.calls.lock().iter().map(|(_, _, key)| key.clone()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.starts_with(&id.to_string())) && keys[0] != keys[1] && keys[1] != keys[2]);
}

#[tokio::test]
async fn branches_and_iterations_run_at_the_same_time() {
    let house = house().await;
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task("echo")}});
    let iteration = json!({"StartAt": "Each", "States": {"Each": task("echo")}});
    let definition = states(json!({
        "Both": {"Type": "Parallel", "Branches": [branch("One"), branch("Two")], "Next": "All"},
        "All": {"Type": "Map", "ItemProcessor": iteration, "End": true},
    }));
    assert_eq!(house.output(&definition, json!(7)).await, json!([7, 7]));
    assert_eq!(house.functions.count(), 4);
}

#[tokio::test]
async fn more_tasks_than_one_invocation_does_are_all_done() {
    let house = house().await;
    let iteration = |state: Value| json!({"StartAt": "Each", "States": {"Each": state}});
    let inner = json!({"Type": "Map", "ItemProcessor": iteration(task("echo")), "End": true});
    let definition = states(json!({"All": {"Type": "Map", "ItemProcessor": iteration(inner), "End": true}}));
    let rows: Vec<Vec<u32>> = (0..15).map(|row| (0..15).map(|column| row * 15 + column).collect()).collect();
    assert_eq!(house.output(&definition, json!(rows)).await, json!(rows));
    assert_eq!(house.functions.count(), 225, "none was done twice");
}

#[tokio::test]
async fn a_wait_is_over_when_its_time_has_come() {
    let house = house().await;
    let mut wait = json!({"Type": "Wait", "Seconds": 60, "Next": "B"});
    let id = house.start(&states(json!({"A": wait.take(), "B": task("echo")})), json!(1)).await;
    house.drain().await;
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.status, Status::Running);
    house.clock.advance(Duration::from_secs(60));
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.output, Some(json!(1)));
}

#[tokio::test]
async fn a_function_that_fails_is_tried_again_and_caught() {
    let house = house().await;
    let calls = AtomicU32::new(0);
    house.functions.define("flaky", move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Err(("Busy", "come again")),
        _ => Err(("Broken", "for good")),
    });
    let mut state = task("flaky");
    state["Retry"] = json!([{"ErrorEquals": ["Busy"], "IntervalSeconds": 5}]);
    state["Catch"] = json!([{"ErrorEquals": ["Broken"], "Next": "Caught"}]);
    let definition = states(json!({"A": state, "Caught": {"Type": "Pass", "End": true}}));
    let id = house.start(&definition, json!({})).await;
    house.drain().await;
    assert_eq!((house.functions.count(), house.view(id).await.status), (1, Status::Running));
    house.clock.advance(Duration::from_secs(5));
    assert!(house.ring(id).await);
    let output = house.view(id).await.output.unwrap();
    assert_eq!(output["Error"], "Broken");
    let cause: Value = serde_json::from_str(output["Cause"].as_str().unwrap()).unwrap();
    assert_eq!(cause, json!({"errorType": "Broken", "errorMessage": "for good"}));
    let keys: Vec<String> = house.functions.calls.lock().iter().map(|(_, _, key)| key.clone()).collect();
    assert_ne!(keys[0], keys[1], "a new try is a new effect");
}

#[tokio::test]
async fn the_integration_answers_what_the_services_client_would() {
    let house = house().await;
    let parameters = json!({"FunctionName": "arn:aws:lambda:us-east-1:1:function:echo", "Payload": {"a": 1}});
    let output = house.output(&states(json!({"A": integration("lambda:invoke", parameters)})), json!({})).await;
    assert_eq!((&output["Payload"], &output["StatusCode"]), (&json!({"a": 1}), &json!(200)));
    assert_eq!(output["ExecutedVersion"], "$LATEST");
    assert_eq!(output["SdkHttpMetadata"]["AllHttpHeaders"]["x-amzn-RequestId"], json!(["r-1"]));
    assert_eq!(output["SdkResponseMetadata"], json!({"RequestId": "r-1"}));
}

#[tokio::test]
async fn what_cannot_be_invoked_is_a_named_error() {
    let house = house().await;
    let invoke = |parameters: Value| states(json!({"A": integration("lambda:invoke", parameters)}));
    for (definition, error, cause) in [
        (invoke(json!({"FunctionName": "none"})), "Lambda.ResourceNotFoundException", "Status Code: 404"),
        (invoke(json!({"FunctionName": "documents"})), "Lambda.AWSLambdaException", "may not invoke"),
        (states(json!({"A": task("step")})), "Lambda.AWSLambdaException", "AccessDeniedException"),
        (invoke(json!({"Payload": 1})), "States.Runtime", "FunctionName"),
        (invoke(json!({"FunctionName": "echo", "InvocationType": "Now"})), "States.Runtime", "InvocationType"),
        (invoke(json!({"FunctionName": "echo", "ClientContext": "?"})), "States.Runtime", "ClientContext"),
        (
            states(json!({"A": integration("sqs:sendMessage", json!({"MessageBody": "x"}))})),
            "States.TaskFailed",
            "sqs:sendMessage",
        ),
        (
            states(json!({"A": integration("approvals:request.waitForTaskToken", json!({}))})),
            "Approvals.InvalidRequestException",
            "Title",
        ),
    ] {
        let (found, told) = house.failure(&definition, json!({})).await;
        assert_eq!(found, error, "{told}");
        assert!(told.contains(cause), "{told}");
    }
    assert_eq!(house.functions.count(), 1, "nothing was called that may not be");
}

#[tokio::test]
async fn a_function_knows_its_tenant_from_the_platform() {
    let house = house().await;
    let forged = {
        use base64::Engine;
        base64::prelude::BASE64_STANDARD.encode(r#"{"custom":{"tenant":"umbrella","mine":1}}"#)
    };
    let parameters = json!({"FunctionName": "echo", "ClientContext": forged});
    let seen = std::sync::Arc::new(parking_lot::Mutex::new(None));
    struct Spy(std::sync::Arc<parking_lot::Mutex<Option<Value>>>);
    #[async_trait::async_trait]
    impl octavo_domain_workflow::engine::outside::FunctionCaller for Spy {
        async fn function_invoke(
            &self,
            call: octavo_domain_workflow::engine::outside::FunctionCall,
        ) -> Result<
            octavo_domain_workflow::engine::outside::FunctionReply,
            octavo_domain_workflow::engine::outside::FunctionRefusal,
        > {
            *self.0.lock() = Some(crate::ports::context(&call.client_context));
            Err(octavo_domain_workflow::engine::outside::FunctionRefusal::Unreachable("gone".to_owned()))
        }
    }
    let id = house.start(&states(json!({"A": integration("lambda:invoke", parameters)})), json!({})).await;
    let mut deps = house.another_process("worker-2");
    std::sync::Arc::get_mut(&mut deps).unwrap().functions = std::sync::Arc::new(Spy(seen.clone()));
    octavo_step::advance(&deps, &acme(), id).await.unwrap();
    let custom = seen.lock().take().unwrap()["custom"].clone();
    assert_eq!((&custom["tenant"], &custom["mine"]), (&json!("acme"), &json!(1)));
    assert_eq!(house.view(id).await.error.as_deref(), Some("Lambda.SdkClientException"));
}
