//! People, and what they and their tenants set.

use crate::ai_fixture::ask;
use crate::fixture::everywhere;
use crate::notify_fixture::{acme, at, user};
use crate::notify_messages::suppression;
use bytes::Bytes;
use futures::future::join_all;
use octavo_domain_kernel::{GroupId, PortErrorKind};
use octavo_domain_notify::{
    Address, Channel, NotifyStore, People, Person, Preferences, SealedTarget, Settings, StoredTemplate, Suppression,
};
use serde_json::json;
use sqlx::Executor;

pub(crate) fn person(name: &str, groups: &[&str]) -> Person {
    Person {
        user: user(name),
        name: Some(format!("{name}\0 ẞ")),
        email: Some(format!("{name}@acme.example")),
        phone: None,
        language: Some("de-AT".to_owned()),
        zone: Some("Europe/Vienna".parse().unwrap()),
        groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        updated_at: at(1),
    }
}

pub(crate) fn template(name: &str, language: &str, revision: u32) -> StoredTemplate {
    StoredTemplate {
        name: name.to_owned(),
        language: language.to_owned(),
        parts: json!({"z": "{{ title }}\u{0}", "a": revision}).as_object().unwrap().clone(),
        revision,
        updated_at: at(i64::from(revision)),
        updated_by: user("ada"),
    }
}

pub(crate) fn target(name: &str) -> SealedTarget {
    SealedTarget {
        name: name.to_owned(),
        channel: Channel::Webhook,
        sealed: Bytes::from_static(b"\x00sealed\xff"),
        active: true,
        updated_at: at(1),
    }
}

fn groups(names: &[&str]) -> Vec<GroupId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_name_and_by_group() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for (name, in_groups) in [("ada", &["legal", "board"][..]), ("bob", &["legal"]), ("eve", &[])] {
            store.person_put(&acme(), &person(name, in_groups)).await.unwrap();
        }
        let ada = Person { name: Some("ada\u{FFFD} ẞ".to_owned()), ..person("ada", &["legal", "board"]) };
        assert_eq!(store.person_get(&acme(), &user("ada")).await.unwrap(), Some(ada.clone()));
        assert_eq!(store.person_get(&acme(), &user("nobody")).await.unwrap(), None);
        let names = |people: Vec<Person>| people.iter().map(|person| person.user.to_string()).collect::<Vec<_>>();
        let some = [user("eve"), user("nobody"), user("ada")];
        assert_eq!(names(store.people_get(&acme(), &some).await.unwrap()), ["ada", "eve"]);
        assert_eq!(names(store.people_get(&acme(), &[]).await.unwrap()), [""; 0]);
        let of = async |some: &[&str], limit| names(store.people_of(&acme(), &groups(some), limit).await.unwrap());
        assert_eq!(of(&["legal", "board"], 10).await, ["ada", "bob"], "each once");
        assert_eq!(of(&["legal", "board"], 1).await, ["ada"]);
        assert_eq!(of(&["nobody"], 10).await, [""; 0]);
        assert_eq!(of(&[], 10).await, [""; 0]);
        assert_eq!(names(store.people_list(&acme(), None, 2).await.unwrap()), ["ada", "bob"]);
        assert_eq!(names(store.people_list(&acme(), Some(&user("bob")), 2).await.unwrap()), ["eve"]);

        // Who quits a group is not told by it any more, also where two set a person at once.
        let moved = Person { groups: person("ada", &["sales"]).groups, ..ada };
        store.person_put(&acme(), &moved).await.unwrap();
        assert_eq!(of(&["legal", "board"], 10).await, ["bob"]);
        assert_eq!(of(&["sales"], 10).await, ["ada"]);
        join_all((0..8).map(|number| async move {
            let group = format!("group-{number}");
            store.person_put(&acme(), &person("ada", &[&group, "all"])).await.unwrap();
        }))
        .await;
        let ada = store.person_get(&acme(), &user("ada")).await.unwrap().unwrap();
        let mut admin = fixture.admin().await;
        let sql = "select array_agg(group_id order by group_id) from person_group where user_id = 'ada'";
        let kept: Vec<String> = ask(&mut admin, sql).await;
        assert_eq!(kept, ada.groups.iter().map(ToString::to_string).collect::<Vec<_>>());

        assert!(store.person_delete(&acme(), &user("bob")).await.unwrap());
        assert!(!store.person_delete(&acme(), &user("bob")).await.unwrap());
        assert_eq!(of(&["legal"], 10).await, [""; 0]);
        let many: Vec<_> = (0..1_001).map(|number| user(&format!("user-{number}"))).collect();
        assert_eq!(store.people_get(&acme(), &many).await.unwrap_err().kind, PortErrorKind::Corrupt);
        fixture
    })
    .await;
}

#[tokio::test]
async fn preferences_are_a_persons() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let given =
            json!({"choices": {"*": {"email": "digest"}, "comment.added": {"sms": "off"}}, "digest_at": "07:30:00"});
        let chosen: Preferences = serde_json::from_value(given).unwrap();
        store.preferences_put(&acme(), &user("ada"), &Preferences::default(), at(1)).await.unwrap();
        store.preferences_put(&acme(), &user("ada"), &chosen, at(2)).await.unwrap();
        let some = [user("bob"), user("ada")];
        assert_eq!(store.preferences_get(&acme(), &some).await.unwrap(), [(user("ada"), chosen)]);
        assert_eq!(store.preferences_get(&acme(), &[]).await.unwrap(), []);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_changed_by_whoever_saw_the_last_ones() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        assert_eq!(store.settings_get(&acme()).await.unwrap(), (Settings::default(), 0));
        let settings = |language: &str| Settings { language: Some(language.to_owned()), ..Settings::default() };
        let put = async |language: &str, revision| {
            store.settings_put(&acme(), &settings(language), revision, &user("ada"), at(1)).await.unwrap()
        };
        assert_eq!(put("fr", 3).await, None, "there is no third");
        let first = join_all((0..6).map(|_| put("de", 0))).await;
        assert_eq!(first.iter().flatten().collect::<Vec<_>>(), [&1], "one of those who saw none");
        assert_eq!(put("en", 0).await, None);
        assert_eq!(put("en", 1).await, Some(2));
        assert_eq!(put("it", 1).await, None);
        assert_eq!(store.settings_get(&acme()).await.unwrap(), (settings("en"), 2));
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_changed_by_whoever_saw_the_last_one() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let put = async |name: &str, language: &str, revision| {
            store.template_put(&acme(), &template(name, language, revision)).await.unwrap()
        };
        assert!(!put("digest", "de", 2).await);
        let first = join_all((0..6).map(|_| put("digest", "de", 1))).await;
        assert_eq!(first.iter().filter(|put| **put).count(), 1);
        assert!(put("digest", "de", 2).await);
        assert!(!put("digest", "de", 2).await);
        assert!(put("digest", "en", 1).await && put("generic", "en", 1).await);
        let all = store.templates(&acme(), None).await.unwrap();
        assert_eq!(all, [template("digest", "de", 2), template("digest", "en", 1), template("generic", "en", 1)]);
        assert_eq!(store.templates(&acme(), Some("digest")).await.unwrap(), all[..2]);
        assert!(store.template_delete(&acme(), "digest", "de").await.unwrap());
        assert!(!store.template_delete(&acme(), "digest", "de").await.unwrap());
        assert!(put("digest", "de", 1).await, "a new one");

        let mut admin = fixture.admin().await;
        let fill = "insert into notify_template
            select 'acme', 't' || n, 'en', '{}', 1, now(), 'ada' from generate_series(4, 500) n";
        admin.execute(fill).await.unwrap();
        let full = store.template_put(&acme(), &template("more", "en", 1)).await.unwrap_err();
        assert_eq!(full.kind, PortErrorKind::Conflict);
        assert!(put("digest", "de", 2).await, "what is there may be changed");
        fixture
    })
    .await;
}

#[tokio::test]
async fn targets_lie_as_they_were_sealed() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        for name in ["ops", "crm"] {
            store.target_put(&acme(), &target(name)).await.unwrap();
        }
        let changed = SealedTarget { channel: Channel::Slack, active: false, updated_at: at(2), ..target("ops") };
        store.target_put(&acme(), &changed).await.unwrap();
        assert_eq!(store.targets(&acme(), None).await.unwrap(), [target("crm"), changed.clone()]);
        let names = ["ops".to_owned(), "nobody".to_owned()];
        assert_eq!(store.targets(&acme(), Some(&names)).await.unwrap(), std::slice::from_ref(&changed));
        assert_eq!(store.targets(&acme(), Some(&[])).await.unwrap(), []);
        assert!(store.target_delete(&acme(), "crm").await.unwrap());
        assert!(!store.target_delete(&acme(), "crm").await.unwrap());
        let mut admin = fixture.admin().await;
        let fill = "insert into notify_target
            select 'acme', 't' || n, 'slack', '', true, now() from generate_series(2, 100) n";
        admin.execute(fill).await.unwrap();
        let full = store.target_put(&acme(), &target("more")).await.unwrap_err();
        assert_eq!(full.kind, PortErrorKind::Conflict);
        store.target_put(&acme(), &changed).await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn suppressions_are_kept_by_address_and_category() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        let whole = suppression("Ada@Acme.example", None);
        let part = Suppression { at: at(4), ..suppression("ada@acme.example", Some("comment.added")) };
        let phone = Suppression { channel: Channel::Sms, at: at(5), ..suppression("+4366012345", None) };
        for suppression in [&whole, &part, &phone] {
            store.suppression_put(&acme(), suppression).await.unwrap();
        }
        let again = Suppression { why: "manual".to_owned(), at: at(9), ..whole.clone() };
        store.suppression_put(&acme(), &again).await.unwrap();
        let whole = Suppression { address: Address("ada@acme.example".to_owned()), ..whole };
        let mail = |address: &str| (Channel::Email, Address(address.to_owned()));
        let found =
            store.suppressions_of(&acme(), &[mail("ADA@acme.example"), mail("bob@acme.example")]).await.unwrap();
        assert_eq!(found, [whole.clone(), part.clone()], "what is there stays");
        let as_sms = [(Channel::Sms, Address("ada@acme.example".to_owned()))];
        assert_eq!(store.suppressions_of(&acme(), &as_sms).await.unwrap(), []);
        assert_eq!(store.suppressions_of(&acme(), &[]).await.unwrap(), []);
        let list = async |before, limit| store.suppression_list(&acme(), before, limit).await.unwrap();
        assert_eq!(list(None, 2).await, [phone.clone(), part.clone()]);
        assert_eq!(list(Some(at(4)), 2).await, [whole]);
        let ada = mail("Ada@acme.example").1;
        assert!(store.suppression_delete(&acme(), Channel::Email, &ada).await.unwrap());
        assert!(!store.suppression_delete(&acme(), Channel::Email, &ada).await.unwrap());
        assert_eq!(list(None, 10).await, [phone]);
        fixture
    })
    .await;
}
