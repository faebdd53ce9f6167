//! A decision is made once, about the version that was looked at, and every end is the workflow's to go on by.

use crate::office::{Office, approve, reject};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_sent_it_is_one_decision() {
    let office = Office::start().await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    let asked = office.asks(&ada, json!({ "Title": "Once", "Approvers": ["user:bob"] })).await;
    let send = |key: Option<&'static str>, body: Value| {
        let mut request = bob.request(Method::POST, &asked.path("/decision")).json(&body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        bob.send(request)
    };
    // Two of the same and two of others at the same time.
    let (a, b, c, d) = tokio::join!(
        send(Some("k1"), approve()),
        send(Some("k1"), approve()),
        send(Some("k2"), reject()),
        send(None, reject())
    );
    let statuses = [a.status, b.status, c.status, d.status];
    let approved = statuses[..2].contains(&200);
    let rejected = statuses[2..].contains(&200);
    assert!(approved != rejected, "one of them was the decision: {statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let (key, same, other) = if approved { ("k1", approve(), reject()) } else { ("k2", reject(), approve()) };
    if approved {
        assert_eq!(statuses[..2], [200, 200], "the same key is the same decision");
        send(Some(key), same.clone()).await.expect(200);
    }
    let again = send(None, same).await.expect(200).json();
    assert_eq!(again["outcome"], if approved { "APPROVED" } else { "REJECTED" });
    send(None, other).await.expect(409);
    assert_eq!(office.happened(&asked, "decided").await, 1);
    assert_eq!(office.happened(&asked, "ended").await, 1);
    let output = office.output(&asked.execution).await;
    assert_eq!(output["Decisions"].as_array().unwrap().len(), 1, "{output:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_about_the_version_that_was_looked_at() {
    let office = Office::start().await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    let document = ada.writes("Contract", "# One\n\nThe old price.").await;
    ada.shares(&document, "user:bob", "viewer").await;
    let request = json!({ "Title": "The contract", "Document": { "Id": document }, "Approvers": ["user:bob"] });
    let asked = office.asks(&ada, request).await;
    let before = ada.get(&format!("/v1/documents/{document}")).await.expect(200);
    let put = ada.request(Method::PUT, &format!("/v1/documents/{document}/content"));
    let put = put.header("if-match", before.header("etag")).header("content-type", "text/markdown");
    ada.send(put.body("# One\n\nA new price.")).await.expect(200);

    let seen = bob.get(&asked.path("")).await.expect(200).json();
    let shown = &seen["document"];
    assert_eq!((&shown["version"], &shown["present_version"], &shown["changed"]), (&json!(1), &json!(2), &json!(true)));
    let decides = async |version: Value| {
        bob.post(&asked.path("/decision"), json!({ "verdict": "approve", "document_version": version })).await
    };
    decides(json!(2)).await.expect_problem(409, "APPROVALS_0008", "document_version");
    decides(Value::Null).await.expect_problem(422, "EDGE_0002", "document_version");
    let shown = bob.get(&asked.path("/document")).await.expect(200);
    assert!(
        String::from_utf8_lossy(&shown.bytes).contains("The old price"),
        "{}",
        String::from_utf8_lossy(&shown.bytes)
    );
    decides(json!(1)).await.expect(200);
    let output = office.output(&asked.execution).await;
    assert_eq!(output["Document"], json!({ "Id": document, "Version": 1 }), "{output:#}");

    // The next request is about the version that is there then, and shows what has changed.
    let request = json!({ "Title": "Again", "Document": { "Id": document }, "Approvers": ["user:bob"] });
    let asked = office.asks(&ada, request).await;
    let shown = bob.get(&asked.path("/document")).await.expect(200).json();
    assert_eq!((&shown["version"], &shown["since"], &shown["changed"]), (&json!(2), &json!(1), &json!(false)));
    assert_eq!((&shown["changes"]["inserted"], &shown["changes"]["deleted"]), (&json!(1), &json!(1)), "{shown:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_is_the_workflows_to_go_on_by() {
    let office = Office::start().await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    let asks = |title: &'static str| office.asks(&ada, json!({ "Title": title, "Approvers": ["user:bob"] }));
    let (rejected, changes, withdrawn) = (asks("Rejected").await, asks("Changes").await, asks("Withdrawn").await);
    bob.post(&rejected.path("/decision"), json!({ "verdict": "reject" })).await.expect_problem(
        422,
        "EDGE_0002",
        "comment",
    );
    bob.post(&rejected.path("/decision"), reject()).await.expect(200);
    let body = json!({ "verdict": "request_changes", "comment": "Shorter, please." });
    bob.post(&changes.path("/decision"), body).await.expect(200);
    bob.post(&withdrawn.path("/withdraw"), json!({})).await.expect_problem(403, "APPROVALS_0009", "");
    ada.post(&withdrawn.path("/withdraw"), json!({ "comment": "Too late." })).await.expect(200);
    for (asked, outcome, comment) in [
        (&rejected, "REJECTED", "Too dear."),
        (&changes, "CHANGES_REQUESTED", "Shorter, please."),
        (&withdrawn, "WITHDRAWN", "Too late."),
    ] {
        let output = office.output(&asked.execution).await;
        assert_eq!((&output["Outcome"], &output["Comment"]), (&json!(outcome), &json!(comment)), "{output:#}");
        let late = bob.post(&asked.path("/decision"), approve()).await;
        assert_eq!(late.status, 409, "{}", String::from_utf8_lossy(&late.bytes));
        let page = ada.get(&format!("/v1/approvals?box=requested&outcome={outcome}")).await.expect(200).json();
        assert_eq!(page["approvals"].as_array().unwrap().len(), 1, "{page:#}");
    }
    assert_eq!(office.counts(&bob).await, (0, 0, 0));

    // A form is filled in to approve.
    let form = json!({ "type": "object", "required": ["cost_centre"],
        "properties": { "cost_centre": { "type": "string", "pattern": "^[0-9]{4}$" } } });
    let request = json!({ "Title": "Form", "Form": form, "AllowChanges": false, "Approvers": ["user:bob"] });
    let asked = office.asks(&ada, request).await;
    let body = json!({ "verdict": "approve", "answers": { "cost_centre": "many" } });
    let refused = bob.post(&asked.path("/decision"), body).await.expect(422).json();
    assert!(refused["errors"][0]["field"].as_str().unwrap().contains("cost_centre"), "{refused:#}");
    bob.post(&asked.path("/decision"), approve()).await.expect(422);
    bob.post(&asked.path("/decision"), json!({ "verdict": "request_changes", "comment": "No." })).await.expect(422);
    let body = json!({ "verdict": "approve", "answers": { "cost_centre": "4711" } });
    bob.post(&asked.path("/decision"), body).await.expect(200);
    let output = office.output(&asked.execution).await;
    assert_eq!(output["Decisions"][0]["Answers"], json!({ "cost_centre": "4711" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_before_the_engine_has_written_down_that_it_waits_is_heard() {
    let office = Office::start().await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    let starts = (0..8).map(|number| {
        let (office, ada, bob) = (&office, &ada, &bob);
        async move {
            let title = format!("Quick {number:02}");
            let request = json!({ "Title": title, "Approvers": ["user:bob"] });
            let execution = office.begins(ada, &request).await;
            let id = office.approval(&title).await;
            bob.post(&format!("/v1/approvals/{id}/decision"), approve()).await.expect(200);
            execution
        }
    });
    // A few at a time: a busy machine starts a sandbox for each.
    let executions: Vec<String> = futures::stream::iter(starts).buffer_unordered(3).collect().await;
    for execution in executions {
        assert_eq!(office.output(&execution).await["Outcome"], "APPROVED");
    }
    assert_eq!(office.counts(&bob).await, (0, 0, 0));
}
