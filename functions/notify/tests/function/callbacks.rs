//! What providers say later.

use crate::house::{acme, house, mail_to};
use crate::providers::Does;
use octavo_domain_kernel::Clock;
use octavo_domain_notify::{Address, AttemptStatus, CallbackNews, Channel, MessageStatus, Suppression};

const PATH: &str = "/v1/notification-callbacks/mail";

#[tokio::test]
async fn what_a_provider_says_settles_what_nobody_knew() {
    let house = house().await;
    house.mail.next([Does::TakeInSilence]);
    let event = mail_to(&["ada"]);
    house.tell(&event).await;
    let message = house.message(event.id).await.message;
    assert_eq!(message.status, MessageStatus::Unknown);
    let news = |status, suppress| CallbackNews {
        message: Some(message.id),
        provider: "mail".to_owned(),
        provider_id: Some("p-1".to_owned()),
        status,
        code: None,
        detail: None,
        suppress,
        at: house.clock.now(),
    };
    let good = [("proof", "good")];
    house.believes.news.lock().push((acme(), news(AttemptStatus::Accepted, None)));
    assert_eq!(house.ask_with("", "POST", PATH, None, &good).await.status, 204);
    assert_eq!(house.status(event.id).await, MessageStatus::Sent);
    let suppression = Suppression {
        channel: Channel::Email,
        address: Address("ada@acme.example".to_owned()),
        category: None,
        why: "bounce".to_owned(),
        detail: None,
        at: house.clock.now(),
    };
    let path = format!("{PATH}/acme.{}?x=1", message.id);
    *house.believes.news.lock() = vec![(acme(), news(AttemptStatus::Bounced, Some(suppression)))];
    for _ in 0..2 {
        assert_eq!(house.ask_with("", "POST", &path, None, &good).await.status, 204);
    }
    let (url, reference) = house.believes.seen.lock().clone().unwrap();
    assert_eq!(url, format!("https://octavo.example{path}"));
    assert_eq!(reference, Some(format!("acme.{}", message.id)));
    assert_eq!(house.status(event.id).await, MessageStatus::Bounced);
    let next = mail_to(&["ada"]);
    house.tell(&next).await;
    assert_eq!(house.status(next.id).await, MessageStatus::Dropped);
    // Of another tenant's messages it says nothing that is heard.
    *house.believes.news.lock() = vec![("umbrella".parse().unwrap(), news(AttemptStatus::Delivered, None))];
    assert_eq!(house.ask_with("", "POST", PATH, None, &good).await.status, 204);
    assert_eq!(house.status(event.id).await, MessageStatus::Bounced);
}

#[tokio::test]
async fn who_proves_nothing_is_not_believed() {
    let house = house().await;
    for (path, proof, status, code) in [
        (PATH, "none", 401, "NOTIFY_0010"),
        (PATH, "odd", 400, "NOTIFY_0011"),
        (PATH, "away", 503, "NOTIFY_0012"),
        ("/v1/notification-callbacks/fax", "good", 404, "NOTIFY_0001"),
    ] {
        let answer = house.ask_with("", "POST", path, None, &[("proof", proof)]).await;
        assert_eq!((answer.problem().0, answer.problem().1), (status, code), "{path} {proof}");
        assert!(!answer.text.contains("told to"), "{}", answer.text);
    }
}
