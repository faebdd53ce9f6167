//! A function that is frozen, and what can be seen of its sandboxes and of what is asked of it.

use crate::stage::{Stage, eventually, failure};
use local_emulator_lambda::{InvokeResponse, SandboxState};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Asks, and waits for the answer elsewhere.
fn ask(stage: &Stage, event: &'static str) -> JoinHandle<InvokeResponse> {
    let lambda = stage.lambda.clone();
    tokio::spawn(async move { Stage { lambda }.invoke(event).await })
}

#[tokio::test]
async fn what_is_asked_of_a_frozen_function_waits_and_goes_on_when_it_thaws() {
    let stage = Stage::set(|config| config.sandboxes_max = 2).await;
    stage.invoke("{}").await;
    let running = ask(&stage, r#"{"do":"process","ms":300}"#);
    eventually("it runs", || stage.lambda.functions()[0].running == 1).await;
    assert!(stage.lambda.freeze("actor") && stage.lambda.functions()[0].frozen);
    let waiting = [ask(&stage, "{}"), ask(&stage, "{}"), ask(&stage, "{}")];
    eventually("they wait", || stage.lambda.functions()[0].waiting == 3).await;
    assert!(matches!(running.await.unwrap().output, local_emulator_lambda::Output::Buffered(_)), "what ran goes on");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let status = &stage.lambda.functions()[0];
    assert_eq!((status.running, status.waiting, status.sandboxes), (0, 3, 1), "nothing is taken, and nothing started");
    let underway = stage.lambda.underway();
    assert_eq!(
        underway.iter().map(|one| (one.function.as_str(), one.running)).collect::<Vec<_>>(),
        [("actor", false); 3]
    );

    assert!(stage.lambda.thaw("actor"));
    for answer in waiting {
        assert!(matches!(answer.await.unwrap().output, local_emulator_lambda::Output::Buffered(_)));
    }
    assert!(stage.lambda.underway().is_empty());
    assert!(!stage.lambda.freeze("nobody") && !stage.lambda.thaw("nobody"));
}

#[tokio::test]
async fn who_waits_for_a_frozen_function_waits_no_longer_than_an_invocation_may_take() {
    let stage = Stage::set(|config| config.timeout = Duration::from_secs(2)).await;
    assert!(stage.lambda.freeze("actor"));
    let error = failure(stage.invoke("{}").await);
    assert_eq!(error.error_type, "Sandbox.Timedout");
    assert!(error.error_message.ends_with("the function is frozen"), "{error}");
    assert_eq!(stage.lambda.functions()[0].waiting, 0, "nobody waits any more");
    assert!(stage.lambda.records()[0].failed);
    // A function that never started is started by those who wait when it thaws.
    let waiting = ask(&stage, "{}");
    eventually("it waits", || stage.lambda.functions()[0].waiting == 1).await;
    stage.lambda.thaw("actor");
    let _ = waiting.await.unwrap();
    stage.invoke("{}").await;
}

#[tokio::test]
async fn each_sandbox_says_what_it_does_and_one_can_be_killed() {
    let stage = Stage::set(|config| config.sandboxes_max = 2).await;
    stage.invoke("{}").await;
    let hanging = ask(&stage, r#"{"do":"hang"}"#);
    eventually("it runs", || stage.lambda.functions()[0].running == 1).await;
    stage.invoke("{}").await;
    let of = |state| {
        let all = stage.lambda.sandbox_statuses("actor").unwrap();
        all.into_iter().find(|sandbox| sandbox.state == state)
    };
    eventually("one is busy, one is idle", || of(SandboxState::Busy).is_some() && of(SandboxState::Idle).is_some())
        .await;
    let (busy, idle) = (of(SandboxState::Busy).unwrap(), of(SandboxState::Idle).unwrap());
    assert_eq!((busy.running, busy.served, idle.running, idle.served), (1, 2, 0, 1));
    assert!(busy.age_ms >= idle.age_ms && busy.memory_mb > 0);

    assert!(stage.lambda.kill_sandbox("actor", &busy.id));
    assert_eq!(failure(hanging.await.unwrap()).error_type, "Runtime.ExitError");
    eventually("it is gone", || stage.lambda.sandbox_statuses("actor").unwrap().len() == 1).await;
    assert!(!stage.lambda.kill_sandbox("actor", &busy.id) && stage.lambda.sandbox_statuses("nobody").is_none());
    assert!(stage.lambda.functions()[0].p50_ms.is_some());
}

#[tokio::test]
async fn a_record_says_whether_its_event_is_there_as_a_whole() {
    let stage = Stage::set(|_| {}).await;
    let small = stage.invoke("{}").await;
    let large = stage.invoke(format!("\"{}\"", "x".repeat(local_emulator_lambda::RECORD_BYTES_MAX))).await;
    let whole = |id: &str| stage.lambda.record(id).map(|record| (record.number, record.whole));
    assert_eq!(whole(&small.request_id), Some((1, true)));
    assert_eq!(whole(&large.request_id), Some((2, false)));
    assert_eq!(whole("nobody"), None);
}
