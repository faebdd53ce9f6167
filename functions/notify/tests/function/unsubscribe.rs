//! Unsubscribing by a link of a mail.

use crate::house::{House, house, mail_to};
use octavo_domain_notify::{Address, Channel, Event, MessageStatus, Recipient};
use serde_json::json;

/// The path of the link in the mail that was sent last.
fn link(house: &House) -> String {
    let (_, html, headers) = house.mail.page();
    let value = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(value("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let url = value("List-Unsubscribe");
    let url = url.strip_prefix('<').unwrap().strip_suffix('>').unwrap().to_owned();
    assert!(html.contains(&url), "{html}");
    url.strip_prefix("https://octavo.example").unwrap().to_owned()
}

#[tokio::test]
async fn a_person_unsubscribes_by_one_click_and_may_come_back() {
    let house = house().await;
    house.tell(&mail_to(&["ada"])).await;
    let path = link(&house);
    for method in ["GET", "HEAD", "GET"] {
        let page = house.ask("", method, &path, None).await;
        assert_eq!(page.status, 200);
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        assert_eq!(page.headers["cache-control"], "no-store");
    }
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    assert_eq!(house.status(event.id).await, MessageStatus::Sent, "who only looks changes nothing");
    for _ in 0..2 {
        let done = house.ask_with("", "POST", &path, None, &[]).await;
        assert!(done.status == 200 && done.text.contains("invoice.due"), "{}", done.text);
    }
    let event = mail_to(&["ada", "bob"]);
    house.tell(&event).await;
    let told: Vec<_> = house.messages(event.id).await;
    let told: Vec<_> = told.iter().filter(|claim| claim.message.status == MessageStatus::Sent).collect();
    assert_eq!(told.len(), 1);
    let chosen = house.ask("ada", "GET", "/v1/notification-preferences", None).await.expect(200);
    assert_eq!(chosen["choices"], json!({"invoice.due": {"email": "off"}}));
    house.ask("ada", "PUT", "/v1/notification-preferences", Some(json!({}))).await.expect(200);
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    assert_eq!(house.status(event.id).await, MessageStatus::Sent);
}

#[tokio::test]
async fn an_address_that_is_no_persons_is_suppressed_for_the_category() {
    let house = house().await;
    let guest = |category: &str| Event {
        category: category.to_owned(),
        recipients: vec![Recipient::Address {
            channel: Channel::Email,
            address: Address("guest@else.example".to_owned()),
            name: None,
            language: Some("de".to_owned()),
            zone: None,
        }],
        ..mail_to(&[])
    };
    house.tell(&guest("invoice.due")).await;
    let path = link(&house);
    house.ask("", "POST", &path, None).await;
    for (category, status) in [("invoice.due", MessageStatus::Dropped), ("invoice.paid", MessageStatus::Sent)] {
        let event = guest(category);
        house.tell(&event).await;
        assert_eq!(house.status(event.id).await, status, "{category}");
    }
}

#[tokio::test]
async fn a_link_that_was_not_made_here_does_nothing() {
    let house = house().await;
    house.tell(&mail_to(&["ada"])).await;
    let path = link(&house);
    for wrong in [
        path[..path.len() - 3].to_owned(),
        path.replace("unsubscribe/", "unsubscribe/x"),
        "/v1/unsubscribe/a.b".to_owned(),
    ] {
        for method in ["GET", "POST"] {
            let page = house.ask("", method, &wrong, None).await;
            assert!(page.status == 404 && page.text.contains("does not work"), "{method} {wrong}");
        }
    }
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    assert_eq!(house.status(event.id).await, MessageStatus::Sent);
}
