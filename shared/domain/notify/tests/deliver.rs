//! What follows an attempt.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_notify::{
    Accepted, Attempt, AttemptStatus, Channel, Claim, Message, MessageStatus, Next, Reason, Recipient, Resume,
    SendError, Step, Try, Urgency, after, resume,
};
use proptest::prelude::*;
use std::time::Duration;

fn now() -> DateTime<Utc> {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn attempt(number: u32, started_at: DateTime<Utc>, status: AttemptStatus) -> Attempt {
    let ended_at = (status != AttemptStatus::Started).then_some(started_at);
    Attempt {
        number,
        provider: "smtp".to_owned(),
        started_at,
        ended_at,
        status,
        provider_id: None,
        code: None,
        detail: None,
    }
}

fn made(earlier: &[Attempt], channel: Channel, providers: usize, left: usize) -> Try<'_> {
    Try { channel, earlier, started_at: now(), providers, left, another_time: false }
}

fn not_taken(retry_after: Option<u64>) -> Result<Accepted, SendError> {
    let retry_after = retry_after.map(Duration::from_secs);
    Err(SendError::NotTaken { code: Some("421".to_owned()), detail: "busy".to_owned(), retry_after })
}

fn rejected() -> Result<Accepted, SendError> {
    Err(SendError::Rejected { code: None, detail: "no".to_owned() })
}

fn unknown() -> Result<Accepted, SendError> {
    Err(SendError::Unknown { detail: "no answer".to_owned() })
}

fn step(made: &Try<'_>, result: &Result<Accepted, SendError>) -> Step {
    after(made, result, now(), 0.5).step
}

#[test]
fn only_a_definite_refusal_goes_to_another_provider() {
    let mail = |left| made(&[], Channel::Email, 2, left);
    assert_eq!(step(&mail(1), &rejected()), Step::NextProvider);
    assert_eq!(step(&mail(1), &not_taken(None)), Step::NextProvider);
    assert_eq!(step(&mail(1), &unknown()), Step::Leave(MessageStatus::Unknown));
    let recipient = |suppress| Err(SendError::Recipient { code: None, detail: "no such user".to_owned(), suppress });
    assert_eq!(step(&mail(1), &recipient(true)), Step::Leave(MessageStatus::Failed));
    assert!(after(&mail(1), &recipient(true), now(), 0.0).suppress);
    assert!(!after(&mail(1), &recipient(false), now(), 0.0).suppress);
    assert_eq!(step(&mail(0), &rejected()), Step::Leave(MessageStatus::Failed));
    let maybe = Try { another_time: true, ..mail(0) };
    assert!(matches!(step(&maybe, &rejected()), Step::Later(_)), "another one of the round may take it later");
    let taken = |delivered| Ok(Accepted { provider_id: Some("7".to_owned()), delivered });
    assert_eq!(step(&mail(1), &taken(false)), Step::Leave(MessageStatus::Sent));
    assert_eq!(step(&mail(1), &taken(true)), Step::Leave(MessageStatus::Delivered));
}

#[test]
fn a_receiver_that_knows_the_second_for_the_first_is_told_again() {
    let hook = made(&[], Channel::Webhook, 1, 0);
    let next = after(&hook, &unknown(), now(), 0.5);
    assert!(matches!(next.step, Step::Later(_)));
    assert_eq!(next.outcome.status, AttemptStatus::Unknown);
    let (status, reason, due) = next.step.status().unwrap();
    assert_eq!((status, reason), (MessageStatus::Planned, Some(Reason::Retry)));
    assert!(due.is_some());
}

#[test]
fn a_wish_to_wait_is_heeded_within_bounds() {
    let mail = made(&[], Channel::Email, 1, 0);
    let due = |retry_after| match step(&mail, &not_taken(retry_after)) {
        Step::Later(at) => at - now(),
        other => panic!("{other:?}"),
    };
    assert_eq!(due(Some(120)), TimeDelta::seconds(120));
    assert_eq!(due(Some(10_000_000)), TimeDelta::hours(6));
    assert!(due(None) <= TimeDelta::seconds(5));
}

#[test]
fn tries_end() {
    for providers in [1, 2, 3] {
        let (mut earlier, mut at, mut rounds) = (Vec::new(), now(), 0);
        loop {
            rounds += 1;
            let mut last = None;
            for left in (0..providers).rev() {
                let made = Try { started_at: at, ..made(&earlier, Channel::Email, providers, left) };
                last = Some(after(&made, &not_taken(None), at, 0.999).step);
                let number = u32::try_from(earlier.len()).unwrap() + 1;
                earlier.push(attempt(number, at, AttemptStatus::NotTaken));
            }
            match last.unwrap() {
                Step::Later(due) => at = due,
                Step::Leave(MessageStatus::Failed) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(rounds, 8, "{providers} providers");
        assert!(at - now() > TimeDelta::hours(1), "an outage of an hour is outlasted");
    }
}

#[test]
fn what_would_come_a_day_late_does_not_come() {
    let earlier = [attempt(1, now() - TimeDelta::hours(20), AttemptStatus::NotTaken)];
    let mail = made(&earlier, Channel::Email, 1, 0);
    assert_eq!(step(&mail, &not_taken(Some(6 * 3600))), Step::Leave(MessageStatus::Failed));
    let old: Vec<_> =
        (1..=8).map(|number| attempt(number, now() - TimeDelta::days(7), AttemptStatus::NotTaken)).collect();
    let again = made(&old, Channel::Email, 1, 0);
    assert!(matches!(step(&again, &not_taken(None)), Step::Later(_)), "sent again by a person, it has its tries again");
}

#[test]
fn a_death_is_found() {
    let claim = |channel, status| Claim {
        message: Message {
            id: uuid::Uuid::nil(),
            event: uuid::Uuid::nil(),
            category: "test".to_owned(),
            channel,
            recipient: Recipient::Target { target: "t".to_owned() },
            user: None,
            address: None,
            urgency: Urgency::Normal,
            matter: None,
            mandatory: false,
            digest: None,
            status: MessageStatus::Sending,
            reason: None,
            created_at: now(),
            due_at: None,
            attempts: 1,
            updated_at: now(),
        },
        events: Vec::new(),
        gathered: 1,
        attempts: vec![attempt(1, now(), status)],
    };
    assert!(matches!(resume(&claim(Channel::Email, AttemptStatus::Started)), Resume::Ask(open) if open.number == 1));
    assert!(matches!(resume(&claim(Channel::Webhook, AttemptStatus::Started)), Resume::Again(_)));
    assert_eq!(resume(&claim(Channel::Email, AttemptStatus::NotTaken)), Resume::Send);
}

fn results() -> impl Strategy<Value = Result<Accepted, SendError>> {
    prop_oneof![
        any::<bool>().prop_map(|delivered| Ok(Accepted { provider_id: None, delivered })),
        Just(rejected()),
        prop::option::of(any::<u64>()).prop_map(not_taken),
        Just(unknown()),
        any::<bool>().prop_map(|suppress| Err(SendError::Recipient {
            code: None,
            detail: "\0no".repeat(900),
            suppress
        })),
    ]
}

proptest! {
    #[test]
    fn whatever_happened(
        result in results(), left in 0_usize..3, more in 0_usize..3, chance in 0.0_f64..1.0, tried in 0_u32..40,
        another_time in any::<bool>(),
        channel in prop::sample::select(vec![Channel::Email, Channel::Sms, Channel::Webhook, Channel::Pagerduty]),
    ) {
        let earlier: Vec<_> = (1..=tried).map(|number| attempt(number, now(), AttemptStatus::NotTaken)).collect();
        let made = Try { another_time, ..made(&earlier, channel, left + more + 1, left) };
        let Next { outcome, step, suppress } = after(&made, &result, now(), chance);
        prop_assert!(outcome.status != AttemptStatus::Started);
        prop_assert!(outcome.detail.as_ref().is_none_or(|detail| detail.len() <= 1_000 && !detail.contains('\0')));
        prop_assert!(!suppress || step == Step::Leave(MessageStatus::Failed));
        match (&result, step) {
            (Ok(_), Step::Leave(status)) => prop_assert!(matches!(status, MessageStatus::Sent | MessageStatus::Delivered)),
            (Ok(_), _) => prop_assert!(false, "what was taken is not sent again"),
            (Err(SendError::Unknown { .. }), step) if !channel.is_idempotent() => {
                prop_assert_eq!(step, Step::Leave(MessageStatus::Unknown), "what may have arrived is not sent again");
            }
            (_, Step::NextProvider) => prop_assert!(left > 0),
            (_, Step::Later(due)) => prop_assert!(due >= now() && due <= now() + TimeDelta::hours(6)),
            (_, Step::Leave(status)) => prop_assert!(matches!(status, MessageStatus::Failed | MessageStatus::Unknown)),
        }
    }
}
