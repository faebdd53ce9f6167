//! What nobody waits for any more is nobody's to decide.

use crate::office::{Office, approve};
use octavo_tests::eventually;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_workflow_takes_its_approval_from_every_inbox() {
    let office = Office::start().await;
    office.knows(&[("bob", &[])]).await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    let asked = office.asks(&ada, json!({ "Title": "Stopped", "Approvers": ["user:bob"] })).await;
    let link = office.link(&office.mail("bob", "Stopped").await);
    office.call(&ada, "StopExecution", &json!({ "executionArn": asked.execution })).await;
    let ended = eventually("it is nobody's any more", || async {
        let seen = office.seen(&asked).await;
        (seen["outcome"] != Value::Null).then_some(seen)
    })
    .await;
    assert_eq!(ended["outcome"], "CANCELLED");
    assert!(office.titles(&bob, "to_decide").await.is_empty());
    assert_eq!((office.counts(&bob).await, office.counts(&ada).await), ((0, 0, 0), (0, 0, 0)));
    let late = bob.post(&asked.path("/decision"), approve()).await.expect_problem(409, "APPROVALS_0002", "");
    assert_eq!(late.json()["outcome"], "CANCELLED");
    office.confirms(&link, "verdict=approve").await.expect(410);
    assert_eq!(office.ended(&asked.execution).await["status"], "ABORTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_that_went_on_without_it() {
    let office = Office::start().await;
    let bob = office.person("bob");
    let resource = "arn:aws:states:::approvals:request.waitForTaskToken";
    // The task's own time is over, and what catches that goes on.
    let ask = json!({ "Type": "Task", "Resource": resource, "TimeoutSeconds": 2,
        "Parameters": { "Title": "Too late", "Approvers": ["user:bob"] },
        "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "Without" }], "End": true });
    let without = json!({ "Type": "Pass", "Result": "went on", "End": true });
    let machine = office.machine(&json!({ "StartAt": "Ask", "States": { "Ask": ask, "Without": without } })).await;
    let execution = office.run(&office.person("ada"), &machine, &json!({})).await;
    let id = office.approval("Too late").await;
    assert_eq!(office.output(&execution).await, "went on");
    eventually("it is nobody's any more", || async {
        let seen = office.root().get(&format!("/v1/approvals/{id}")).await.expect(200).json();
        (seen["outcome"] == "CANCELLED").then_some(())
    })
    .await;
    assert!(office.titles(&bob, "to_decide").await.is_empty());
    bob.post(&format!("/v1/approvals/{id}/decision"), approve()).await.expect(409);
}
