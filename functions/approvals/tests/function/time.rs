//! What time does.

use crate::house::house;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn people_are_reminded_and_then_others_are_asked() {
    let house = house().await;
    let asked = json!({
        "Title": "Buy a press",
        "Approvers": ["user:bob"],
        "Reminders": {"After": "P1D", "BusinessTime": false},
        "Escalations": [{"After": "P2D", "To": ["user:cyd"], "BusinessTime": false}],
        "Deadline": {"After": "P3D", "Default": "reject"},
    });
    let waiting = house.wait(asked).await;
    assert_eq!(house.told(), [("approval.requested".to_owned(), vec!["bob".to_owned()])]);
    house.wake(waiting).await;
    assert!(house.told().is_empty(), "nothing is due");
    house.clock.advance(DAY);
    house.wake(waiting).await;
    house.wake(waiting).await;
    assert_eq!(house.told(), [("approval.reminder".to_owned(), vec!["bob".to_owned()])], "once, also if rung twice");
    house.clock.advance(DAY);
    house.wake(waiting).await;
    let told = house.told();
    assert!(told.contains(&("approval.escalated".to_owned(), vec!["cyd".to_owned()])), "{told:?}");
    assert_eq!(house.get("cyd", &waiting.path("")).await["can"]["decide"], json!([0]));
    house.clock.advance(DAY);
    house.wake(waiting).await;
    assert_eq!(house.get("ada", &waiting.path("")).await["outcome"], "REJECTED");
    assert_eq!(house.told(), [("approval.ended".to_owned(), vec!["ada".to_owned()])]);
    assert_eq!(house.output(waiting).await["Outcome"], "REJECTED");
}

#[tokio::test]
async fn time_does_nothing_to_what_is_decided() {
    let house = house().await;
    let asked =
        json!({"Title": "Buy a press", "Approvers": ["user:bob"], "Deadline": {"After": "P3D", "Default": "reject"}});
    let waiting = house.wait(asked).await;
    house.post("bob", &waiting.path("/decision"), json!({"verdict": "approve"})).await.expect(200);
    house.clock.advance(DAY * 4);
    house.wake(waiting).await;
    assert_eq!(house.get("ada", &waiting.path("")).await["outcome"], "APPROVED");
    assert_eq!(house.output(waiting).await["Outcome"], "APPROVED");
}

#[tokio::test]
async fn business_time_is_the_tenants() {
    let house = house().await;
    let calendar = json!({"zone": "UTC", "hours": {"monday": [{"from": "09:00:00", "to": "17:00:00"}]}});
    house.ask("root", "PUT", "/v1/calendars/default", Some(calendar)).await.expect(200);
    // The second stage is opened by a decision, and so by the tenant's calendar: 1 January 2026 is a Thursday.
    let stages = json!([
        {"Approvers": ["user:bob"]},
        {"Approvers": ["user:cyd"], "Deadline": {"After": "PT1H", "BusinessTime": true}},
    ]);
    let waiting = house.wait(json!({"Title": "Buy a press", "Stages": stages})).await;
    let view = house.post("bob", &waiting.path("/decision"), json!({"verdict": "approve"})).await.expect(200);
    let deadline: &Value = &view["stages"][1]["deadline_at"];
    assert_eq!(deadline, "2026-01-05T10:00:00Z");
}
