//! State machines, versions, aliases, activities and tags.

use crate::fixture::{Fixture, at, everywhere, tenant};
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::arn::{Arns, DEFAULT_REGION};
use octavo_domain_workflow::catalogue::{
    Activities, Activity, ActivityCreated, Alias, AliasChange, AliasChanged, AliasCreated, Aliases, Catalogue,
    MachineCreated, MachineStatus, MachineUpdate, MachineUpdated, NewMachine, NewRevision, NewVersion, Publish,
    Published, Route, TAGS_MAX, Tags, TagsChange, TagsChanged, VersionDeleted,
};
use octavo_domain_workflow::engine::RevisionId;
use octavo_domain_workflow::engine::ports::Machines;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;

fn arns(tenant: &TenantId) -> Arns {
    Arns::new(DEFAULT_REGION, tenant)
}

fn revision(number: u128) -> NewRevision {
    NewRevision {
        id: RevisionId(Uuid::from_u128(number)),
        definition: format!("{{\"Comment\": \"{number} ü\"}}"),
        role_arn: "arn:aws:iam::111111111111:role/orders".to_owned(),
        configuration: json!({ "tracingConfiguration": { "enabled": true } }),
    }
}

fn machine(tenant: &TenantId, name: &str, number: u128) -> NewMachine {
    NewMachine {
        arn: arns(tenant).machine(name),
        name: name.to_owned(),
        express: false,
        revision: revision(number),
        publish: None,
        tags: [("team".to_owned(), "sales".to_owned())].into(),
        by: "ada".parse().unwrap(),
        at: at(0),
    }
}

fn published(created: &MachineCreated) -> u32 {
    let MachineCreated::New(Some(version)) = created else { panic!("{created:?}") };
    version.number
}

fn alias(machine_arn: &str, name: &str, routes: &[(u32, u8)]) -> Alias {
    Alias {
        arn: format!("{machine_arn}:{name}"),
        machine_arn: machine_arn.to_owned(),
        name: name.to_owned(),
        description: None,
        routes: routes.iter().map(|&(version, weight)| Route { version, weight }).collect(),
        created_at: at(2),
        updated_at: at(2),
    }
}

/// A new revision of a machine, published.
async fn revise(fixture: &Fixture, tenant: &TenantId, arn: &str, from: u128, to: u128) -> u32 {
    let update = MachineUpdate {
        arn: arn.to_owned(),
        expected: RevisionId(Uuid::from_u128(from)),
        revision: Some(revision(to)),
        publish: Some(NewVersion { description: Some(format!("of {to}")) }),
        at: at(1),
    };
    let MachineUpdated::Done(Some(version)) = fixture.store.machine_update(tenant, &update).await.unwrap() else {
        panic!("{arn} could not be changed")
    };
    version.number
}

/// An execution of a machine that runs, as far as a deletion looks at it.
async fn running(fixture: &Fixture, tenant: &TenantId, machine_arn: &str) {
    let columns = "tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by, \
                   express, revision, events, frames, redrive_count";
    let sql = format!(
        "insert into workflow_running ({columns}) values ('{tenant}', gen_random_uuid(), 1, 'RUNNING', 'arn', 'e', \
         '{machine_arn}', 'm', 'role', '{{}}', now(), 'ada', false, gen_random_uuid(), 1, 1, 0)"
    );
    fixture.admin().await.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn a_machine_is_as_it_was_made_and_its_revisions_follow_each_other() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let new = machine(&acme, "orders", 1);
        assert_eq!(store.machine_create(&acme, &new).await.unwrap(), MachineCreated::New(None));
        let found = store.machine_get(&acme, &new.arn).await.unwrap().unwrap();
        assert_eq!((&found.definition, &found.configuration), (&new.revision.definition, &new.revision.configuration));
        assert_eq!((found.status, found.initial, found.created_at), (MachineStatus::Active, true, at(0)));
        // The same name again, whatever it is made of.
        let MachineCreated::Exists(there, None) =
            store.machine_create(&acme, &machine(&acme, "orders", 2)).await.unwrap()
        else {
            panic!("it is there")
        };
        assert_eq!(*there, found);

        let update = MachineUpdate {
            arn: new.arn.clone(),
            expected: found.revision,
            revision: Some(revision(3)),
            publish: None,
            at: at(5),
        };
        assert_eq!(store.machine_update(&acme, &update).await.unwrap(), MachineUpdated::Done(None));
        // Whoever read it before that is told so.
        assert_eq!(store.machine_update(&acme, &update).await.unwrap(), MachineUpdated::Stale);
        let changed = store.machine_get(&acme, &new.arn).await.unwrap().unwrap();
        assert_eq!((changed.revision, changed.initial), (RevisionId(Uuid::from_u128(3)), false));
        assert_eq!((changed.created_at, changed.updated_at), (at(0), at(5)));
        let old = store.revision_get(&acme, found.revision).await.unwrap().unwrap();
        assert!(old.initial && old.definition == new.revision.definition, "executions may still run it");
        assert_eq!(store.machine_get(&tenant("globex"), &new.arn).await.unwrap(), None);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_revision_has_one_number_that_is_never_used_again() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut new = machine(&acme, "orders", 1);
        new.publish = Some(NewVersion { description: Some("first".to_owned()) });
        assert_eq!(published(&store.machine_create(&acme, &new).await.unwrap()), 1);
        let again = Publish {
            machine_arn: new.arn.clone(),
            expected: new.revision.id,
            description: Some("again".to_owned()),
            at: at(1),
        };
        let Published::Done(version) = store.version_publish(&acme, &again).await.unwrap() else {
            panic!("it is there")
        };
        assert_eq!((version.number, version.description.as_deref()), (1, Some("first")));
        assert_eq!(revise(&fixture, &acme, &new.arn, 1, 2).await, 2);
        assert_eq!(store.version_publish(&acme, &again).await.unwrap(), Published::Stale);

        let (version, then) = store.version_get(&acme, &new.arn, 1).await.unwrap().unwrap();
        assert_eq!((version.revision, then.definition), (new.revision.id, new.revision.definition.clone()));
        assert_eq!(store.version_delete(&acme, &new.arn, 2).await.unwrap(), VersionDeleted::Done);
        assert_eq!(store.version_delete(&acme, &new.arn, 2).await.unwrap(), VersionDeleted::Done);
        assert_eq!(store.version_get(&acme, &new.arn, 2).await.unwrap(), None);
        assert_eq!(revise(&fixture, &acme, &new.arn, 2, 3).await, 3);
        let numbers = |versions: Vec<octavo_domain_workflow::catalogue::Version>| -> Vec<u32> {
            versions.into_iter().map(|version| version.number).collect()
        };
        assert_eq!(numbers(store.version_list(&acme, &new.arn, None, 10).await.unwrap()), [3, 1]);
        assert_eq!(numbers(store.version_list(&acme, &new.arn, Some(3), 1).await.unwrap()), [1]);
        fixture
    })
    .await;
}

#[tokio::test]
async fn an_alias_sends_starts_by_weight_and_keeps_its_versions() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut new = machine(&acme, "orders", 1);
        new.publish = Some(NewVersion { description: None });
        store.machine_create(&acme, &new).await.unwrap();
        revise(&fixture, &acme, &new.arn, 1, 2).await;
        let live = alias(&new.arn, "live", &[(1, 30), (2, 70)]);
        assert_eq!(store.alias_create(&acme, &live).await.unwrap(), AliasCreated::New);
        assert_eq!(store.alias_create(&acme, &live).await.unwrap(), AliasCreated::Exists(live.clone()));
        let gone = alias(&new.arn, "gone", &[(9, 100)]);
        assert_eq!(store.alias_create(&acme, &gone).await.unwrap(), AliasCreated::NoVersion);

        for (chance, version) in [(0, 1), (29, 1), (30, 2), (99, 2), (100, 1), (u64::MAX, 1)] {
            let found = store.machine_resolve(&acme, &live.arn, chance).await.unwrap().unwrap();
            assert_eq!(found.version_arn, Some(format!("{}:{version}", new.arn)), "{chance}");
            assert_eq!((found.alias_arn, found.arn), (Some(live.arn.clone()), new.arn.clone()));
        }
        let by_version = store.machine_resolve(&acme, &format!("{}:1", new.arn), 0).await.unwrap().unwrap();
        assert_eq!((by_version.revision, by_version.alias_arn), (new.revision.id, None));
        let current = store.machine_resolve(&acme, &new.arn, 0).await.unwrap().unwrap();
        assert_eq!((current.revision, current.version_arn), (RevisionId(Uuid::from_u128(2)), None));
        for nothing in [format!("{}:3", new.arn), format!("{}:test", new.arn), "x".to_owned()] {
            assert_eq!(store.machine_resolve(&acme, &nothing, 0).await.unwrap(), None, "{nothing}");
        }

        let used = VersionDeleted::Used(vec!["live".to_owned()]);
        assert_eq!(store.version_delete(&acme, &new.arn, 1).await.unwrap(), used);
        let change = |routes: Option<Vec<Route>>| AliasChange {
            machine_arn: new.arn.clone(),
            name: "live".to_owned(),
            description: Some("text".to_owned()),
            routes,
            at: at(9),
        };
        let missing = change(Some(vec![Route { version: 7, weight: 100 }]));
        assert_eq!(store.alias_update(&acme, &missing).await.unwrap(), AliasChanged::Missing);
        let moved = change(Some(vec![Route { version: 2, weight: 100 }]));
        assert_eq!(store.alias_update(&acme, &moved).await.unwrap(), AliasChanged::Done);
        assert_eq!(store.alias_update(&acme, &change(None)).await.unwrap(), AliasChanged::Done);
        let found = store.alias_get(&acme, &new.arn, "live").await.unwrap().unwrap();
        assert_eq!((found.routes, found.description.as_deref()), (moved.routes.unwrap(), Some("text")));
        assert_eq!((found.created_at, found.updated_at), (at(2), at(9)));
        assert_eq!(store.version_delete(&acme, &new.arn, 1).await.unwrap(), VersionDeleted::Done);
        assert_eq!(store.alias_list(&acme, &new.arn, Some(2), None, 10).await.unwrap().len(), 1);
        assert_eq!(store.alias_list(&acme, &new.arn, Some(1), None, 10).await.unwrap(), []);
        assert!(store.alias_delete(&acme, &new.arn, "live").await.unwrap());
        assert!(!store.alias_delete(&acme, &new.arn, "live").await.unwrap());
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_deleted_machine_goes_with_its_last_execution() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let mut new = machine(&acme, "orders", 1);
        new.publish = Some(NewVersion { description: None });
        store.machine_create(&acme, &new).await.unwrap();
        store.alias_create(&acme, &alias(&new.arn, "live", &[(1, 100)])).await.unwrap();
        running(&fixture, &acme, &new.arn).await;
        store.machine_delete(&acme, &new.arn).await.unwrap();
        let found = store.machine_get(&acme, &new.arn).await.unwrap().unwrap();
        assert_eq!(found.status, MachineStatus::Deleting);
        assert_eq!(store.machine_list(&acme, None, 10).await.unwrap().len(), 1);
        for arn in [new.arn.clone(), format!("{}:1", new.arn), format!("{}:live", new.arn)] {
            assert_eq!(store.machine_resolve(&acme, &arn, 0).await.unwrap(), None, "{arn}");
        }
        let other = alias(&new.arn, "other", &[(1, 100)]);
        assert_eq!(store.alias_create(&acme, &other).await.unwrap(), AliasCreated::Deleting);
        let change = TagsChange { removed: vec!["team".to_owned()], ..TagsChange::default() };
        assert_eq!(store.tags_change(&acme, &new.arn, &change).await.unwrap(), TagsChanged::Missing);

        fixture.admin().await.execute("delete from workflow_running").await.unwrap();
        assert_eq!(store.machine_list(&acme, None, 10).await.unwrap(), []);
        assert_eq!(store.machine_get(&acme, &new.arn).await.unwrap(), None);
        assert_eq!(store.version_list(&acme, &new.arn, None, 10).await.unwrap(), []);
        assert_eq!(store.alias_list(&acme, &new.arn, None, None, 10).await.unwrap(), []);
        assert!(store.revision_get(&acme, new.revision.id).await.unwrap().is_some(), "its executions are still shown");
        // The name is free: another machine begins with version 1.
        let mut again = machine(&acme, "orders", 2);
        again.publish = Some(NewVersion { description: None });
        assert_eq!(published(&store.machine_create(&acme, &again).await.unwrap()), 1);
        fixture
    })
    .await;
}

#[tokio::test]
async fn what_nothing_can_be_started_with_is_swept_after_its_executions() {
    use octavo_domain_kernel::Outbox;
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let new = machine(&acme, "orders", 1);
        store.machine_create(&acme, &new).await.unwrap();
        // 1 is superseded; 2 has a version; 3 is current.
        revise(&fixture, &acme, &new.arn, 1, 2).await;
        revise(&fixture, &acme, &new.arn, 2, 3).await;
        let mut admin = fixture.admin().await;
        let sql = "select count(*) from workflow_revision where superseded_at is not null";
        assert_eq!(admin.fetch_one(sql).await.unwrap().get::<i64, _>(0), 1);
        fixture.relay.sweep().await.unwrap();
        assert!(store.revision_get(&acme, RevisionId(Uuid::from_u128(1))).await.unwrap().is_some());
        let age = "update workflow_revision set superseded_at = superseded_at - interval '501 days'";
        admin.execute(age).await.unwrap();
        fixture.relay.sweep().await.unwrap();
        for (number, kept) in [(1, false), (2, true), (3, true)] {
            let found = store.revision_get(&acme, RevisionId(Uuid::from_u128(number))).await.unwrap();
            assert_eq!(found.is_some(), kept, "{number}");
        }
        fixture
    })
    .await;
}

#[tokio::test]
async fn lists_are_by_name_a_page_at_a_time() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        for (number, name) in [(1, "b"), (2, "a"), (3, "c")] {
            store.machine_create(&acme, &machine(&acme, name, number)).await.unwrap();
            let activity = Activity { arn: arns(&acme).activity(name), name: name.to_owned(), created_at: at(1) };
            store.activity_create(&acme, &activity, &Default::default()).await.unwrap();
        }
        let page = store.machine_list(&acme, None, 2).await.unwrap();
        assert_eq!(page.iter().map(|machine| machine.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let page = store.machine_list(&acme, Some(&page[1].arn), 2).await.unwrap();
        assert_eq!(page.iter().map(|machine| machine.name.as_str()).collect::<Vec<_>>(), ["c"]);
        let page = store.activity_list(&acme, Some(&arns(&acme).activity("a")), 2).await.unwrap();
        assert_eq!(page.iter().map(|activity| activity.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(store.machine_list(&tenant("globex"), None, 2).await.unwrap(), []);
        fixture
    })
    .await;
}

#[tokio::test]
async fn activities_are_made_once_and_tags_are_few() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let activity = Activity { arn: arns(&acme).activity("ship"), name: "ship".to_owned(), created_at: at(1) };
        let tags = [("a".to_owned(), "1".to_owned())].into();
        assert_eq!(store.activity_create(&acme, &activity, &tags).await.unwrap(), ActivityCreated::New);
        let again = Activity { created_at: at(9), ..activity.clone() };
        let there = ActivityCreated::Exists(activity.clone());
        assert_eq!(store.activity_create(&acme, &again, &Default::default()).await.unwrap(), there);
        assert_eq!(store.tags_get(&acme, &activity.arn).await.unwrap(), Some(tags));

        let many = (0..TAGS_MAX).map(|at| (format!("t{at}"), String::new())).collect();
        let change = TagsChange { set: many, removed: Vec::new() };
        assert_eq!(store.tags_change(&acme, &activity.arn, &change).await.unwrap(), TagsChanged::TooMany);
        let change = TagsChange { removed: vec!["a".to_owned(), "x".to_owned()], ..change };
        assert_eq!(store.tags_change(&acme, &activity.arn, &change).await.unwrap(), TagsChanged::Done);
        assert_eq!(store.tags_get(&acme, &activity.arn).await.unwrap().unwrap().len(), TAGS_MAX);
        store.activity_delete(&acme, &activity.arn).await.unwrap();
        assert_eq!(store.activity_get(&acme, &activity.arn).await.unwrap(), None);
        assert_eq!(store.tags_get(&acme, &activity.arn).await.unwrap(), None);
        assert_eq!(store.tags_change(&acme, &activity.arn, &change).await.unwrap(), TagsChanged::Missing);
        fixture
    })
    .await;
}

#[tokio::test]
async fn of_many_who_change_a_machine_at_once_one_is_first() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let new = machine(&acme, "orders", 1);
        let both = futures::future::join_all((0..6).map(|_| store.machine_create(&acme, &new))).await;
        let made = both.into_iter().filter(|created| matches!(created, Ok(MachineCreated::New(_)))).count();
        assert_eq!(made, 1);
        let updates: Vec<MachineUpdate> = (10..16)
            .map(|number| MachineUpdate {
                arn: new.arn.clone(),
                expected: new.revision.id,
                revision: Some(revision(number)),
                publish: Some(NewVersion { description: None }),
                at: at(1),
            })
            .collect();
        let all = futures::future::join_all(updates.iter().map(|update| store.machine_update(&acme, update))).await;
        let done = all.into_iter().filter(|updated| matches!(updated, Ok(MachineUpdated::Done(_)))).count();
        assert_eq!(done, 1);
        assert_eq!(store.version_list(&acme, &new.arn, None, 10).await.unwrap().len(), 1);
        fixture
    })
    .await;
}
