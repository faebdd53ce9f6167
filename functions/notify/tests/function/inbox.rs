//! The inbox: by HTTP, and to the windows that are open.

use crate::house::{by, event, house};
use octavo_domain_notify::{Channel, Event, Recipient};
use serde_json::{Map, json};

#[tokio::test]
async fn what_is_told_lies_in_the_inbox_and_is_pushed() {
    let house = house().await;
    let event = by(&[Channel::InApp], event("comment.added", &["ada", "bob"]));
    let own = Map::from_iter([("who".to_owned(), json!("only ada"))]);
    let recipients = vec![
        Recipient::User { user: "ada".parse().unwrap(), data: own },
        Recipient::User { user: "bob".parse().unwrap(), data: Map::new() },
    ];
    house.tell(&Event { recipients, ..event }).await;
    let pushed = house.sent("realtime");
    assert_eq!(pushed.len(), 2);
    for message in &pushed {
        assert_eq!(message.kind, "inbox.added");
        let user = message.body["user"].as_str().unwrap();
        let page = house.ask(user, "GET", "/v1/inbox", None).await.expect(200);
        assert_eq!((&page["unread"], page["notifications"].as_array().unwrap().len()), (&json!(1), 1));
        assert_eq!(page["notifications"][0], message.body["notification"], "what is pushed is what lies there");
        let ada = page["notifications"][0]["data"]["who"] == "only ada";
        assert_eq!(ada, user == "ada");
        assert_eq!(page["notifications"][0]["link"], "/somewhere");
    }
    let ids = json!([pushed[0].body["notification"]["id"]]);
    let (first, second) = (pushed[0].body["user"].as_str().unwrap(), pushed[1].body["user"].as_str().unwrap());
    let mark = async |user: &str, body| house.ask(user, "POST", "/v1/inbox/marks", Some(body)).await;
    assert_eq!(mark(second, json!({"ids": ids, "mark": "read"})).await.expect(200), json!({"unread": 1}), "not theirs");
    assert_eq!(mark(first, json!({"ids": ids, "mark": "read"})).await.expect(200), json!({"unread": 0}));
    assert_eq!(mark(second, json!({"mark": "archived"})).await.expect(200), json!({"unread": 0}));
    assert_eq!(mark(first, json!({"mark": "eaten"})).await.problem().2, "mark");
    let put_away = house.ask(second, "GET", "/v1/inbox", None).await.expect(200);
    assert_eq!(put_away["notifications"], json!([]));
    let all = house.ask(second, "GET", "/v1/inbox?archived=true", None).await.expect(200);
    assert_eq!(all["notifications"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_inbox_is_read_in_pages() {
    let house = house().await;
    for _ in 0..5 {
        house.tell(&by(&[Channel::InApp], event("comment.added", &["ada"]))).await;
        house.clock.advance(std::time::Duration::from_secs(1));
    }
    let mut seen = Vec::new();
    let mut path = "/v1/inbox?limit=2".to_owned();
    loop {
        let page = house.ask("ada", "GET", &path, None).await.expect(200);
        seen.extend(page["notifications"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/inbox?limit=2&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    let mut sorted = seen.clone();
    sorted.sort_by(|one, other| other.cmp(one));
    assert_eq!(seen, sorted, "newest first");
    assert_eq!(house.ask("ada", "GET", "/v1/inbox?limit=101", None).await.problem(), (400, "EDGE_0001", "query:limit"));
}
