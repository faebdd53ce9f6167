//! The inbox: what waits for whom, and what is done there.

use crate::office::{Office, approve, reject};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_listed_claimed_handed_on_and_decided() {
    let office = Office::start().await;
    let (ada, bob, cyd) = (office.person("ada"), office.member("bob", "legal"), office.member("cyd", "legal"));
    let hers =
        office.asks(&ada, json!({ "Title": "For bob", "Category": "contract", "Approvers": ["user:bob"] })).await;
    let pooled = office.asks(&ada, json!({ "Title": "For legal", "Approvers": ["group:legal"] })).await;
    office.asks(&ada, json!({ "Title": "For dan", "Approvers": ["user:dan"] })).await;
    assert_eq!(office.titles(&bob, "to_decide").await, ["For bob", "For legal"]);
    assert_eq!(office.titles(&bob, "mine").await, ["For bob"]);
    assert_eq!(office.titles(&bob, "groups").await, ["For legal"]);
    assert_eq!(office.titles(&ada, "requested").await, ["For bob", "For dan", "For legal"]);
    assert!(office.titles(&ada, "to_decide").await.is_empty());
    assert_eq!((office.counts(&bob).await, office.counts(&ada).await), ((1, 1, 0), (0, 0, 3)));
    bob.get("/v1/approvals?box=all").await.expect(403);
    let filtered = bob.get("/v1/approvals?category=contract").await.expect(200).json();
    assert_eq!(filtered["approvals"].as_array().unwrap().len(), 1, "{filtered:#}");

    // What one has claimed is another's no more, until it is released.
    bob.post(&pooled.path("/claim"), json!({})).await.expect(200);
    bob.post(&pooled.path("/claim"), json!({})).await.expect(200);
    assert_eq!(office.titles(&bob, "mine").await, ["For bob", "For legal"]);
    assert!(office.titles(&cyd, "to_decide").await.is_empty());
    assert_eq!((office.counts(&bob).await, office.counts(&cyd).await), ((2, 0, 0), (0, 0, 0)));
    let refused = cyd.post(&pooled.path("/decision"), approve()).await.expect_problem(409, "APPROVALS_0005", "");
    assert_eq!(refused.json()["claimed_by"], "bob");
    bob.post(&pooled.path("/release"), json!({})).await.expect(200);
    assert_eq!(office.counts(&cyd).await, (0, 1, 0));

    // Handed on, it is another's alone; whoever handed it on sees what becomes of it.
    let body = json!({ "to": "cyd", "comment": "You know them." });
    bob.post(&hers.path("/delegate"), body).await.expect(200);
    assert_eq!(office.titles(&cyd, "mine").await, ["For bob"]);
    assert_eq!(office.titles(&bob, "mine").await, Vec::<String>::new());
    bob.post(&hers.path("/decision"), approve()).await.expect_problem(403, "APPROVALS_0004", "");

    // Something is said, with a document that whoever says it may read.
    let attached = cyd.writes("Notes", "What I found.").await;
    let remark = json!({ "text": "See my notes.", "attachments": [attached] });
    let entry = cyd.post(&hers.path("/comments"), remark).await.expect(201).json();
    assert_eq!(
        (&entry["actor"], &entry["kind"], &entry["text"]),
        (&json!("cyd"), &json!("commented"), &json!("See my notes."))
    );
    let stolen = json!({ "text": "Hm.", "attachments": [attached] });
    ada.post(&hers.path("/comments"), stolen).await.expect_problem(422, "EDGE_0002", "attachments[0]");
    let listed = cyd.get("/v1/approvals?box=mine").await.expect(200).json();
    assert_eq!(listed["approvals"][0]["comments"], 1, "{listed:#}");

    cyd.post(&hers.path("/decision"), approve()).await.expect(200);
    let output = office.output(&hers.execution).await;
    assert_eq!((&output["Decisions"][0]["By"], &output["Decisions"][0]["OnBehalfOf"]), (&json!("cyd"), &json!("bob")));
    assert_eq!(office.titles(&cyd, "decided").await, ["For bob"]);
    assert_eq!(office.titles(&bob, "decided").await, ["For bob"], "who handed it on finds it");
    assert_eq!(office.counts(&ada).await.2, 2);
    for (person, open, expected) in [(&ada, true, 2), (&ada, false, 1), (&cyd, true, 0)] {
        let path = format!("/v1/approvals?box=requested&open={open}");
        let page = person.get(&path).await.expect(200).json();
        assert_eq!(page["approvals"].as_array().unwrap().len(), expected, "{path}: {page:#}");
    }

    // Where somebody did it from is for administrators, and themselves.
    let history = ada.get(&hers.path("/history")).await.expect(200).json();
    let decided = history["events"].as_array().unwrap().iter().find(|event| event["kind"] == "decided").unwrap();
    assert_eq!(
        (&decided["on_behalf_of"], &decided["via"], &decided["address"]),
        (&json!("bob"), &json!("api"), &Value::Null)
    );
    let decided = office.history(&hers).await.into_iter().find(|event| event["kind"] == "decided").unwrap();
    assert_eq!(decided["address"], "127.0.0.1", "{decided:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_decided_at_once_each_for_itself() {
    let office = Office::start().await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    let document = ada.writes("Contract", "# One").await;
    let one = office.asks(&ada, json!({ "Title": "One", "Approvers": ["user:bob"] })).await;
    let two = office.asks(&ada, json!({ "Title": "Two", "Approvers": ["user:bob"] })).await;
    let with = json!({ "Title": "With", "Document": { "Id": document }, "Approvers": ["user:bob"] });
    let with = office.asks(&ada, with).await;
    let others = office.asks(&ada, json!({ "Title": "Others", "Approvers": ["user:cyd"] })).await;
    let none = "01934d2e-7b1c-8def-8a2b-3c4d5e6f7082";
    let decisions = json!({ "decisions": [
        { "approval": one.id, "verdict": "approve" },
        { "approval": two.id, "verdict": "reject" },
        { "approval": with.id, "verdict": "approve", "document_version": 2 },
        { "approval": others.id, "verdict": "approve" },
        { "approval": none, "verdict": "approve" },
    ] });
    let results = bob.post("/v1/approvals/decisions", decisions).await.expect(200).json();
    let statuses: Vec<u64> =
        results["results"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 422, 409, 404, 404], "{results:#}");
    assert_eq!(results["results"][0]["outcome"], "APPROVED");
    assert_eq!(results["results"][2]["problem"]["document_version"], 1);
    // Sent again, what was refused before is done, and what was done stays.
    let again = json!({ "decisions": [
        { "approval": one.id, "verdict": "approve" },
        { "approval": two.id, "verdict": "reject", "comment": "No." },
        { "approval": with.id, "verdict": "approve", "document_version": 1 },
    ] });
    let results = bob.post("/v1/approvals/decisions", again).await.expect(200).json();
    assert!(results["results"].as_array().unwrap().iter().all(|one| one["status"] == 200), "{results:#}");
    assert_eq!(office.output(&one.execution).await["Outcome"], "APPROVED");
    assert_eq!(office.output(&two.execution).await["Outcome"], "REJECTED");
    assert_eq!(office.output(&with.execution).await["Outcome"], "APPROVED");
    assert_eq!(office.happened(&one, "decided").await, 1);
    let event = office.history(&two).await.into_iter().find(|event| event["kind"] == "decided").unwrap();
    assert_eq!(event["via"], "bulk");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_and_a_colleague_see_nothing() {
    let office = Office::start().await;
    let asked = office.asks(&office.person("ada"), json!({ "Title": "Secret", "Approvers": ["group:legal"] })).await;
    let bob = office.world.member("globex", "bob", &["legal"]);
    let root = office.world.with_roles("globex", "root", &["admin"]);
    let colleague = office.person("mallory");
    for stranger in [&bob, &root, &colleague] {
        stranger.get(&asked.path("")).await.expect_problem(404, "APPROVALS_0001", "path:id");
        stranger.get(&asked.path("/history")).await.expect(404);
        stranger.get(&asked.path("/document")).await.expect(404);
        for (path, body) in [
            ("/claim", json!({})),
            ("/release", json!({})),
            ("/decision", approve()),
            ("/decision", reject()),
            ("/delegate", json!({ "to": "mallory" })),
            ("/withdraw", json!({})),
            ("/comments", json!({ "text": "Hello." })),
        ] {
            stranger.post(&asked.path(path), body).await.expect(404);
        }
        assert!(office.titles(stranger, "to_decide").await.is_empty());
        assert_eq!(office.counts(stranger).await, (0, 0, 0));
    }
    assert!(office.titles(&root, "all").await.is_empty());
    assert_eq!(office.seen(&asked).await["seq"], 1);
}
