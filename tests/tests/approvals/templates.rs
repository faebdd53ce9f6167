//! The ready-made workflows, as somebody begins from them: taken as they are, created, run to their end.

use crate::office::{Office, approve};
use octavo_tests::Person;
use serde_json::{Value, json};

/// A machine out of a template.
async fn machine(office: &Office, name: &str) -> String {
    let template = office.person("ada").get(&format!("/v1/approval-templates/{name}")).await.expect(200).json();
    assert!(template["title"].as_str().is_some_and(|title| !title.is_empty()), "{template:#}");
    office.machine(&template["definition"]).await
}

async fn decides(office: &Office, person: &Person, title: &str, decision: Value) {
    let id = office.approval(title).await;
    let path = format!("/v1/approvals/{id}");
    let seen = person.get(&path).await.expect(200).json();
    let mut decision = decision;
    if let Some(version) = seen["document"]["version"].as_u64() {
        decision["document_version"] = json!(version);
    }
    person.post(&format!("{path}/decision"), decision).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_people_decide_run_to_their_ends() {
    let office = Office::start().await;
    let ada = office.person("ada");
    let listed = ada.get("/v1/approval-templates").await.expect(200).json();
    let names: Vec<&str> =
        listed["templates"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let all = ["single-approval", "two-of-three", "legal-then-finance", "contract-renewal", "document-release"];
    assert_eq!(names, all);
    let document = ada.writes("Contract", "# One").await;

    let input = json!({ "title": "The policy", "document": document, "approver": "user:bob" });
    let single = office.run(&ada, &machine(&office, "single-approval").await, &input).await;
    decides(&office, &office.person("bob"), "The policy", approve()).await;
    assert_eq!(office.output(&single).await["Outcome"], "APPROVED");

    let input = json!({ "title": "A laptop", "reason": "Slow", "approvers": ["user:bob", "user:cyd", "user:dan"],
        "escalate_to": "group:management" });
    let three = office.run(&ada, &machine(&office, "two-of-three").await, &input).await;
    decides(&office, &office.person("dan"), "A laptop", approve()).await;
    decides(&office, &office.person("bob"), "A laptop", approve()).await;
    assert_eq!(office.output(&three).await["Decisions"].as_array().unwrap().len(), 2);

    let legal = machine(&office, "legal-then-finance").await;
    let input =
        |title: &str, amount: u32| json!({ "title": title, "document": document, "amount": amount, "supplier": "Ltd" });
    let racks = office.run(&ada, &legal, &input("Racks", 42_000)).await;
    decides(&office, &office.member("lea", "legal"), "Racks", approve()).await;
    decides(&office, &office.member("fin", "finance"), "Racks", approve()).await;
    assert_eq!(office.output(&racks).await["Outcome"], "APPROVED");
    let paper = office.run(&ada, &legal, &input("Paper", 40)).await;
    let wish = json!({ "verdict": "request_changes", "comment": "Recycled." });
    decides(&office, &office.member("lea", "legal"), "Paper", wish).await;
    assert_eq!(office.output(&paper).await["Outcome"], "CHANGES_REQUESTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_asked_for_again_on_the_day_that_it_renews() {
    let office = Office::start().await;
    let ada = office.person("ada");
    let document = ada.writes("Cleaning", "# Cleaning").await;
    let input =
        json!({ "title": "Cleaning", "document": document, "approver": "group:legal", "renews_on": "2099-01-01" });
    let execution = office.run(&ada, &machine(&office, "contract-renewal").await, &input).await;
    let lea = office.member("lea", "legal");
    // A day that has come: what happens a year later happens now.
    let renewed = json!({ "verdict": "approve", "answers": { "renews_on": "2026-01-01" } });
    decides(&office, &lea, "Cleaning", renewed.clone()).await;
    decides(&office, &lea, "Cleaning: renewal 1", renewed).await;
    let no = json!({ "verdict": "reject", "comment": "We have a robot." });
    decides(&office, &lea, "Cleaning: renewal 2", no).await;
    office.output(&execution).await;
    let decided = office.titles(&lea, "decided").await;
    assert_eq!(decided, ["Cleaning", "Cleaning: renewal 1", "Cleaning: renewal 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_generated_sent_back_written_again_and_released() {
    let office = Office::start().await;
    let (ada, service) = (office.person("ada"), office.person("drafts"));
    let value = format!("Bearer {}", service.token());
    let body = json!({ "value": value, "hosts": ["127.0.0.1"] });
    let made = office.root().put("/v1/workflow-connections/octavo", body).await.expect(200).json();
    let input = json!({ "api": office.world.emulator.url(), "connection": made["arn"], "title": "The annual report",
        "instructions": "A report on the year", "approvers": "group:editors", "requester": "user:ada" });
    let execution = office.run(&ada, &machine(&office, "document-release").await, &input).await;
    let editor = office.member("edi", "editors");
    let wish = json!({ "verdict": "request_changes", "comment": "Shorter." });
    decides(&office, &editor, "Release: The annual report", wish).await;
    decides(&office, &editor, "Release: The annual report, draft 2", approve()).await;
    let output = office.output(&execution).await;
    assert_eq!(output["round"], 2, "{output:#}");
    let released = ada.get(&format!("/v1/documents/{}", output["document"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&released["owner"], &released["tags"]), (&json!("drafts"), &json!(["released"])), "{released:#}");
    assert_eq!(released["metadata"]["approved_version"].to_string().trim_matches('"'), "1");
    let drafts = service.get("/v1/generations").await.expect(200).json();
    assert_eq!(drafts["generations"].as_array().unwrap().len(), 2, "{drafts:#}");
}
