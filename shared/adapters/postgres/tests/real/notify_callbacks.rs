//! What providers say later: forward only.

use crate::fixture::everywhere;
use crate::notify_fixture::{WORKER, acme, at, attempt, claim, close, closed, held, id, message, outcome, start};
use crate::notify_messages::suppression;
use octavo_adapters_postgres::Postgres;
use octavo_domain_notify::{
    AttemptStatus, CallbackNews, Closed, MessageId, MessageStatus, NotifyStore, Started, Suppression,
};

fn news(message: Option<MessageId>, status: AttemptStatus) -> CallbackNews {
    CallbackNews {
        message,
        provider: "smtp".to_owned(),
        provider_id: Some("p-1".to_owned()),
        status,
        code: Some("later".to_owned()),
        detail: None,
        suppress: None,
        at: at(100),
    }
}

async fn take(store: &Postgres, news: &[CallbackNews]) -> u32 {
    store.callbacks_take(&acme(), news).await.unwrap()
}

/// A mail of which a provider took the first attempt, or nobody knows.
async fn left(store: &Postgres, number: u128, status: MessageStatus, ended: AttemptStatus) -> MessageId {
    let mail = held(store, number).await;
    let second = i64::try_from(number).unwrap() + 1;
    assert_eq!(start(store, mail, WORKER, &attempt(1, "smtp", second)).await, Started::Yes);
    let mut end = outcome(ended, second);
    end.1.provider_id = Some(format!("p-{number}"));
    close(store, WORKER, &[Closed { attempt: Some(end), ..closed(mail, status) }], second).await;
    mail
}

async fn stands(store: &Postgres, mail: MessageId) -> (MessageStatus, AttemptStatus) {
    let claim = message(store, mail).await;
    (claim.message.status, claim.attempts[0].status)
}

#[tokio::test]
async fn what_arrived_or_bounced_stays_so() {
    use AttemptStatus::{Accepted, Bounced, Delivered, Rejected};
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let sent = (MessageStatus::Sent, Accepted);
        let delivered = (MessageStatus::Delivered, Delivered);
        let bounced = (MessageStatus::Bounced, Bounced);
        let unknown = (MessageStatus::Unknown, AttemptStatus::Unknown);
        let failed = (MessageStatus::Failed, Rejected);
        for (number, (before, said, after)) in (1_u128..).zip([
            (sent, vec![Delivered], delivered),
            (sent, vec![Bounced], bounced),
            (sent, vec![Accepted], sent),
            (sent, vec![Rejected], failed),
            (sent, vec![Delivered, Bounced, Accepted, Rejected], delivered),
            (sent, vec![Bounced, Delivered, Accepted, Rejected], bounced),
            (unknown, vec![Accepted], sent),
            (unknown, vec![Accepted, Delivered], delivered),
            (unknown, vec![Rejected], failed),
            (unknown, vec![Bounced], bounced),
            (failed, vec![Accepted], failed),
            (failed, vec![Delivered], delivered),
        ]) {
            let mail = left(store, number, before.0, before.1).await;
            let all: Vec<_> = said.iter().map(|status| news(Some(mail), *status)).collect();
            let all: Vec<_> =
                all.into_iter().map(|news| CallbackNews { provider_id: Some(format!("p-{number}")), ..news }).collect();
            assert_eq!(take(store, &all).await as usize, said.len());
            assert_eq!(stands(store, mail).await, after, "{before:?}, then {said:?}");
            assert_eq!(take(store, &all).await as usize, said.len(), "the same again");
            assert_eq!(stands(store, mail).await, after, "{before:?}, then {said:?} twice");
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_found_by_the_message_or_by_what_the_provider_calls_it() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let one = left(store, 1, MessageStatus::Sent, AttemptStatus::Accepted).await;
        let two = left(store, 2, MessageStatus::Sent, AttemptStatus::Accepted).await;
        let delivered = news(None, AttemptStatus::Delivered);
        let called = |name: &str| CallbackNews { provider_id: Some(name.to_owned()), ..delivered.clone() };
        assert_eq!(take(store, &[called("p-9"), called("p-2")]).await, 1);
        assert_eq!(stands(store, one).await.0, MessageStatus::Sent);
        assert_eq!(stands(store, two).await.0, MessageStatus::Delivered);
        let elsewhere = CallbackNews { provider: "ses".to_owned(), ..called("p-1") };
        assert_eq!(take(store, &[elsewhere]).await, 0, "another provider's p-1");
        let by_message = CallbackNews { message: Some(one), provider_id: None, ..delivered.clone() };
        assert_eq!(take(store, std::slice::from_ref(&by_message)).await, 1);
        let attempt = &message(store, one).await.attempts[0];
        assert_eq!((attempt.status, attempt.code.as_deref()), (AttemptStatus::Delivered, Some("later")));
        assert_eq!(attempt.provider_id.as_deref(), Some("p-1"));

        // Known, and never tried by that provider.
        let untried = held(store, 3).await;
        assert_eq!(take(store, &[CallbackNews { message: Some(untried), ..delivered.clone() }]).await, 1);
        assert_eq!(message(store, untried).await.message.status, MessageStatus::Planned);
        assert_eq!(take(store, &[CallbackNews { message: Some(id(77)), ..delivered }]).await, 0);
        assert!(store.callbacks_take(&acme(), &[news(Some(one), AttemptStatus::Started)]).await.is_err());
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_says_before_its_answer_is_not_taken_back() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for (number, said, stays) in [
            (1, AttemptStatus::Delivered, MessageStatus::Delivered),
            (2, AttemptStatus::Bounced, MessageStatus::Bounced),
            (3, AttemptStatus::Accepted, MessageStatus::Sent),
        ] {
            for (offset, end) in [(0, MessageStatus::Sent), (10, MessageStatus::Unknown), (20, MessageStatus::Planned)]
            {
                let mail = held(store, number + offset).await;
                start(store, mail, WORKER, &attempt(1, "smtp", 30)).await;
                assert_eq!(take(store, &[CallbackNews { provider_id: None, ..news(Some(mail), said) }]).await, 1);
                assert_eq!(start(store, mail, WORKER, &attempt(2, "ses", 31)).await, Started::No, "it is settled");
                let mut ended = outcome(AttemptStatus::Accepted, 31);
                ended.1.provider_id = Some(format!("p-{number}-{offset}"));
                let again = (end == MessageStatus::Planned).then(|| at(50));
                let left = Closed { attempt: Some(ended), due_at: again, ..closed(mail, end) };
                assert_eq!(close(store, WORKER, &[left], 31).await, vec![mail]);
                assert_eq!(stands(store, mail).await, (stays, said), "{said:?}, then {end:?}");
                assert_eq!(claim(store, &[mail], "other", 99).await, [], "nothing is to be done about it");
            }
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn only_the_last_attempt_makes_a_message_bounce() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mail = left(store, 1, MessageStatus::Unknown, AttemptStatus::Unknown).await;
        assert!(store.message_retry(&acme(), mail, at(10)).await.unwrap());
        claim(store, &[mail], WORKER, 10).await;
        start(store, mail, WORKER, &attempt(2, "ses", 11)).await;
        close(store, WORKER, &[closed(mail, MessageStatus::Sent)], 12).await;
        assert_eq!(take(store, &[news(Some(mail), AttemptStatus::Bounced)]).await, 1);
        assert_eq!(stands(store, mail).await, (MessageStatus::Sent, AttemptStatus::Bounced));
        let second = CallbackNews { provider: "ses".to_owned(), ..news(Some(mail), AttemptStatus::Bounced) };
        assert_eq!(take(store, &[second]).await, 1);
        assert_eq!(stands(store, mail).await.0, MessageStatus::Bounced);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_no_good_is_kept_whoever_it_was_about() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let mail = left(store, 1, MessageStatus::Sent, AttemptStatus::Delivered).await;
        let complaint = Suppression { why: "complaint".to_owned(), ..suppression("Ada@Acme.example", None) };
        let about =
            |message| CallbackNews { suppress: Some(complaint.clone()), ..news(message, AttemptStatus::Delivered) };
        assert_eq!(take(store, &[about(Some(mail)), about(Some(mail))]).await, 2);
        let kept = store.suppression_list(&acme(), None, 10).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].address.0.as_str(), kept[0].why.as_str()), ("ada@acme.example", "complaint"));
        fixture
    })
    .await;
}
