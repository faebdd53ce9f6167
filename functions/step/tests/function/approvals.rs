//! Workflows that ask people. What people and time do to an approval is the function `approvals`' own: here its rules are asked.

use crate::house::{House, acme, house, integration, states};
use crate::store::Fate;
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{
    Action, Actor, Approval, ApprovalStore, Committed, ListQuery, ListSort, Mailbox, Place, Verdict, Via, act,
};
use octavo_domain_calendar::Calendar;
use octavo_domain_documents::{Commit, Content, Document, DocumentStore, Grant, MediaType, Metadata, Role, Version};
use octavo_domain_kernel::{Clock, DocumentId, Reader};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use octavo_step::handle_queue;
use serde_json::{Map, Value, json};
use std::time::Duration;

const ASKS: &str = "approvals:request.waitForTaskToken";

fn asks(parameters: Value) -> String {
    states(json!({"Ask": integration(ASKS, parameters)}))
}

async fn approvals(house: &House) -> Vec<Approval> {
    let query = ListQuery {
        mailbox: Mailbox::All,
        open: None,
        outcome: None,
        document: None,
        execution: None,
        category: None,
        title: None,
        sort: ListSort::Newest,
        after: None,
        limit: 10,
    };
    let found = house.store.approval_list(&acme(), &query).await.unwrap();
    found.into_iter().map(|summary| summary.approval).collect()
}

/// Bob approves, and the execution is rung for.
async fn approve(house: &House, approval: &Approval) {
    let place = Place { via: Via::Api, address: None, user_agent: None };
    let actor = Actor {
        user: "bob".parse().unwrap(),
        groups: Default::default(),
        substitute_of: Default::default(),
        admin: false,
        place,
    };
    let action = Action::Decide {
        seat: None,
        verdict: Verdict::Approve,
        comment: None,
        answers: Map::new(),
        document_version: approval.document.as_ref().map(|document| document.version),
        key: None,
    };
    let change = act(approval, &actor, action, house.clock.now(), &Calendar::working_week()).unwrap();
    let commit = change.into_commit(Some(approval.seq), Vec::new(), None);
    let committed = house.store.approval_commit(&acme(), &commit).await.unwrap();
    assert_eq!(committed, Committed::Done { execution: Some(approval.origin.execution) });
}

#[tokio::test]
async fn a_workflow_waits_until_somebody_decides() {
    let house = house().await;
    let document = document(&house, "ada", &[]).await;
    let asked = json!({"Title": "Contract", "Document": {"Id": document}, "Approvers": ["user:bob"]});
    let id = house.start(&asks(asked), json!({})).await;
    assert!(house.ring(id).await);
    assert_eq!(house.told(id).await[1..], ["TaskScheduled", "TaskStarted", "TaskSubmitted"]);
    let approval = approvals(&house).await.remove(0);
    assert_eq!((approval.requester.as_str(), approval.origin.state.as_str()), ("ada", "Ask"));
    assert_eq!(approval.document.as_ref().map(|document| (document.version, document.since)), Some((2, Some(1))));
    assert!(approval.excluded.contains(&"eve".parse().unwrap()), "eve wrote the version");
    let sent = house.queue.messages.lock().iter().filter(|(queue, _)| queue == "approvals").count();
    assert_eq!(sent, 1, "the function approvals tells people");
    // What was accepted is nobody's to do again.
    house.clock.advance(Duration::from_secs(3_600));
    assert!(house.ring(id).await);
    assert_eq!(approvals(&house).await.len(), 1);
    approve(&house, &approval).await;
    assert!(house.ring(id).await);
    let output = house.view(id).await.output.unwrap();
    assert_eq!((&output["Outcome"], &output["Decisions"][0]["By"]), (&json!("APPROVED"), &json!("bob")));
    assert_eq!(output["Document"], json!({"Id": document, "Version": 2}));
    assert_eq!(house.told(id).await[4..], ["TaskSucceeded", "ExecutionSucceeded"]);
}

/// Rings for an execution with a worker that asks, and dies before it could say so.
async fn dies_after_asking(house: &House, id: ExecutionId) {
    house.executions.next([Fate::Hangs]);
    let message = house.rung().remove(0);
    let deps = house.another_process("dead");
    let work = tokio::spawn(async move { handle_queue(&deps, vec![House::record(&message, 1)]).await });
    while approvals(house).await.is_empty() || house.executions.waits() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled(), "{id}");
}

#[tokio::test]
async fn a_worker_that_dies_after_it_asked_asks_once() {
    let house = house().await;
    let id = house.start(&asks(json!({"Title": "Press", "Approvers": ["user:bob"]})), json!({})).await;
    dies_after_asking(&house, id).await;
    assert_eq!(house.view(id).await.status, Status::Running);
    // Its lease ends.
    house.clock.advance(Duration::from_secs(31));
    assert!(house.ring(id).await);
    let found = approvals(&house).await;
    assert_eq!((found.len(), found[0].seq), (1, 1));
    assert_eq!(house.told(id).await[1..], ["TaskScheduled", "TaskStarted", "TaskSubmitted"]);
    approve(&house, &found[0]).await;
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.output.unwrap()["Outcome"], "APPROVED");
}

#[tokio::test]
async fn what_is_decided_before_it_was_said_to_be_asked_is_not_lost() {
    let house = house().await;
    let id = house.start(&asks(json!({"Title": "Press", "Approvers": ["user:bob"]})), json!({})).await;
    dies_after_asking(&house, id).await;
    approve(&house, &approvals(&house).await[0]).await;
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.output.unwrap()["Outcome"], "APPROVED");
    house.clock.advance(Duration::from_secs(31));
    assert!(house.ring(id).await);
    assert_eq!(approvals(&house).await.len(), 1);
}

#[tokio::test]
async fn what_needs_nobody_is_approved_at_once() {
    let house = house().await;
    let stages = json!([{"When": false, "Approvers": ["user:bob"]}]);
    let output = house.output(&asks(json!({"Title": "Press", "Stages": stages})), json!({})).await;
    assert_eq!((&output["Outcome"], &output["Decisions"]), (&json!("APPROVED"), &json!([])));
}

#[tokio::test]
async fn another_state_asks_for_another_approval() {
    let house = house().await;
    let mut first = integration(ASKS, json!({"Title": "One", "Approvers": ["user:bob"]}));
    first.as_object_mut().unwrap().remove("End");
    first["Next"] = json!("Two");
    let second = integration(ASKS, json!({"Title": "Two", "Approvers": ["user:bob"]}));
    let id = house.start(&states(json!({"One": first, "Two": second})), json!({})).await;
    house.drain().await;
    approve(&house, &approvals(&house).await[0]).await;
    assert!(house.ring(id).await);
    house.drain().await;
    let found = approvals(&house).await;
    assert_eq!(found.len(), 2);
    let open = found.iter().find(|approval| approval.outcome.is_none()).unwrap();
    assert_eq!(open.request.title, "Two");
    approve(&house, open).await;
    assert!(house.ring(id).await);
    assert_eq!(house.view(id).await.status, Status::Succeeded);
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_named_error() {
    let house = house().await;
    let (theirs, shared) = (document(&house, "eve", &[]).await, document(&house, "eve", &["user:ada"]).await);
    let by_group = document(&house, "eve", &["group:legal"]).await;
    let about = |more: Value| json!({"Title": "Press", "Approvers": ["user:bob"], "Document": more});
    let (invalid, nobody) = ("Approvals.InvalidRequestException", "Approvals.NobodyCanApproveException");
    let missing = "Approvals.DocumentNotFoundException";
    for (parameters, error, cause) in [
        (json!({"Approvers": ["user:bob"]}), invalid, "Title"),
        (json!({"Title": "Press", "Approver": ["user:bob"]}), invalid, "Approver"),
        (json!({"Title": "Press", "Approvers": ["bob"]}), invalid, "$.Approvers[0]"),
        (json!({"Title": "Press", "Approvers": ["user:bob"], "Quorum": 2}), invalid, "Quorum"),
        (json!({"Title": "Press", "Approvers": ["user:bob"], "Calendar": "none"}), invalid, "$.Calendar"),
        (json!({"Title": "Press", "Approvers": ["user:ada"]}), nobody, "Approvers"),
        (json!({"Title": "Press", "Approvers": ["user:bob"], "Requester": "bob"}), nobody, "Approvers"),
        (about(json!({"Id": theirs})), missing, "ada may read"),
        (about(json!({"Id": by_group})), missing, "ada may read"),
        (about(json!({"Id": house.deps.ids.next()})), missing, "ada may read"),
        (about(json!({"Id": shared, "Version": 7})), missing, "no version 7"),
        (about(json!({"Id": shared, "Version": 1, "Since": 1})), invalid, "$.Document.Since"),
    ] {
        let (found, told) = house.failure(&asks(parameters.clone()), json!({})).await;
        assert_eq!(found, error, "{parameters}: {told}");
        assert!(told.contains(cause), "{parameters}: {told}");
    }
    // For whom it is asked does not count: or anybody could have anything shown to themselves.
    let mut confused = about(json!({"Id": theirs}));
    confused["Requester"] = json!("eve");
    assert_eq!(house.failure(&asks(confused), json!({})).await.0, missing);
    assert!(approvals(&house).await.is_empty());
}

/// A document of two versions, the second one written by eve; shared with these.
async fn document(house: &House, owner: &str, with: &[&str]) -> DocumentId {
    let id = DocumentId(house.deps.ids.next());
    let at: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let grant = |reader: &&str| Grant {
        reader: reader.parse::<Reader>().unwrap(),
        role: Role::Viewer,
        granted_by: owner.parse().unwrap(),
        granted_at: at,
    };
    for number in [1, 2] {
        let content = Content {
            hash: format!("{number:064x}").parse().unwrap(),
            size: 1,
            media_type: MediaType::Text,
            file_name: None,
            text_chars: 1,
            text_truncated: false,
        };
        let document = Document {
            id,
            tenant: acme(),
            revision: i64::from(number),
            version: number,
            content: content.clone(),
            title: "Contract".to_owned(),
            tags: Vec::new(),
            metadata: Metadata::new(),
            owner: owner.parse().unwrap(),
            grants: with.iter().map(grant).collect(),
            created_at: at,
            updated_at: at,
            updated_by: "eve".parse().unwrap(),
            deleted_at: None,
        };
        let (title, created_by) = (document.title.clone(), "eve".parse().unwrap());
        let commit = Commit {
            expected_revision: (number > 1).then_some(1),
            document,
            version: Some(Version { number, content, title, created_by, created_at: at }),
            hidden_from: Vec::new(),
            outbox: Vec::new(),
            idempotency: None,
        };
        house.store.document_commit(&commit).await.unwrap();
    }
    id
}
