//! The hub `notifications`.

use crate::place::{Place, tenant};
use octavo_domain_kernel::UserId;
use serde_json::{Value, json};

fn news(title: &str, key: Option<&str>) -> Value {
    json!({ "category": "test", "title": title, "text": "Text", "link": "/x", "dedupe_key": key })
}

fn ada() -> UserId {
    "ada".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_reaches_every_connection_of_its_user_once_and_nobody_else() {
    let place = Place::of(2).await;
    let mut here = place.connect(0, "notifications", "ada@acme").await;
    let mut there = place.connect(1, "notifications", "ada@acme").await;
    let mut bob = place.connect(1, "notifications", "bob@acme").await;
    let mut namesake = place.connect(0, "notifications", "ada@globex").await;
    let acme = tenant("acme");
    let push = place.push(0);
    push.notify(&acme, &ada(), &news("One", Some("key"))).await.unwrap();
    push.notify(&acme, &ada(), &news("One again", Some("key"))).await.unwrap();
    place.push(1).notify(&acme, &ada(), &news("Two", None)).await.unwrap();
    for client in [&mut here, &mut there] {
        let one = client.pushed("notification").await;
        let two = client.pushed("notification").await;
        assert_eq!((one[0]["title"].as_str(), two[0]["title"].as_str()), (Some("One"), Some("Two")));
        assert_eq!(two[1]["offset"].as_u64().unwrap(), one[1]["offset"].as_u64().unwrap() + 1);
        while client.pushed("unread").await[0]["count"] != 2 {}
        client.nothing_of(&["notification"], ("UnreadCount", json!([]))).await;
    }
    assert_eq!(bob.call("UnreadCount", json!([])).await, 0);
    bob.nothing_of(&["notification", "unread"], ("UnreadCount", json!([]))).await;
    namesake.nothing_of(&["notification", "unread"], ("UnreadCount", json!([]))).await;
    let refused = push.notify(&acme, &ada(), &json!({ "category": "x", "title": "" })).await;
    assert!(refused.is_err());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inbox_is_paged_and_marked_and_the_other_connections_hear_of_it() {
    let place = Place::of(2).await;
    let mut ada_here = place.connect(0, "notifications", "ada@acme").await;
    let mut ada_there = place.connect(1, "notifications", "ada@acme").await;
    for title in ["One", "Two", "Three"] {
        place.push(0).notify(&tenant("acme"), &ada(), &news(title, None)).await.unwrap();
    }
    while ada_there.pushed("unread").await[0]["count"] != 3 {}
    let titles = |page: &Value| -> Vec<String> {
        let listed = page["notifications"].as_array().unwrap();
        listed.iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
    };
    let page = ada_here.call("List", json!([{ "limit": 2 }])).await;
    assert_eq!(
        (titles(&page), page["more"].clone(), page["unread"].clone()),
        (vec!["Three".into(), "Two".into()], json!(true), json!(3))
    );
    let (three, two) = (page["notifications"][0]["id"].clone(), page["notifications"][1]["id"].clone());
    let rest = ada_here.call("List", json!([{ "limit": 2, "before": two }])).await;
    assert_eq!((titles(&rest), rest["more"].clone()), (vec!["One".into()], json!(false)));
    for bad in [json!([{ "limit": 0 }]), json!([{ "limit": 101 }]), json!([{ "nonsense": 1 }]), json!(["x"])] {
        ada_here.refused("List", bad).await;
    }

    assert_eq!(ada_here.call("MarkSeen", json!([null])).await, json!({ "unread": 3 }));
    assert_eq!(ada_here.call("MarkRead", json!([{ "ids": [two] }])).await, json!({ "unread": 2 }));
    assert_eq!(ada_there.pushed("marked").await, [json!({ "mark": "seen", "ids": null })]);
    assert_eq!(ada_there.pushed("marked").await, [json!({ "mark": "read", "ids": [two] })]);
    while ada_there.pushed("unread").await[0]["count"] != 2 {}
    assert_eq!(ada_here.call("MarkUnread", json!([{ "ids": [two] }])).await, json!({ "unread": 3 }));
    assert_eq!(ada_here.call("Archive", json!([{ "ids": [three] }])).await, json!({ "unread": 2 }));
    assert_eq!(titles(&ada_here.call("List", json!([null])).await), ["Two", "One"]);
    assert_eq!(titles(&ada_here.call("List", json!([{ "archived": true }])).await), ["Three", "Two", "One"]);
    assert_eq!(ada_here.call("MarkRead", json!([{}])).await, json!({ "unread": 0 }));
    // Somebody else's ids are passed over.
    let mut bob = place.connect(0, "notifications", "bob@acme").await;
    assert_eq!(bob.call("MarkUnread", json!([{ "ids": [two] }])).await, json!({ "unread": 0 }));
    assert_eq!(ada_here.call("UnreadCount", json!([])).await, 0);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_while_one_was_away_is_had_whole_or_not_at_all() {
    let place = Place::of(1).await;
    let acme = tenant("acme");
    let mut client = place.connect(0, "notifications", "ada@acme").await;
    let begin = client.call("Missed", json!([null])).await;
    assert_eq!((begin["whole"].clone(), begin["notifications"].clone()), (json!(true), json!([])));
    place.push(0).notify(&acme, &ada(), &news("One", None)).await.unwrap();
    let seen = client.pushed("notification").await[1].clone();
    client.drop_it();
    for title in ["Two", "Three"] {
        place.push(0).notify(&acme, &ada(), &news(title, None)).await.unwrap();
    }
    let mut client = place.connect(0, "notifications", "ada@acme").await;
    let missed = client.call("Missed", json!([seen])).await;
    let titles: Vec<_> = missed["notifications"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect();
    assert_eq!((missed["whole"].clone(), titles), (json!(true), vec![json!("Two"), json!("Three")]));
    let none = client.call("Missed", json!([missed["position"]])).await;
    assert_eq!((none["whole"].clone(), none["notifications"].clone()), (json!(true), json!([])));
    let lost = client.call("Missed", json!([{ "epoch": "another life", "offset": 1 }])).await;
    assert_eq!((lost["whole"].clone(), lost["notifications"].clone()), (json!(false), json!([])));
    // Nobody reads somebody else's.
    let mut bob = place.connect(0, "notifications", "bob@acme").await;
    assert_eq!(bob.call("Missed", json!([seen])).await["notifications"], json!([]));
    place.close().await;
}
