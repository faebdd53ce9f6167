//! A workflow asks, people decide, and it goes on.

use crate::house::{acme, house};
use octavo_domain_approvals::ApprovalStore;
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::ExecutionReads;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_decision_is_the_tasks_output() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    house.sent("step");
    let decision = json!({"verdict": "approve", "comment": "Yes."});
    let view = house.post("bob", &waiting.path("/decision"), decision).await.expect(200);
    assert_eq!((&view["outcome"], &view["stages"][0]["status"]), (&json!("APPROVED"), &json!("approved")));
    let rung = house.sent("step");
    assert_eq!(rung.len(), 1, "the workflow is rung for");
    assert_eq!(rung[0].body["execution"], json!(waiting.execution));
    let output = house.output(waiting).await;
    assert_eq!((&output["Outcome"], &output["ApprovalId"]), (&json!("APPROVED"), &json!(waiting.approval)));
    let decided = &output["Decisions"][0];
    assert_eq!(
        (&decided["By"], &decided["Verdict"], &decided["Comment"]),
        (&json!("bob"), &json!("APPROVE"), &json!("Yes."))
    );
}

#[tokio::test]
async fn every_end_is_an_output() {
    let house = house().await;
    for (verdict, outcome) in [("reject", "REJECTED"), ("request_changes", "CHANGES_REQUESTED")] {
        let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
        let decision = json!({"verdict": verdict, "comment": "Too dear."});
        house.post("bob", &waiting.path("/decision"), decision).await.expect(200);
        let output = house.output(waiting).await;
        assert_eq!((&output["Outcome"], &output["Comment"]), (&json!(outcome), &json!("Too dear.")));
    }
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    house.ask("ada", "POST", &waiting.path("/withdraw"), None).await.expect(200);
    assert_eq!(house.output(waiting).await["Outcome"], "WITHDRAWN");
}

#[tokio::test]
async fn two_at_the_same_time_answer_once() {
    let house = house().await;
    let asked =
        json!({"Title": "Buy a press", "Approvers": [{"Candidates": ["group:board"], "Count": 3}], "Quorum": 2});
    let waiting = house.wait(asked).await;
    let decide = |user: &'static str| {
        let (house, path) = (&house, waiting.path("/decision"));
        async move { house.post(user, &path, json!({"verdict": "approve"})).await.status }
    };
    let (a, b, c) = tokio::join!(decide("bob/board"), decide("cyd/board"), decide("dan/board"));
    let mut statuses = [a, b, c];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 409], "the third is too late");
    let output = house.output(waiting).await;
    assert_eq!((&output["Outcome"], output["Decisions"].as_array().unwrap().len()), (&json!("APPROVED"), 2));
}

#[tokio::test]
async fn an_approval_that_nobody_waits_for_ends() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    house.wake(waiting).await;
    assert_eq!(house.get("bob", &waiting.path("")).await["outcome"], Value::Null, "it is waited for");
    house.stop(waiting.execution).await;
    assert!(!house.store.approval_awaited(&acme(), waiting.approval).await.unwrap());
    house.wake(waiting).await;
    assert_eq!(house.get("bob", &waiting.path("")).await["outcome"], "CANCELLED");
    let late = house.post("bob", &waiting.path("/decision"), json!({"verdict": "approve"})).await;
    assert_eq!(late.problem().0, 409);
    assert_eq!(late.json["outcome"], "CANCELLED");
    let view = house.store.execution_get(&acme(), waiting.execution).await.unwrap().unwrap();
    assert_eq!(view.status, Status::Aborted);
}

#[tokio::test]
async fn a_queue_that_is_away_loses_nothing() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    house.told();
    house.queue.away.store(true, Ordering::SeqCst);
    house.post("bob", &waiting.path("/decision"), json!({"verdict": "approve"})).await.expect(200);
    house.queue.away.store(false, Ordering::SeqCst);
    assert!(house.told().is_empty(), "what tells ada is in the outbox");
    assert_eq!(house.output(waiting).await["Outcome"], "APPROVED");
}
