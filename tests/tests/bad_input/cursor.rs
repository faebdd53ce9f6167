//! Cursors that were not given out, or not to this person, or not for this.

use crate::Refusals;
use octavo_tests::World;
use serde_json::{Value, json};

/// Longer than any cursor, and short enough for a request line.
const LONG: usize = 7_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_taken_only_unchanged_by_whom_it_was_given_to() {
    let world = World::start().await;
    let mut all = Refusals::default();
    let (ada, eve) = (world.person("acme", "ada"), world.person("acme", "eve"));
    let mut written = Vec::new();
    for number in 0..3 {
        written.push(ada.writes(&format!("Travel policy {number}"), "Never by helicopter.").await);
    }
    let written: Vec<&str> = written.iter().map(String::as_str).collect();
    ada.comes_to_find("helicopter", &written).await;

    let search = |cursor: &Value| json!({"text": "helicopter", "size": 1, "cursor": cursor});
    let genuine = ada.post("/v1/search", search(&Value::Null)).await.expect(200).json()["next_cursor"].clone();
    let text = genuine.as_str().expect("there are more pages");
    ada.post("/v1/search", search(&genuine)).await.expect(200);

    let mut forged: Vec<String> = Vec::new();
    for at in (0..text.len()).step_by(7) {
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        forged.push(format!("{}{other}{}", &text[..at], &text[at + 1..]));
    }
    forged.extend([text[..text.len() - 1].to_owned(), format!("{text}A"), format!("{text}=="), format!("{text} ")]);
    forged.extend([String::new(), "e30".to_owned(), "\u{0}".to_owned(), "ä".repeat(50), "A".repeat(LONG)]);
    for cursor in &forged {
        let body = search(&json!(cursor));
        all.refused(cursor, ada.post("/v1/search", body), &["cursor"]).await;
    }
    all.refused("somebody else's", eve.post("/v1/search", search(&genuine)), &["cursor"]).await;
    let other = json!({"text": "policy", "size": 1, "cursor": genuine});
    all.refused("another search's", ada.post("/v1/search", other), &["cursor"]).await;
    for wrong in [json!(7), json!([text]), json!({"cursor": text})] {
        all.refused(&wrong.to_string(), ada.post("/v1/search", search(&wrong)), &["cursor"]).await;
    }
    all.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listings_cursor_is_one_that_was_given_out() {
    let world = World::start().await;
    let mut all = Refusals::default();
    // Some of the listings are for administrators.
    let ada = world.with_roles("acme", "ada", &["admin", "operator", "workflows"]);
    // JSON of another shape, none at all, and none of the alphabet.
    let hostile =
        ["e30", "W10", "bnVsbA", "LTE", "eyJxdWVyeSI6IjEifQ", "AAAA", "____", "%00", "%F0%9F%98%80", "=", "..%2F.."];
    let listings = [
        "/v1/documents",
        "/v1/approvals",
        "/v1/generations",
        "/v1/inbox",
        "/v1/notifications",
        "/v1/executions",
        "/v1/ai/calls",
    ];
    for listing in listings {
        for cursor in hostile {
            let path = format!("{listing}?cursor={cursor}");
            all.refused(&path, ada.get(&path), &["query:cursor", "cursor"]).await;
        }
        let long = format!("{listing}?cursor={}", "A".repeat(LONG));
        all.refused(listing, ada.get(&long), &["query:cursor", "cursor"]).await;
    }
    all.judge();
}
