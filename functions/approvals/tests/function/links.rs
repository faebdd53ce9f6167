//! Links in mails.

use crate::house::{House, Waiting, house};
use serde_json::{Value, json};
use std::time::Duration;

/// The link of a person, out of what was told.
fn link(house: &House, user: &str) -> String {
    let told = house.sent("notify");
    let recipients = told.iter().flat_map(|message| message.body["event"]["recipients"].as_array().unwrap());
    let mut own =
        recipients.filter(|recipient| recipient["user"] == user).map(|recipient| &recipient["data"]["decide_url"]);
    own.next_back().and_then(Value::as_str).expect("a link").to_owned()
}

async fn outcome(house: &House, waiting: Waiting) -> Value {
    house.get("root", &waiting.path("")).await["outcome"].clone()
}

#[tokio::test]
async fn following_a_link_decides_nothing_and_its_form_decides_once() {
    let house = house().await;
    house.person("ada", &[]).await;
    let document = house.document("ada", &["one"]).await;
    let asked = json!({"Title": "Buy <b>a</b> press", "Description": "For the \"cellar\".", "Data": {"Amount": 12}, "Approvers": ["user:bob"]});
    let waiting = house.wait_as("ada", asked, Some(&document)).await;
    let url = link(&house, "bob");
    assert!(url.starts_with("https://octavo.example/v1/approval-links/"), "{url}");
    for method in ["GET", "HEAD", "GET"] {
        let page = house.follow(method, &url).await;
        assert_eq!(page.status, 200);
        assert_eq!(outcome(&house, waiting).await, Value::Null, "{method} decides nothing");
    }
    let page = house.follow("GET", &url).await;
    for part in [
        "Buy &lt;b&gt;a&lt;/b&gt; press",
        "<dd>Ada</dd>",
        "<dd>bob</dd>",
        "Contract, version 1",
        "<dd>12</dd>",
        "&quot;cellar&quot;",
        "Request changes",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains("<b>a"), "{}", page.text);
    let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
    assert!(header("content-security-policy").contains("default-src 'none'"));
    assert_eq!((header("referrer-policy"), header("cache-control")), ("no-referrer".to_owned(), "no-store".to_owned()));
    assert_eq!(header("content-type"), "text/html; charset=utf-8");

    assert_eq!(house.form(&url, "verdict=reject&comment=").await.status, 422, "a reason is needed");
    assert_eq!(house.form(&url, "comment=x").await.status, 422, "no button");
    assert_eq!(outcome(&house, waiting).await, Value::Null);
    let done = house.form(&url, "verdict=approve&comment=Good+%26+cheap").await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("Your decision is recorded"), "{}", done.text);
    assert_eq!(outcome(&house, waiting).await, "APPROVED");
    assert_eq!(house.output(waiting).await["Decisions"][0]["Comment"], "Good & cheap");
    for (method, form) in [("GET", ""), ("POST", "verdict=reject&comment=no")] {
        let again = if method == "GET" { house.follow("GET", &url).await } else { house.form(&url, form).await };
        assert_eq!(again.status, 410, "{}", again.text);
    }
    let history = house.get("root", &waiting.path("/history")).await;
    let decided = history["events"].as_array().unwrap().iter().find(|event| event["kind"] == "decided").unwrap();
    assert_eq!(
        (&decided["via"], &decided["address"], &decided["actor"]),
        (&json!("link"), &json!("192.0.2.7"), &json!("bob"))
    );
}

#[tokio::test]
async fn only_what_was_signed_here_and_is_not_over_is_a_link() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob", "user:cyd"]})).await;
    let url = link(&house, "bob");
    let tampered = format!("{}x", &url[..url.len() - 1]);
    for wrong in [tampered.as_str(), "/v1/approval-links/x", "/v1/approval-links/a.b"] {
        assert_eq!(house.follow("GET", wrong).await.status, 404, "{wrong}");
        assert_eq!(house.form(wrong, "verdict=approve").await.status, 404, "{wrong}");
    }
    house.clock.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(house.follow("GET", &url).await.status, 410);
    assert_eq!(house.form(&url, "verdict=approve").await.status, 410);
    assert_eq!(outcome(&house, waiting).await, Value::Null);
    let json =
        house.post("bob", url.strip_prefix("https://octavo.example").unwrap(), json!({"verdict": "approve"})).await;
    assert_eq!(json.status, 415);
}

#[tokio::test]
async fn a_link_is_over_with_the_deadline() {
    let house = house().await;
    house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"], "Deadline": {"After": "PT1H"}})).await;
    let url = link(&house, "bob");
    assert_eq!(house.follow("GET", &url).await.status, 200);
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(house.follow("GET", &url).await.status, 410);
}

#[tokio::test]
async fn a_link_of_a_group_is_good_as_long_as_its_person_is_in_it() {
    let house = house().await;
    for user in ["ada", "bob", "cyd"] {
        house.person(user, &["board"]).await;
    }
    let waiting =
        house.wait(json!({"Title": "Buy a press", "Approvers": [{"Candidates": ["group:board"], "Count": 2}]})).await;
    let told = house.told();
    assert_eq!(
        told,
        [("approval.requested".to_owned(), vec!["bob".to_owned(), "cyd".to_owned()])],
        "ada asked herself"
    );
    // A reminder of the same, with links of their own.
    let again =
        house.wait(json!({"Title": "Another", "Approvers": [{"Candidates": ["group:board"], "Count": 2}]})).await;
    let url = link(&house, "bob");
    house.person("bob", &[]).await;
    assert_eq!(house.follow("GET", &url).await.status, 409, "bob left the board");
    house.person("bob", &["board"]).await;
    assert_eq!(house.form(&url, "verdict=approve").await.status, 200);
    let twice = house.form(&url, "verdict=reject&comment=no").await;
    assert_eq!(twice.status, 409, "the other seat is another person's: {}", twice.text);
    assert_eq!(outcome(&house, again).await, Value::Null);
    assert_eq!(outcome(&house, waiting).await, Value::Null);
}

#[tokio::test]
async fn two_uses_at_the_same_time_are_one() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    let url = link(&house, "bob");
    let (a, b) = tokio::join!(house.form(&url, "verdict=approve"), house.form(&url, "verdict=reject&comment=no"));
    let won = [&a, &b].into_iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1, "{} {}", a.status, b.status);
    let history = house.get("root", &waiting.path("/history")).await;
    let decided = history["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "decided").count();
    assert_eq!(decided, 1);
}

#[tokio::test]
async fn a_form_is_filled_in_on_the_page() {
    let house = house().await;
    let form = json!({"type": "object", "properties": {"budget": {"type": "number", "title": "Budget"}}, "required": ["budget"]});
    let waiting = house.wait(json!({"Title": "Buy a press", "Form": form, "Approvers": ["user:bob"]})).await;
    let url = link(&house, "bob");
    assert!(house.follow("GET", &url).await.text.contains("name=\"answers.budget\""));
    let wrong = house.form(&url, "verdict=approve&answers.budget=much").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("answers"), "{}", wrong.text);
    assert_eq!(house.form(&url, "verdict=approve&answers.budget=12.5").await.status, 200);
    assert_eq!(house.output(waiting).await["Decisions"][0]["Answers"], json!({"budget": 12.5}));
}

#[tokio::test]
async fn a_document_that_was_changed_is_said() {
    let house = house().await;
    let document = house.document("ada", &["one"]).await;
    house.wait_as("ada", json!({"Title": "Contract", "Approvers": ["user:bob"]}), Some(&document)).await;
    let url = link(&house, "bob");
    house.write(document.id, "ada", 2, "two").await;
    let page = house.follow("GET", &url).await;
    assert!(page.text.contains("Your decision is about version 1"), "{}", page.text);
}
