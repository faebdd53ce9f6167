use crate::ai_fixture::{ask, dollars};
use crate::fixture::{at, everywhere, tenant};
use futures::future::join_all;
use octavo_domain_ai::limits::{AlertLevel, Budget, Period, Policy, RateLimit, Scope};
use octavo_domain_ai::ports::{PolicyStore, StoredPolicy};
use octavo_domain_kernel::{Outbox, PortErrorKind};
use octavo_testing::ids::SequentialIds;
use sqlx::Executor;
use std::sync::Arc;

/// More than there are connections.
const CONTENDERS: u16 = 24;

fn policy(block: &str) -> Policy {
    let mut policy = Policy {
        rates: vec![RateLimit {
            scope: Scope::User,
            model: None,
            requests_per_minute: Some(60),
            tokens_per_minute: None,
        }],
        budgets: vec![Budget {
            scope: Scope::Tenant,
            period: Period::Month,
            tokens: None,
            dollars: Some(dollars("0.123456789012345678")),
        }],
        alert_at: vec![AlertLevel(75)],
        ..Policy::default()
    };
    policy.routing.cost_weight = 0.1;
    policy.aliases.insert("gpt-4o".to_owned(), "standard".to_owned());
    policy.safety.block = vec![block.to_owned()];
    policy
}

fn stored(revision: i64, block: &str) -> StoredPolicy {
    StoredPolicy {
        revision,
        policy: policy(block),
        updated_at: Some(at(revision)),
        updated_by: Some("ada".parse().unwrap()),
    }
}

#[tokio::test]
async fn a_policy_comes_back_as_it_was_set_and_its_past_is_kept() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        assert_eq!(store.policy_get(&acme).await.unwrap(), None);
        for revision in 1..=3 {
            let next = stored(revision, &format!("word {revision} ü"));
            store.policy_put(&acme, &next, revision - 1).await.unwrap();
            assert_eq!(store.policy_get(&acme).await.unwrap(), Some(next));
        }
        let mut admin = fixture.admin().await;
        let past: Vec<String> =
            ask(&mut admin, "select array_agg(policy->'safety'->'block'->>0 order by revision) from ai_policy_history")
                .await;
        assert_eq!(past, ["word 1 ü", "word 2 ü", "word 3 ü"]);
        assert_eq!(fixture.relay.outbox_claim(10, 0, 0).await.unwrap(), [], "the audit trail is off by default");
        fixture
    })
    .await;
}

#[tokio::test]
async fn another_revision_than_expected_is_a_conflict_and_changes_nothing() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let kind = |result: Result<(), octavo_domain_kernel::PortError>| result.unwrap_err().kind;
        assert_eq!(kind(store.policy_put(&acme, &stored(6, "early"), 5).await), PortErrorKind::Conflict);
        let first = stored(1, "first");
        store.policy_put(&acme, &first, 0).await.unwrap();
        assert_eq!(kind(store.policy_put(&acme, &stored(1, "again"), 0).await), PortErrorKind::Conflict);
        assert_eq!(kind(store.policy_put(&acme, &stored(3, "ahead"), 2).await), PortErrorKind::Conflict);
        // Not a race, but a defect.
        assert_eq!(kind(store.policy_put(&acme, &stored(5, "jump"), 1).await), PortErrorKind::Corrupt);
        assert_eq!(kind(store.policy_put(&acme, &stored(0, "back"), -1).await), PortErrorKind::Corrupt);
        let nobody = StoredPolicy { updated_by: None, ..stored(2, "nobody") };
        assert_eq!(kind(store.policy_put(&acme, &nobody, 1).await), PortErrorKind::Corrupt);
        assert_eq!(store.policy_get(&acme).await.unwrap(), Some(first));
        assert_eq!(ask::<i64>(&mut fixture.admin().await, "select count(*) from ai_policy_history").await, 1);
        fixture
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_to_one_revision_one_is_made_and_told() {
    everywhere(|fixture| async move {
        let store = &fixture.store.clone().with_audit(Arc::new(SequentialIds::default()));
        let acme = &tenant("acme");
        // The first of all, and a later one.
        for expected in [0, 1] {
            let results = join_all((0..CONTENDERS).map(|number| async move {
                let next = stored(expected + 1, &format!("by {number}"));
                let result = store.policy_put(acme, &next, expected).await;
                (next, result)
            }))
            .await;
            let winners = results.iter().filter(|(_, result)| result.is_ok()).collect::<Vec<_>>();
            assert_eq!(winners.len(), 1);
            let lost = |result: &Result<(), octavo_domain_kernel::PortError>| {
                result.as_ref().is_err_and(|error| error.kind == PortErrorKind::Conflict)
            };
            assert!(results.iter().all(|(_, result)| result.is_ok() || lost(result)));
            assert_eq!(store.policy_get(acme).await.unwrap().as_ref(), Some(&winners[0].0));
        }
        let told = fixture.relay.outbox_claim(100, 0, 0).await.unwrap();
        let told = told.iter().map(|entry| (entry.queue.as_str(), entry.message.kind.as_str(), &entry.message.body));
        let bodies = [1, 2].map(|revision| serde_json::json!({"revision": revision, "user": "ada"}));
        assert_eq!(told.collect::<Vec<_>>(), [1, 2].map(|n| ("audit", "ai.policy_changed", &bodies[n - 1])));
        fixture
    })
    .await;
}

#[tokio::test]
async fn of_the_past_the_newest_thousand_changes_are_kept() {
    everywhere(|fixture| async move {
        let (store, mut admin) = (&fixture.store, fixture.admin().await);
        store.policy_put(&tenant("acme"), &stored(1, "first"), 0).await.unwrap();
        store.policy_put(&tenant("globex"), &stored(1, "theirs"), 0).await.unwrap();
        admin
            .execute(
                "insert into ai_policy_history select tenant, n, policy, updated_at, updated_by \
                 from ai_policy, generate_series(2, 1000) n where tenant = 'acme'; \
                 update ai_policy set revision = 1000 where tenant = 'acme'",
            )
            .await
            .unwrap();
        store.policy_put(&tenant("acme"), &stored(1_001, "last"), 1_000).await.unwrap();
        let sql = "select array[min(revision), max(revision)] from ai_policy_history where tenant = ";
        assert_eq!(ask::<Vec<i64>>(&mut admin, format!("{sql} 'acme'")).await, [2, 1_001]);
        assert_eq!(ask::<Vec<i64>>(&mut admin, format!("{sql} 'globex'")).await, [1, 1]);
        fixture
    })
    .await;
}
