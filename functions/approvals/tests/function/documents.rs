//! The document beside its change.

use crate::house::house;
use serde_json::json;

#[tokio::test]
async fn approvers_see_the_version_and_what_changed() {
    let house = house().await;
    let document = house.document("ada", &["one\ntwo\nthree\n", "one\ntwo and a half\nthree\n"]).await;
    let waiting = house.wait_as("ada", json!({"Title": "Contract", "Approvers": ["user:bob"]}), Some(&document)).await;
    let shown = house.get("bob", &waiting.path("/document")).await;
    assert_eq!((&shown["version"], &shown["since"], &shown["changed"]), (&json!(2), &json!(1), &json!(false)));
    assert_eq!(
        (&shown["text"], &shown["media_type"]),
        (&json!("one\ntwo and a half\nthree\n"), &json!("text/markdown"))
    );
    let lines = &shown["changes"]["hunks"][0]["lines"];
    assert_eq!(lines[1], json!({"tag": "delete", "text": "two"}));
    assert_eq!(lines[2], json!({"tag": "insert", "text": "two and a half"}));
    assert_eq!((&shown["changes"]["inserted"], &shown["changes"]["deleted"]), (&json!(1), &json!(1)));
    // The document goes on; what is to be approved stays.
    house.write(document.id, "ada", 3, "all new\n").await;
    let shown = house.get("bob", &waiting.path("/document")).await;
    assert_eq!((&shown["version"], &shown["present_version"], &shown["changed"]), (&json!(2), &json!(3), &json!(true)));
    assert_eq!(house.get("bob", &waiting.path("")).await["document"]["changed"], true);
    assert_eq!(house.ask("cyd", "GET", &waiting.path("/document"), None).await.status, 404);
}

#[tokio::test]
async fn an_approval_of_nothing_has_none() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Holiday", "Approvers": ["user:bob"]})).await;
    let none = house.ask("bob", "GET", &waiting.path("/document"), None).await;
    assert_eq!(none.problem(), (404, "APPROVALS_0016", ""));
}
