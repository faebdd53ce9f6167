//! Who is told of an event, by what and when.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod plan {
    pub(crate) mod house;
}

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use octavo_domain_calendar::{QuietHours, Zone, quiet_until};
use octavo_domain_notify::{
    Channel, Choice, MessageStatus, Planned, Preferences, Reason, Recipient, Urgency, audience, plan,
};
use plan::house::{House, at, event};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

fn told(planned: &[Planned]) -> Vec<(String, Channel, MessageStatus, Option<Reason>)> {
    let of = |planned: &Planned| {
        let message = &planned.message;
        let address = message.address.as_ref().map(|to| to.0.clone()).unwrap_or_default();
        (address, message.channel, message.status, message.reason)
    };
    planned.iter().map(of).collect()
}

#[test]
fn a_person_is_told_by_the_channels_of_the_category() {
    let house = House::default().person("ada", |person| person.email = Some("Ada@Acme.example".to_owned()));
    let planned = house.plan(&event(json!({"recipients": [{"to": "user", "user": "ada"}]})));
    assert_eq!(
        told(&planned),
        [
            ("ada".to_owned(), Channel::InApp, MessageStatus::Planned, None),
            ("ada@acme.example".to_owned(), Channel::Email, MessageStatus::Planned, None),
        ]
    );
    assert_eq!(planned[0].message.due_at, Some(house.now));
    let again = house.plan(&event(json!({"recipients": [{"to": "user", "user": "ada"}]})));
    assert_eq!(planned, again, "the same event is the same messages");
}

#[test]
fn whoever_is_not_known_is_told_in_the_application() {
    let planned = House::default().plan(&event(json!({"recipients": [{"to": "user", "user": "eve"}]})));
    assert_eq!(
        told(&planned),
        [
            ("eve".to_owned(), Channel::InApp, MessageStatus::Planned, None),
            (String::new(), Channel::Email, MessageStatus::Dropped, Some(Reason::NoAddress)),
        ]
    );
}

#[test]
fn a_group_is_everybody_in_it_but_for_whom_it_excepts_and_nobody_twice() {
    let house = House::default()
        .person("ada", |person| person.groups = ["legal".parse().unwrap()].into())
        .person("bob", |person| person.groups = ["legal".parse().unwrap()].into())
        .person("cyd", |_| ());
    let group = json!({"to": "group", "group": "legal", "except": ["bob"]});
    let named = json!({"to": "user", "user": "ada", "data": {"mine": true}});
    let event =
        event(json!({"recipients": [group, named, named, {"to": "group", "group": "legal", "except": ["bob"]}]}));
    let recipients = audience(&event, &house.people, &house.settings);
    assert_eq!(recipients.len(), 1);
    assert!(matches!(&recipients[0], Recipient::User { user, data } if user.as_str() == "ada" && data["mine"] == true));
}

#[test]
fn a_choice_holds_unless_the_category_is_mandatory() {
    let house = House::default().person("ada", |_| ()).choose("ada", "*", Channel::Email, Choice::Off).choose(
        "ada",
        "document.*",
        Channel::Sms,
        Choice::On,
    );
    let of = |category: &str| {
        told(&house.plan(&event(json!({"category": category, "recipients": [{"to": "user", "user": "ada"}]}))))
            .into_iter()
            .map(|(_, channel, status, reason)| (channel, status, reason))
            .collect::<Vec<_>>()
    };
    let (planned, dropped) = (MessageStatus::Planned, MessageStatus::Dropped);
    assert_eq!(
        of("document.shared"),
        [
            (Channel::InApp, planned, None),
            (Channel::Email, dropped, Some(Reason::Preference)),
            (Channel::Sms, planned, None)
        ]
    );
    assert_eq!(of("security.login"), [(Channel::InApp, planned, None), (Channel::Email, planned, None)]);
}

#[test]
fn what_is_urgent_goes_by_sms_too_and_waits_for_nothing() {
    let night = QuietHours { from: NaiveTime::MIN, to: NaiveTime::MIN, days: BTreeSet::new() };
    let house = House::default()
        .person("ada", |_| ())
        .choose("ada", "*", Channel::Email, Choice::Digest)
        .preferences("ada", |preferences| preferences.quiet.push(night.clone()));
    let urgent = json!({"urgency": "urgent", "digest": {"key": "a"}, "recipients": [{"to": "user", "user": "ada"}]});
    let planned = house.plan(&event(urgent));
    assert_eq!(
        planned.iter().map(|of| of.message.channel).collect::<Vec<_>>(),
        [Channel::InApp, Channel::Email, Channel::Sms]
    );
    assert!(planned.iter().all(|of| of.digest.is_none() && of.message.due_at == Some(house.now)));
    let only = json!({"urgency": "urgent", "channels": ["email"], "recipients": [{"to": "user", "user": "ada"}]});
    assert_eq!(house.plan(&event(only)).len(), 1, "an event that says by what it goes goes by that");
}

#[test]
fn what_is_gathered_waits_for_the_recipients_hour_or_its_period() {
    let house = House::default().person("ada", |person| person.zone = Some("Europe/Vienna".parse().unwrap())).choose(
        "ada",
        "*",
        Channel::Email,
        Choice::Digest,
    );
    let daily = house.plan(&event(json!({"recipients": [{"to": "user", "user": "ada"}]})));
    let mail = &daily[1];
    assert_eq!((mail.message.reason, mail.message.due_at), (Some(Reason::Digest), None));
    let digest = mail.digest.as_ref().unwrap();
    assert_eq!((digest.key.as_str(), digest.due_at), ("daily", at("2026-11-28T07:00:00Z")), "8 o'clock in Vienna");
    assert!(daily[0].digest.is_none(), "the inbox is a list as it is");
    let rule = json!({"key": "thread-7", "period": "PT30M"});
    let keyed = house.plan(&event(json!({"digest": rule, "recipients": [{"to": "user", "user": "ada"}]})));
    let digest = keyed[1].digest.as_ref().unwrap();
    assert_eq!((digest.key.as_str(), digest.due_at), ("key:thread-7", house.now + TimeDelta::minutes(30)));
}

#[test]
fn what_is_over_the_throttle_waits_for_the_daily_digest() {
    let rule = json!({"channels": ["email", "in_app"], "throttle": {"messages": 3, "per": "PT1H"}});
    let mut house = House::default().person("ada", |_| ()).rule("document.*", rule);
    let event = event(json!({"recipients": [{"to": "user", "user": "ada"}]}));
    assert!(house.plan(&event)[1].digest.is_none());
    house.throttled.insert(("ada".parse().unwrap(), Channel::Email));
    let planned = house.plan(&event);
    assert_eq!(planned[1].message.reason, Some(Reason::Throttled));
    assert_eq!(planned[1].digest.as_ref().unwrap().key, "daily");
}

#[test]
fn the_targets_of_a_rule_are_told_once() {
    let rule = json!({"channels": ["in_app"], "targets": ["ops", "gone"]});
    let mut house = House::default().rule("document.*", rule);
    house.targets.insert("ops".to_owned(), Channel::Slack);
    let planned = house.plan(&event(json!({"recipients": [{"to": "target", "target": "ops"}]})));
    assert_eq!(
        told(&planned),
        [
            ("ops".to_owned(), Channel::Slack, MessageStatus::Planned, None),
            ("gone".to_owned(), Channel::Webhook, MessageStatus::Dropped, Some(Reason::NoTarget)),
        ]
    );
}

#[test]
fn an_address_is_told_as_it_is_named() {
    let address = json!({"to": "address", "channel": "email", "address": "Eve@Acme.example"});
    let planned = House::default().plan(&event(json!({"recipients": [address, address]})));
    assert_eq!(told(&planned), [("eve@acme.example".to_owned(), Channel::Email, MessageStatus::Planned, None)]);
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Vienna",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Casablanca",
];

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    // All of 2020 to 2035, and more often near changes of the clock in the zones above.
    let changes = ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"];
    prop_oneof![
        (1_577_836_800_i64..2_082_758_400).prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap()),
        (prop::sample::select(changes.to_vec()), -200_000_i64..200_000)
            .prop_map(|(change, by)| at(change) + TimeDelta::seconds(by)),
    ]
}

fn quiet() -> impl Strategy<Value = Vec<QuietHours>> {
    let time = || (0_u32..24, prop::sample::select(vec![0_u32, 15, 30, 59]));
    let hours = (time(), time()).prop_map(|((from_hour, from), (to_hour, to))| QuietHours {
        from: NaiveTime::from_hms_opt(from_hour, from, 0).unwrap(),
        to: NaiveTime::from_hms_opt(to_hour, to, 0).unwrap(),
        days: BTreeSet::new(),
    });
    prop::collection::vec(hours, 0..3)
}

fn choices() -> impl Strategy<Value = Preferences> {
    let key = prop::sample::select(vec!["*", "document.*", "document.shared", "security.login"]);
    let channel = prop::sample::select(vec![Channel::Email, Channel::Sms, Channel::InApp]);
    let choice = prop::sample::select(vec![Choice::On, Choice::Off, Choice::Digest]);
    (prop::collection::vec((key, channel, choice), 0..6), quiet()).prop_map(|(chosen, quiet)| {
        let mut preferences = Preferences { quiet, ..Preferences::default() };
        for (key, channel, choice) in chosen {
            preferences.choices.entry(key.to_owned()).or_default().insert(channel, choice);
        }
        preferences
    })
}

proptest! {
    #[test]
    fn whatever_is_chosen(
        preferences in choices(), zone in prop::sample::select(ZONES.to_vec()), now in moments(),
        category in prop::sample::select(vec!["document.shared", "security.login"]),
        urgency in prop::sample::select(vec!["low", "normal", "urgent"]),
        digest in prop::bool::ANY, throttled in prop::bool::ANY, times in 1_usize..4,
    ) {
        let zone: Zone = zone.parse().unwrap();
        let mut house = House::default()
            .person("ada", |person| person.zone = Some(zone.clone()))
            .rule("document.*", json!({"channels": ["email", "in_app"], "throttle": {"messages": 1, "per": "PT1H"}}))
            .preferences("ada", |of| *of = preferences.clone());
        house.now = now;
        if throttled {
            house.throttled.insert(("ada".parse().unwrap(), Channel::Email));
        }
        let mut said = json!({
            "category": category, "urgency": urgency, "recipients": vec![json!({"to": "user", "user": "ada"}); times],
        });
        if digest {
            said["digest"] = json!({"key": "k", "period": "PT1H"});
        }
        let planned = house.plan(&event(said));

        let channels: BTreeSet<Channel> = planned.iter().map(|of| of.message.channel).collect();
        prop_assert_eq!(channels.len(), planned.len(), "nobody twice by one channel");
        let ids: BTreeSet<_> = planned.iter().map(|of| of.message.id).collect();
        prop_assert_eq!(ids.len(), planned.len());
        if category == "security.login" {
            for channel in [Channel::Email, Channel::InApp] {
                let told = planned.iter().any(|of| {
                    of.message.channel == channel && of.message.status == MessageStatus::Planned
                });
                prop_assert!(told, "what is mandatory is told");
            }
        }
        for of in &planned {
            if of.message.status == MessageStatus::Dropped {
                prop_assert!(of.message.due_at.is_none() && of.digest.is_none() && of.message.reason.is_some());
                continue;
            }
            let due = of.digest.as_ref().map(|digest| digest.due_at).or(of.message.due_at).unwrap();
            prop_assert!(due >= now);
            if urgency == "urgent" || of.message.channel == Channel::InApp {
                prop_assert_eq!(due, now);
                prop_assert!(of.digest.is_none());
            } else if !covers_all(&preferences.quiet, due, &zone) {
                prop_assert!(quiet_until(&preferences.quiet, due, &zone).is_none(), "nobody is disturbed");
            }
        }
    }
}

/// Quiet hours that have no end within a week: there is no better moment than any other.
fn covers_all(quiet: &[QuietHours], from: DateTime<Utc>, zone: &Zone) -> bool {
    (0..7 * 24 * 4).all(|quarter| quiet_until(quiet, from + TimeDelta::minutes(15 * quarter), zone).is_some())
}

#[test]
fn pieces_of_an_audience_are_the_whole() {
    let mut house = House::default();
    for number in 0..50 {
        house = house.person(&format!("user-{number}"), |person| person.groups = ["all".parse().unwrap()].into());
    }
    let event = event(json!({"recipients": [{"to": "group", "group": "all"}]}));
    let recipients = audience(&event, &house.people, &house.settings);
    let whole = plan(&event, &recipients, &house.facts());
    let pieces: Vec<Planned> = recipients.chunks(7).flat_map(|piece| plan(&event, piece, &house.facts())).collect();
    assert_eq!(whole, pieces);
    assert_eq!(whole.len(), 100);
    assert!(event.urgency == Urgency::Normal);
}
