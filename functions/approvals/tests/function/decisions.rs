//! Claims, decisions, delegations, remarks.

use crate::house::house;
use serde_json::{Value, json};

#[tokio::test]
async fn a_decision_is_one_however_often_it_is_sent() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob", "user:cyd"]})).await;
    let decision = json!({"verdict": "approve", "comment": "Yes."});
    let key = [("idempotency-key", "k-1")];
    let path = waiting.path("/decision");
    for _ in 0..2 {
        house.ask_with("bob", "POST", &path, Some(decision.clone()), &key).await.expect(200);
    }
    let history = house.get("ada", &waiting.path("/history")).await;
    let decided = history["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "decided").count();
    assert_eq!(decided, 1);
    let other = house.ask_with("bob", "POST", &path, Some(json!({"verdict": "reject", "comment": "No."})), &key).await;
    assert_eq!(other.problem(), (409, "APPROVALS_0006", ""));
    let twice = house.post("bob", &path, json!({"verdict": "approve", "seat": 1})).await;
    assert_eq!(twice.problem(), (409, "APPROVALS_0006", ""), "the other seat is cyd's");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let house = house().await;
    let document = house.document("eve", &["one", "two"]).await;
    let form = json!({"type": "object", "properties": {"budget": {"type": "number"}}, "required": ["budget"]});
    let asked = json!({"Title": "Contract", "Approvers": ["user:bob"], "Form": form});
    let waiting = house.wait_as("ada", asked, Some(&document)).await;
    let path = waiting.path("/decision");
    let refused = async |user: &str, body: Value| {
        let answer = house.post(user, &path, body).await;
        let (status, code, field) = answer.problem();
        (status, code.to_owned(), field.to_owned())
    };
    let expect = |status, code: &str, field: &str| (status, code.to_owned(), field.to_owned());
    let version = json!({"verdict": "approve", "document_version": 1, "answers": {"budget": 1}});
    assert_eq!(refused("bob", version).await, expect(409, "APPROVALS_0008", "document_version"));
    let none = json!({"verdict": "approve", "answers": {"budget": 1}});
    assert_eq!(refused("bob", none).await, expect(422, "EDGE_0002", "document_version"));
    let reason = json!({"verdict": "reject", "document_version": 2});
    assert_eq!(refused("bob", reason).await, expect(422, "EDGE_0002", "comment"));
    let (status, code, field) =
        refused("bob", json!({"verdict": "approve", "document_version": 2, "answers": {"budget": "x"}})).await;
    assert_eq!((status, code.as_str()), (422, "EDGE_0002"));
    assert!(field.starts_with("answers"), "{field}");
    assert_eq!(
        refused("ada", json!({"verdict": "approve", "document_version": 2})).await,
        expect(403, "APPROVALS_0003", "")
    );
    assert_eq!(refused("bob", json!({"verdict": "maybe"})).await.0, 422);
    let good = json!({"verdict": "approve", "document_version": 2, "answers": {"budget": 12.5}});
    let view = house.post("bob", &path, good).await.expect(200);
    assert_eq!(view["stages"][0]["seats"][0]["decision"]["answers"], json!({"budget": 12.5}));
    let output = house.output(waiting).await;
    assert_eq!(output["Document"], json!({"Id": document.id, "Version": 2}));
}

#[tokio::test]
async fn a_claimed_seat_is_the_claimers() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["group:board"]})).await;
    for _ in 0..2 {
        house.post("bob/board", &waiting.path("/claim"), json!({"seat": 0})).await.expect(200);
    }
    let taken = house.post("cyd/board", &waiting.path("/decision"), json!({"verdict": "approve"})).await;
    assert_eq!(
        (taken.problem().0, taken.problem().1, &taken.json["claimed_by"]),
        (409, "APPROVALS_0005", &json!("bob"))
    );
    house.ask("bob/board", "POST", &waiting.path("/release"), None).await.expect(200);
    house.post("cyd/board", &waiting.path("/decision"), json!({"verdict": "approve"})).await.expect(200);
}

#[tokio::test]
async fn a_seat_is_handed_on_but_never_to_who_may_not() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"], "Exclude": ["eve"]})).await;
    for to in ["ada", "eve", "bob"] {
        let refused = house.post("bob", &waiting.path("/delegate"), json!({"to": to})).await;
        assert!(matches!(refused.status, 403 | 422), "{to}: {}", refused.json);
    }
    house.post("root", &waiting.path("/delegate"), json!({"to": "dan", "seat": 0})).await.expect(200);
    let view = house.post("dan", &waiting.path("/decision"), json!({"verdict": "approve"})).await.expect(200);
    let seat = &view["stages"][0]["seats"][0];
    assert_eq!((&seat["decision"]["by"], &seat["delegations"][0]["to"]), (&json!("dan"), &json!("dan")));
    let refused = house.post("root", &waiting.path("/decision"), json!({"verdict": "approve"})).await;
    assert!(matches!(refused.status, 403 | 409), "an administrator decides nothing that is not theirs");
}

#[tokio::test]
async fn a_substitute_decides_for_whoever_is_away() {
    let house = house().await;
    let away = json!({"substitute": "cyd", "from": "2026-01-01", "to": "2026-01-05", "categories": ["contract"]});
    house.post("bob", "/v1/substitutions", away).await.expect(201);
    let other = house.wait(json!({"Title": "Holiday", "Category": "leave", "Approvers": ["user:bob"]})).await;
    let waiting = house.wait(json!({"Title": "Contract", "Category": "contract", "Approvers": ["user:bob"]})).await;
    assert_eq!(house.ask("cyd", "GET", &other.path(""), None).await.status, 404, "another category");
    let listed = house.get("cyd", "/v1/approvals?box=groups").await;
    let ids: Vec<&Value> = listed["approvals"].as_array().unwrap().iter().map(|found| &found["id"]).collect();
    assert_eq!(ids, [&json!(waiting.approval)], "what they cannot decide is not listed");
    let view = house.post("cyd", &waiting.path("/decision"), json!({"verdict": "approve"})).await.expect(200);
    let decision = &view["stages"][0]["seats"][0]["decision"];
    assert_eq!((&decision["by"], &decision["on_behalf_of"]), (&json!("cyd"), &json!("bob")));
}

#[tokio::test]
async fn many_are_decided_each_on_its_own() {
    let house = house().await;
    let one = house.wait(json!({"Title": "One", "Approvers": ["user:bob"]})).await;
    let two = house.wait(json!({"Title": "Two", "Approvers": ["user:bob"]})).await;
    let theirs = house.wait(json!({"Title": "Three", "Approvers": ["user:cyd"]})).await;
    let decisions = json!({"decisions": [
        {"approval": one.approval, "verdict": "approve"},
        {"approval": theirs.approval, "verdict": "approve"},
        {"approval": two.approval, "verdict": "reject"},
        {"approval": two.approval, "verdict": "reject", "comment": "No."},
    ]});
    for _ in 0..2 {
        let done = house.post("bob", "/v1/approvals/decisions", decisions.clone()).await.expect(200);
        let statuses: Vec<u64> =
            done["results"].as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect();
        assert_eq!((statuses[0], statuses[1], statuses[3]), (200, 404, 200), "{done}");
        assert_eq!(done["results"][0]["outcome"], "APPROVED");
        assert_eq!(done["results"][1]["problem"]["code"], "APPROVALS_0001");
    }
    let history = house.get("bob", &one.path("/history")).await;
    assert!(history["events"].as_array().unwrap().iter().any(|event| event["via"] == "bulk"), "{history}");
    assert_eq!(house.output(two).await["Outcome"], "REJECTED");
    let none = house.post("bob", "/v1/approvals/decisions", json!({"decisions": []})).await;
    assert_eq!(none.problem(), (422, "EDGE_0002", "decisions"));
}

#[tokio::test]
async fn a_remark_has_attachments_that_its_author_may_read() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    let (own, others) = (house.document("bob", &["a"]).await, house.document("eve", &["b"]).await);
    let said = json!({"text": "See there.", "attachments": [own.id]});
    let entry = house.post("bob", &waiting.path("/comments"), said).await.expect(201);
    assert_eq!((&entry["kind"], &entry["attachments"][0]), (&json!("commented"), &json!(own.id)));
    let said = json!({"text": "And there.", "attachments": [own.id, others.id]});
    let refused = house.post("bob", &waiting.path("/comments"), said).await;
    assert_eq!(refused.problem(), (422, "EDGE_0002", "attachments[1]"));
    assert_eq!(house.post("bob", &waiting.path("/comments"), json!({"text": " "})).await.problem().2, "text");
}
