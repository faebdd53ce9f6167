//! Boxes and counts.

use crate::house::{House, house};
use serde_json::{Value, json};
use std::time::Duration;

async fn titles(house: &House, user: &str, query: &str) -> Vec<String> {
    let page = house.get(user, &format!("/v1/approvals?{query}")).await;
    let titles = page["approvals"].as_array().unwrap().iter();
    titles.map(|found| found["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_box_has_its_own() {
    let house = house().await;
    let mut all = Vec::new();
    for (title, approver, category) in
        [("Named", "user:bob", "contract"), ("Group", "group:board", "leave"), ("Other", "user:cyd", "contract")]
    {
        house.clock.advance(Duration::from_secs(1));
        all.push(house.wait(json!({"Title": title, "Category": category, "Approvers": [approver]})).await);
    }
    assert_eq!(titles(&house, "bob/board", "box=mine").await, ["Named"]);
    assert_eq!(titles(&house, "bob/board", "box=groups").await, ["Group"]);
    assert_eq!(titles(&house, "bob/board", "").await, ["Group", "Named"], "newest first");
    assert_eq!(titles(&house, "bob/board", "sort=oldest").await, ["Named", "Group"]);
    assert_eq!(titles(&house, "bob", "box=groups").await, [""; 0]);
    assert_eq!(titles(&house, "ada", "box=requested").await, ["Other", "Group", "Named"]);
    assert_eq!(titles(&house, "ada", "box=requested&category=contract&title=name").await, ["Named"]);
    assert_eq!(titles(&house, "ada/board", "").await, [""; 0], "nobody decides their own");
    assert_eq!(titles(&house, "root", "box=all").await.len(), 3);
    assert_eq!(house.ask("bob", "GET", "/v1/approvals?box=all", None).await.problem(), (403, "APPROVALS_0011", ""));
    assert_eq!(titles(&house, "umbrella:root", "box=all").await, [""; 0]);
    let counts = house.get("bob/board", "/v1/approvals/counts").await;
    assert_eq!(counts, json!({"mine": 1, "groups": 1, "requested": 0}));
    house.post("bob", &all[0].path("/decision"), json!({"verdict": "approve"})).await.expect(200);
    assert_eq!(titles(&house, "bob/board", "").await, ["Group"]);
    assert_eq!(titles(&house, "bob", "box=decided").await, ["Named"]);
    assert_eq!(titles(&house, "ada", "box=requested&open=true").await, ["Other", "Group"]);
    assert_eq!(titles(&house, "ada", "box=requested&outcome=APPROVED").await, ["Named"]);
    assert_eq!(house.get("ada", "/v1/approvals/counts").await, json!({"mine": 0, "groups": 0, "requested": 2}));
    for (query, field) in [
        ("box=x", "query:box"),
        ("outcome=NO", "query:outcome"),
        ("sort=x", "query:sort"),
        ("limit=0", "query:limit"),
        ("x=1", "query:x"),
    ] {
        let refused = house.ask("bob", "GET", &format!("/v1/approvals?{query}"), None).await;
        assert_eq!(refused.problem(), (400, "EDGE_0001", field), "{query}");
    }
}

#[tokio::test]
async fn what_one_has_claimed_is_ones_own() {
    let house = house().await;
    let mut all = Vec::new();
    for number in 0..3 {
        house.clock.advance(Duration::from_secs(1));
        let approver = if number == 1 { "user:bob" } else { "group:board" };
        all.push(house.wait(json!({"Title": format!("{number}"), "Approvers": [approver]})).await);
    }
    house.post("bob", &all[1].path("/comments"), json!({"text": "Hm."})).await.expect(201);
    house.post("bob/board", &all[2].path("/comments"), json!({"text": "Hm."})).await.expect(201);
    assert_eq!(titles(&house, "bob/board", "box=mine").await, ["1"], "to say something is not to claim");
    house.ask("bob/board", "POST", &all[0].path("/claim"), None).await.expect(200);
    assert_eq!(titles(&house, "bob/board", "box=mine").await, ["1", "0"]);
    assert_eq!(titles(&house, "bob/board", "box=mine&sort=oldest&limit=1").await, ["0"]);
    assert_eq!(titles(&house, "bob/board", "box=groups").await, ["2"]);
    assert_eq!(titles(&house, "cyd/board", "box=groups").await, ["2"]);
    assert_eq!(house.get("bob/board", "/v1/approvals/counts").await, json!({"mine": 2, "groups": 1, "requested": 0}));
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip() {
    let house = house().await;
    for number in 0..5 {
        house.wait(json!({"Title": format!("{number}"), "Approvers": ["user:bob"]})).await;
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get("bob", &format!("/v1/approvals?limit=2{cursor}")).await;
        found.extend(page["approvals"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()));
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    found.sort();
    assert_eq!(found, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn an_entry_says_what_is_to_be_done() {
    let house = house().await;
    let document = house.document("ada", &["one"]).await;
    let asked = json!({
        "Title": "Contract",
        "Urgent": true,
        "Form": {"type": "object"},
        "Stages": [{"Name": "Legal", "Approvers": ["group:legal"], "Deadline": {"After": "P5D"}}, {"Approvers": ["user:cyd"]}],
    });
    let waiting = house.wait_as("ada", asked, Some(&document)).await;
    house.ask("bob/legal", "POST", &waiting.path("/claim"), None).await.expect(200);
    house.post("ada", &waiting.path("/comments"), json!({"text": "Please."})).await.expect(201);
    let page = house.get("bob/legal", "/v1/approvals").await;
    let entry = &page["approvals"][0];
    assert_eq!((&entry["decide"], &entry["claimed"], &entry["comments"]), (&json!([0]), &json!([0]), &json!(1)));
    assert_eq!(
        (&entry["urgent"], &entry["has_form"], &entry["document"]["version"]),
        (&json!(true), &json!(true), &json!(1))
    );
    let stage = &entry["stage"];
    assert_eq!((&stage["name"], &stage["number"], &stage["of"]), (&json!("Legal"), &json!(1), &json!(2)));
    assert!(stage["deadline_at"].is_string(), "{stage}");
}

#[tokio::test]
async fn whoever_substitutes_in_one_category_has_no_other_in_their_counts() {
    let house = house().await;
    for (title, category) in [("A contract", "contract"), ("A leave", "leave")] {
        house.clock.advance(Duration::from_secs(1));
        house.wait(json!({"Title": title, "Category": category, "Approvers": ["user:cyd"]})).await;
    }
    let away = json!({"substitute": "bob", "from": "2025-12-30", "to": "2026-01-30", "categories": ["contract"]});
    house.post("cyd", "/v1/substitutions", away).await.expect(201);
    assert_eq!(titles(&house, "bob", "box=groups").await, ["A contract"]);
    let counts = house.get("bob", "/v1/approvals/counts").await;
    assert_eq!(counts, json!({"mine": 0, "groups": 1, "requested": 0}));
    assert_eq!(house.get("cyd", "/v1/approvals/counts").await["mine"], 2);
}
