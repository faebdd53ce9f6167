//! Substitutions, calendars and templates.

use crate::house::house;
use serde_json::{Value, json};

#[tokio::test]
async fn a_substitution_is_ones_own_and_an_administrators() {
    let house = house().await;
    let body = json!({"substitute": "cyd", "from": "2026-01-01", "to": "2026-01-05", "zone": "Europe/Vienna"});
    let key = [("idempotency-key", "k-1")];
    let mut ids = Vec::new();
    for _ in 0..2 {
        let made = house.ask_with("bob", "POST", "/v1/substitutions", Some(body.clone()), &key).await.expect(201);
        assert_eq!((&made["user"], &made["zone"]), (&json!("bob"), &json!("Europe/Vienna")));
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids[0], ids[1], "the same request is the same substitution");
    let mut for_dan = body.clone();
    for_dan["user"] = json!("dan");
    assert_eq!(house.post("bob", "/v1/substitutions", for_dan.clone()).await.problem().1, "APPROVALS_0011");
    house.post("root", "/v1/substitutions", for_dan).await.expect(201);
    let count = async |user: &str, query: &str| {
        let list = house.get(user, &format!("/v1/substitutions{query}")).await;
        list["substitutions"].as_array().unwrap().len()
    };
    assert_eq!((count("bob", "").await, count("cyd", "").await, count("dan", "").await), (1, 2, 1));
    assert_eq!((count("root", "?user=*").await, count("root", "?user=bob").await), (2, 1));
    assert_eq!(house.ask("bob", "GET", "/v1/substitutions?user=*", None).await.status, 403);
    let path = format!("/v1/substitutions/{}", ids[0]);
    assert_eq!(
        house.ask("cyd", "DELETE", &path, None).await.problem().1,
        "APPROVALS_0012",
        "the substitute does not end it"
    );
    assert_eq!(house.ask("umbrella:root", "DELETE", &path, None).await.status, 404);
    assert_eq!(house.ask("bob", "DELETE", &path, None).await.status, 204);
    assert_eq!(house.ask("bob", "DELETE", &path, None).await.status, 404);
}

#[tokio::test]
async fn calendars_are_set_by_administrators_and_there_is_always_one() {
    let house = house().await;
    let standard = house.get("bob", "/v1/calendars/default").await;
    assert_eq!((&standard["zone"], &standard["updated_at"]), (&json!("UTC"), &Value::Null));
    let calendar = json!({
        "zone": "Europe/Vienna",
        "hours": {"monday": [{"from": "08:00:00", "to": "12:00:00"}, {"from": "13:00:00", "to": "16:00:00"}]},
        "holidays": {"2026-12-25": "Christmas"},
    });
    let put = async |user: &str, name: &str, body: &Value| {
        house.ask(user, "PUT", &format!("/v1/calendars/{name}"), Some(body.clone())).await
    };
    assert_eq!(put("bob", "default", &calendar).await.problem().1, "APPROVALS_0011");
    let set = put("root", "default", &calendar).await.expect(200);
    assert_eq!((&set["zone"], &set["holidays"]), (&json!("Europe/Vienna"), &calendar["holidays"]));
    assert_eq!(house.get("bob", "/v1/calendars/default").await, set);
    assert_eq!(house.get("bob", "/v1/calendars").await["calendars"].as_array().unwrap().len(), 1);
    assert_eq!(house.get("umbrella:bob", "/v1/calendars/default").await, standard, "another tenant's own");
    assert_eq!(put("root", "Vienna", &calendar).await.problem(), (400, "EDGE_0001", "path:name"));
    let mut wrong = calendar.clone();
    wrong["zone"] = json!("Europe/Nowhere");
    assert_eq!(put("root", "vienna", &wrong).await.problem(), (422, "EDGE_0002", "zone"));
    wrong = calendar;
    wrong["hours"]["monday"][1]["from"] = json!("11:00:00");
    assert_eq!(put("root", "vienna", &wrong).await.status, 422, "they overlap");
    assert_eq!(house.ask("root", "DELETE", "/v1/calendars/default", None).await.status, 204);
    assert_eq!(house.ask("root", "DELETE", "/v1/calendars/default", None).await.problem().1, "APPROVALS_0013");
    assert_eq!(house.ask("bob", "GET", "/v1/calendars/vienna", None).await.status, 404);
}

#[tokio::test]
async fn every_template_is_shown_whole() {
    let house = house().await;
    let list = house.get("bob", "/v1/approval-templates").await;
    for template in list["templates"].as_array().unwrap() {
        let path = format!("/v1/approval-templates/{}", template["name"].as_str().unwrap());
        let whole = house.get("bob", &path).await;
        assert!(whole["definition"]["States"].is_object() && whole["input_example"].is_object(), "{path}");
    }
    assert_eq!(house.ask("bob", "GET", "/v1/approval-templates/x", None).await.problem().1, "APPROVALS_0014");
}
