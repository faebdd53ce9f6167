//! What happens to processes when nobody waits, when they stop, and when the service stops.

use crate::stage::{Stage, by_hand, eventually, example, runs};
use local_emulator_lambda::FunctionConfig;
use std::time::Duration;

#[tokio::test]
async fn a_deadline_holds_when_the_caller_has_gone() {
    let stage = Stage::set(|config| {
        config.timeout = Duration::from_secs(2);
        config.sandboxes_max = 1;
    })
    .await;
    stage.invoke("{}").await;
    let process = stage.process().await;
    let caller = tokio::spawn({
        let lambda = stage.lambda.clone();
        async move { Stage { lambda }.try_invoke(r#"{"do":"hang"}"#).await }
    });
    // One who goes before it runs has asked for nothing.
    eventually("it runs", || stage.lambda.functions()[0].running == 1).await;
    caller.abort();
    eventually("the process has ended", || !runs(process)).await;
    stage.invoke("{}").await;
}

#[tokio::test]
async fn a_stopped_process_is_ended_at_the_deadline() {
    let stage = Stage::set(|config| {
        config.timeout = Duration::from_secs(2);
        config.sandboxes_max = 1;
    })
    .await;
    stage.invoke("{}").await;
    let process = stage.process().await;
    assert_eq!(stage.lambda.suspend("actor"), 1);
    // Whether it was stopped before or after it asked for this one: it does not answer, and another process goes on.
    let response = stage.invoke("{}").await;
    assert!(response.cold || crate::stage::failure(response).error_type == "Sandbox.Timedout");
    eventually("the process has ended", || !runs(process)).await;
    stage.invoke("{}").await;
}

#[tokio::test]
async fn the_runtime_api_knows_sandboxes_and_running_invocations_only() {
    let stage = Stage::set(|_| {}).await;
    stage.invoke("{}").await;
    let address = stage.lambda.address();
    let (status, body) = by_hand(address, "GET", "/s/nobody/2018-06-01/runtime/invocation/next").await;
    assert_eq!((status, body["errorType"].as_str()), (403, Some("InvalidSandbox")));
    let process = stage.process().await;
    let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let api = environment.split('\0').find_map(|pair| pair.strip_prefix("AWS_LAMBDA_RUNTIME_API=")).unwrap();
    let prefix = api.split_once("/s/").map(|(_, sandbox)| format!("s/{sandbox}")).unwrap();
    for what in ["response", "error"] {
        let path = format!("/{prefix}/2018-06-01/runtime/invocation/another/{what}");
        let (status, body) = by_hand(address, "POST", &path).await;
        assert_eq!((status, body["errorType"].as_str()), (400, Some("InvalidRequestID")), "{what}");
    }
    let (status, _) = by_hand(address, "GET", &format!("/{prefix}/2018-06-01/runtime/else")).await;
    assert_eq!(status, 404);
    assert!(!stage.invoke("{}").await.cold, "strangers did no harm");
}

#[tokio::test]
async fn shutting_down_ends_every_process_and_answers_who_waits() {
    let stage = Stage::set(|config| config.sandboxes_max = 2).await;
    stage.lambda.add_function(FunctionConfig::new("second", example("actor")));
    stage.invoke("{}").await;
    let processes = stage.lambda.sandboxes("actor");
    let hanging = tokio::spawn({
        let lambda = stage.lambda.clone();
        async move { Stage { lambda }.try_invoke(r#"{"do":"hang"}"#).await }
    });
    eventually("it runs", || stage.lambda.functions()[0].invocations == 2).await;
    stage.lambda.shutdown().await;
    let answer =
        tokio::time::timeout(Duration::from_secs(30), hanging).await.expect("who waited got an answer").unwrap();
    assert!(answer.is_err() || matches!(answer.unwrap().output, local_emulator_lambda::Output::Failed(_)));
    eventually("the processes have ended", || processes.iter().all(|process| !runs(*process))).await;
    assert!(stage.try_invoke("{}").await.is_err());
}
