//! Who sees an approval, and what they are told of what they may not see.

use crate::house::house;
use serde_json::{Value, json};

#[tokio::test]
async fn an_approval_is_there_for_those_whom_it_concerns() {
    let house = house().await;
    house.document("ada", &["one"]).await;
    let asked = json!({"Title": "Buy a press", "Approvers": ["user:bob", "group:board"], "Requester": "eve"});
    let waiting = house.wait(asked).await;
    for (user, status) in [
        ("ada", 200),
        ("eve", 200),
        ("bob", 200),
        ("cyd/board", 200),
        ("root", 200),
        ("gil", 404),
        ("gil/others", 404),
        ("umbrella:bob", 404),
        ("umbrella:root", 404),
    ] {
        for rest in ["", "/history"] {
            assert_eq!(house.ask(user, "GET", &waiting.path(rest), None).await.status, status, "{user} {rest}");
        }
        let said = house.post(user, &waiting.path("/comments"), json!({"text": "Hm."})).await;
        assert_eq!(said.status, if status == 200 { 201 } else { 404 }, "{user}");
    }
    for act in ["claim", "release", "withdraw"] {
        let refused = house.ask("gil", "POST", &waiting.path(&format!("/{act}")), None).await;
        assert_eq!(refused.problem(), (404, "APPROVALS_0001", "path:id"), "{act}");
    }
    assert_eq!(house.ask("cyd", "GET", "/v1/approvals/x", None).await.problem(), (400, "EDGE_0001", "path:id"));
    assert_eq!(house.follow("GET", &waiting.path("")).await.status, 401);
}

#[tokio::test]
async fn what_one_may_do_is_what_is_done() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob", "group:board"]})).await;
    let can = async |user: &str| house.get(user, &waiting.path("")).await["can"].clone();
    let nothing = json!({"claim": [], "release": [], "decide": [], "delegate": [], "withdraw": false, "comment": true});
    let with = |members: Value| {
        let mut all = nothing.clone();
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        all
    };
    assert_eq!(can("ada").await, with(json!({"withdraw": true})), "nobody decides their own");
    assert_eq!(can("ada/board").await, with(json!({"withdraw": true})), "nor by a group");
    assert_eq!(can("bob").await, with(json!({"claim": [0], "decide": [0], "delegate": [0]})));
    assert_eq!(can("cyd/board").await, with(json!({"claim": [1], "decide": [1], "delegate": [1]})));
    assert_eq!(can("root").await, with(json!({"delegate": [0, 1], "withdraw": true})));
    house.ask("cyd/board", "POST", &waiting.path("/claim"), None).await.expect(200);
    assert_eq!(can("cyd/board").await, with(json!({"release": [1], "decide": [1], "delegate": [1]})));
    assert_eq!(can("dan/board").await, nothing, "it was claimed");
}

#[tokio::test]
async fn nobody_sees_the_token_or_others_addresses() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    house.post("bob", &waiting.path("/comments"), json!({"text": "Which one?"})).await.expect(201);
    let remark = async |user: &str| {
        let history = house.get(user, &waiting.path("/history")).await;
        let events = history["events"].as_array().unwrap().clone();
        events.into_iter().find(|event| event["kind"] == "commented").unwrap()
    };
    let own = remark("bob").await;
    assert_eq!(
        (&own["address"], &own["user_agent"], &own["via"]),
        (&json!("192.0.2.7"), &json!("tests"), &json!("api"))
    );
    assert_eq!(own["text"], "Which one?");
    assert_eq!(remark("root").await, own);
    assert!(remark("ada").await.get("address").is_none());
    for path in [waiting.path(""), waiting.path("/history"), "/v1/approvals?box=all".to_owned()] {
        let shown = house.ask("root", "GET", &path, None).await;
        assert!(!shown.text.contains("\"token\""), "{path}");
    }
}

#[tokio::test]
async fn the_record_is_paged_and_has_no_gaps() {
    let house = house().await;
    let waiting = house.wait(json!({"Title": "Buy a press", "Approvers": ["user:bob"]})).await;
    for number in 0..5 {
        house.post("bob", &waiting.path("/comments"), json!({"text": format!("{number}")})).await.expect(201);
    }
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get("ada", &waiting.path(&format!("/history?limit=3{cursor}"))).await;
        numbers.extend(page["events"].as_array().unwrap().iter().map(|event| event["number"].as_u64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(numbers, (1..=u64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
    assert!(numbers.len() >= 7, "{numbers:?}");
}
