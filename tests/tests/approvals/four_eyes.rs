//! Nobody approves what they asked for or wrote themselves, by whatever way.

use crate::office::{Office, approve, around_today};
use octavo_tests::{Person, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// Everything that somebody could try to decide it by.
async fn tries_everything(office: &Office, person: &Person, path: impl Fn(&str) -> String, id: &str) {
    let refused = person.post(&path("/decision"), approve()).await;
    refused.expect_problem(403, "APPROVALS_0003", "");
    let seat = json!({ "verdict": "approve", "seat": 0 });
    person.post(&path("/decision"), seat).await.expect_problem(403, "APPROVALS_0003", "");
    let keyed = person.request(Method::POST, &path("/decision")).header("idempotency-key", "k").json(&approve());
    person.send(keyed).await.expect_problem(403, "APPROVALS_0003", "");
    let many = json!({ "decisions": [{ "approval": id, "verdict": "approve" }] });
    let results = person.post("/v1/approvals/decisions", many).await.expect(200).json();
    assert_eq!(results["results"][0]["problem"]["code"], "APPROVALS_0003", "{results:#}");
    person.post(&path("/claim"), json!({})).await.expect_problem(403, "APPROVALS_0003", "");
    person.post(&path("/delegate"), json!({ "to": "zoe" })).await.expect_problem(403, "APPROVALS_0003", "");
    let seen = person.get(&path("")).await.expect(200).json();
    assert_eq!((&seen["can"]["decide"], &seen["can"]["claim"]), (&json!([]), &json!([])), "{seen:#}");
    assert!(office.titles(person, "to_decide").await.is_empty(), "it is not shown as theirs to decide");
    assert_eq!(office.counts(person).await.0 + office.counts(person).await.1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_who_wrote_and_who_was_excluded_decide_nothing() {
    let office = Office::start().await;
    office.knows(&[("ada", &["legal"]), ("bob", &["legal"]), ("cyd", &["legal"]), ("eve", &["legal"])]).await;
    let (ada, bob, cyd, eve) = (
        office.member("ada", "legal"),
        office.member("bob", "legal"),
        office.member("cyd", "legal"),
        office.member("eve", "legal"),
    );
    // Written by cyd, asked by ada, for eve.
    let document = cyd.writes("Contract", "# One").await;
    cyd.shares(&document, "user:ada", "editor").await;
    let request = json!({
        "Title": "Four eyes", "Document": { "Id": document }, "Requester": "eve", "Exclude": ["dan"],
        "Approvers": ["user:ada", { "Candidates": ["group:legal", "user:dan", "user:cyd", "user:eve"] }], "Quorum": "any",
    });
    let asked = office.asks(&ada, request).await;
    let dan = office.person("dan");
    for person in [&ada, &cyd, &eve, &dan] {
        tries_everything(&office, person, |rest| asked.path(rest), &asked.id).await;
    }
    // Nobody hands it to them, and nobody makes them a substitute that decides.
    for to in ["ada", "cyd", "eve", "dan"] {
        bob.post(&asked.path("/delegate"), json!({ "to": to })).await.expect_problem(403, "APPROVALS_0003", "");
        office.root().post(&asked.path("/delegate"), json!({ "to": to })).await.expect_problem(
            403,
            "APPROVALS_0003",
            "",
        );
    }
    let (from, to) = around_today();
    let days = json!({ "user": "bob", "substitute": "ada", "from": from, "to": to });
    office.root().post("/v1/substitutions", days).await.expect(201);
    ada.post(&asked.path("/decision"), approve()).await.expect_problem(403, "APPROVALS_0003", "");
    // An administrator is nobody's stand-in.
    let root = office.root();
    root.post(&asked.path("/decision"), approve()).await.expect_problem(403, "APPROVALS_0004", "");
    root.post(&asked.path("/delegate"), json!({ "to": "root" })).await.expect(422);
    // They got no link either.
    office.mail("bob", "Four eyes").await;
    for user in ["ada", "cyd", "eve"] {
        assert!(office.mails(user, "Four eyes").is_empty(), "{user} is asked by mail");
    }
    assert_eq!(office.happened(&asked, "decided").await, 0);
    bob.post(&asked.path("/decision"), json!({ "verdict": "approve", "document_version": 1 })).await.expect(200);
    assert_eq!(office.output(&asked.execution).await["Decisions"][0]["By"], "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_may_decide_is_not_asked() {
    let office = Office::start().await;
    let ada = office.person("ada");
    let execution = office.begins(&ada, &json!({ "Title": "Myself", "Approvers": ["user:ada"] })).await;
    let ended = office.ended(&execution).await;
    assert_eq!((&ended["status"], &ended["error"]), (&json!("FAILED"), &json!("Approvals.NobodyCanApproveException")));
    let wrong = office.begins(&ada, &json!({ "Title": "Wrong", "Approvers": ["user:bob"], "Quorum": 2 })).await;
    let ended = office.ended(&wrong).await;
    assert_eq!(ended["error"], "Approvals.InvalidRequestException", "{ended:#}");
    // A document of somebody else's is not shown around by asking for its approval.
    let document = office.person("cyd").writes("Private", "Mine.").await;
    let stolen = json!({ "Title": "Stolen", "Document": { "Id": document }, "Approvers": ["user:bob"] });
    let ended = office.ended(&office.begins(&ada, &stolen).await).await;
    assert_eq!(ended["error"], "Approvals.DocumentNotFoundException", "{ended:#}");
    let page = office.root().get("/v1/approvals?box=all").await.expect(200).json();
    assert_eq!(page["approvals"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_seat_is_another_persons() {
    let office = Office::start().await;
    let (ada, bob, cyd) = (office.person("ada"), office.member("bob", "board"), office.member("cyd", "board"));
    let seats = json!([{ "Candidates": ["group:board"], "Count": 2 }]);
    let asked = office.asks(&ada, json!({ "Title": "Two of the board", "Approvers": seats })).await;
    bob.post(&asked.path("/decision"), approve()).await.expect(200);
    let second = json!({ "verdict": "approve", "seat": 1 });
    bob.post(&asked.path("/decision"), second).await.expect_problem(409, "APPROVALS_0007", "");
    assert!(office.runs(&asked).await);
    cyd.post(&asked.path("/decision"), approve()).await.expect(200);
    assert_eq!(office.output(&asked.execution).await["Outcome"], "APPROVED");

    // Nor across stages, where that was asked for.
    let stage = |name: &str| json!({ "Name": name, "Approvers": ["group:board"] });
    let request =
        json!({ "Title": "Two stages", "DistinctAcrossStages": true, "Stages": [stage("One"), stage("Two")] });
    let asked = office.asks(&ada, request).await;
    bob.post(&asked.path("/decision"), approve()).await.expect(200);
    let seat = eventually("the second stage is open", || async {
        let seen = office.seen(&asked).await;
        let second = &seen["stages"][1];
        (second["status"] == "open").then(|| second["seats"][0]["seat"].clone())
    })
    .await;
    let again = json!({ "verdict": "approve", "seat": seat });
    bob.post(&asked.path("/decision"), again).await.expect_problem(409, "APPROVALS_0007", "");
    assert_eq!(office.seen(&asked).await["outcome"], Value::Null);
    cyd.post(&asked.path("/decision"), approve()).await.expect(200);
    office.output(&asked.execution).await;
}
