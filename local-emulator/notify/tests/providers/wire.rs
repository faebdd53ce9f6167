//! The wire forms, whole.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::ask::{Asker, whole};

#[tokio::test]
async fn what_is_taken() {
    let asker = Asker::start().await;
    assert_snapshot!("sendgrid_accepted", whole(asker.sendgrid("ada@x.example")).await);
    assert_snapshot!("postmark_accepted", whole(asker.postmark("Ada <ada@x.example>")).await);
    assert_snapshot!("twilio_accepted", whole(asker.twilio("+436601234567", None)).await);
    assert_snapshot!("ses_accepted", whole(asker.ses("ada@x.example", "fake-ses-secret")).await);
    assert_snapshot!("slack_accepted", whole(asker.slack(&json!({"text": "Hello"}))).await);
    assert_snapshot!("pagerduty_accepted", whole(asker.pager(&json!({"dedup_key": "fire"}))).await);
    assert_snapshot!("webhook_accepted", whole(asker.post("/webhook/orders").json(&json!({"a": 1}))).await);
}

#[tokio::test]
async fn what_is_refused() {
    let asker = Asker::start().await;
    assert_snapshot!("sendgrid_bad_address", whole(asker.sendgrid("nobody")).await);
    assert_snapshot!("sendgrid_no_key", whole(asker.post("/v3/mail/send").json(&json!({}))).await);
    assert_snapshot!("postmark_bad_address", whole(asker.postmark("nobody")).await);
    assert_snapshot!("postmark_no_token", whole(asker.post("/email").json(&json!({}))).await);
    assert_snapshot!("twilio_bad_number", whole(asker.twilio("0660", None)).await);
    assert_snapshot!("slack_no_text", whole(asker.slack(&json!({}))).await);
    assert_snapshot!(
        "pagerduty_invalid",
        whole(asker.pager(&json!({"routing_key": "", "payload": {"severity": "high"}}))).await
    );
    assert_snapshot!("ses_unsigned", whole(asker.post("/v2/email/outbound-emails").json(&json!({}))).await);
    assert_snapshot!("ses_bad_signature", whole(asker.ses("ada@x.example", "another-secret")).await);
    assert_snapshot!("ses_bad_address", whole(asker.ses("nobody", "fake-ses-secret")).await);
    assert_eq!(asker.all().len(), 10, "what was refused is kept");
    assert!(asker.all().iter().all(|sent| !sent.is_accepted() && sent.refused.is_some()));
}

#[tokio::test]
async fn what_a_fault_refuses() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "rate_limit", "retry_after_s": 30}));
    assert_snapshot!("sendgrid_rate_limit", whole(asker.sendgrid("a@x.example")).await);
    assert_snapshot!("postmark_rate_limit", whole(asker.postmark("a@x.example")).await);
    assert_snapshot!("twilio_rate_limit", whole(asker.twilio("+436601234567", None)).await);
    assert_snapshot!("ses_rate_limit", whole(asker.ses("a@x.example", "fake-ses-secret")).await);
    assert_snapshot!("slack_rate_limit", whole(asker.slack(&json!({"text": "x"}))).await);
    assert_snapshot!("pagerduty_rate_limit", whole(asker.pager(&json!({}))).await);
    asker.server.clear_faults();
    asker.fault(&json!({"kind": "reject", "status": 418, "body": {"teapot": true}, "times": 1}));
    assert_snapshot!("fault_with_a_body", whole(asker.postmark("a@x.example")).await);
    asker.fault(&json!({"kind": "reject", "status": 422, "code": "406"}));
    assert_snapshot!("postmark_inactive", whole(asker.postmark("a@x.example")).await);
}

#[tokio::test]
async fn what_slack_and_pagerduty_do_not_take() {
    let asker = Asker::start().await;
    let block = |text: String| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}});
    let cases = [
        (json!({"text": "x".repeat(40_001)}), "msg_too_long"),
        (json!({"text": "x", "blocks": {}}), "invalid_blocks_format"),
        (json!({"text": "x", "blocks": [{"type": "table_of_mine"}]}), "invalid_blocks"),
        (json!({"text": "x", "blocks": [block("x".repeat(3_001))]}), "invalid_blocks"),
        (json!({"text": "x", "blocks": vec![block("x".to_owned()); 51]}), "invalid_blocks"),
        (json!([1]), "invalid_payload"),
    ];
    for (body, code) in cases {
        let response = asker.slack(&body).send().await.unwrap();
        assert_eq!((response.status().as_u16(), &*response.text().await.unwrap()), (400, code));
    }
    let ok = asker.slack(&json!({"blocks": [block("x".to_owned()), {"type": "divider"}]})).send().await.unwrap();
    assert_eq!(ok.status(), 200);
    for path in ["/services/T000/B000/no-service-here", "/services/T000"] {
        assert_eq!(asker.post(path).json(&json!({"text": "x"})).send().await.unwrap().status(), 404);
    }
    for members in [
        json!({"event_action": "resolve"}),
        json!({"event_action": "explode", "dedup_key": "x"}),
        json!({"payload": {"summary": "x".repeat(1_025), "source": "x", "severity": "info"}}),
        json!({"dedup_key": "x".repeat(256)}),
    ] {
        let response = asker.pager(&members).send().await.unwrap();
        assert_eq!(response.status(), 400, "{members}");
        assert_eq!(response.json::<Value>().await.unwrap()["errors"].as_array().unwrap().len(), 1, "{members}");
    }
    let resolve = asker.pager(&json!({"event_action": "resolve", "dedup_key": "fire"})).send().await.unwrap();
    assert_eq!(resolve.status(), 202);
}

#[tokio::test]
async fn a_batch_of_postmark_has_an_answer_for_each() {
    let asker = Asker::start().await;
    let mail = |to: &str| json!({"From": "octo@x.example", "To": to, "TextBody": "x"});
    let batch = json!([mail("a@x.example"), mail("nobody"), mail("b@slow.example")]);
    asker.fault(&json!({"kind": "reject", "status": 422, "code": "406", "to": "*@slow.example"}));
    let token = asker.server.accounts().postmark_token;
    let post = |body: Value| asker.post("/email/batch").header("x-postmark-server-token", &token).json(&body);
    let answers: Value = post(batch).send().await.unwrap().json().await.unwrap();
    let codes: Vec<u64> =
        answers.as_array().unwrap().iter().map(|answer| answer["ErrorCode"].as_u64().unwrap()).collect();
    assert_eq!(codes, [0, 300, 406]);
    assert_eq!(asker.all().iter().filter(|sent| sent.is_accepted()).count(), 1);
    let too_many = post(json!(vec![mail("a@x.example"); 501])).send().await.unwrap();
    assert_eq!(too_many.json::<Value>().await.unwrap()["ErrorCode"], 410);
}

#[tokio::test]
async fn messages_are_shown() {
    let asker = Asker::start().await;
    asker.sendgrid("ada@x.example").send().await.unwrap();
    asker.twilio("+436601234567", None).send().await.unwrap();
    asker.sendgrid("nobody").send().await.unwrap();
    let get = async |path: &str| asker.control("GET", path, &Value::Null).await.1;
    let numbers = async |query: &str| -> Vec<u64> {
        let found = get(&format!("/messages?{query}")).await;
        found["messages"].as_array().unwrap().iter().map(|sent| sent["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("").await, [1, 2, 3]);
    assert_eq!(numbers("limit=1").await, [3]);
    assert_eq!(numbers("since=1&limit=1").await, [2]);
    assert_eq!(numbers("kind=mail&accepted=true").await, [1]);
    assert_eq!(numbers("to=ADA").await, [1]);
    assert_eq!(numbers("provider=twilio").await, [2]);
    assert_eq!(asker.control("GET", "/messages?kind=pigeon", &Value::Null).await.0, 400);
    let one = get("/messages/1").await;
    assert_eq!((&one["html"], &one["origin"]["headers"]["authorization"]), (&json!("<p>HTML.</p>"), &json!("***")));
    assert_eq!(get("/messages/1/html").await, json!("<p>HTML.</p>"));
    assert_eq!(get("/messages/1/raw").await["subject"], "Hello");
    let state = get("").await;
    assert_eq!(state["providers"]["sendgrid"], json!({"accepted": 1, "refused": 1}));
    assert_eq!(asker.control("POST", "/bounce/3", &Value::Null).await.0, 409);
    assert_eq!(asker.control("POST", "/bounce/4", &Value::Null).await.0, 404);
    assert_eq!(asker.control("DELETE", "/messages", &Value::Null).await.0, 204);
    assert!(asker.all().is_empty());
}
