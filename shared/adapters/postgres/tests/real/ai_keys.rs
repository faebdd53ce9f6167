use crate::ai_fixture::ask;
use crate::fixture::{Fixture, at, everywhere, tenant};
use futures::future::join_all;
use octavo_domain_ai::ports::{ApiKey, ApiKeyStore, ProviderKey, ProviderKeyStore};
use octavo_domain_kernel::PortErrorKind;
use sqlx::Executor;
use uuid::Uuid;

/// What a tenant may have.
const KEYS_MAX: usize = 1_000;

fn api_key(tenant_name: &str, number: u128) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(number),
        tenant: tenant(tenant_name),
        user: "ada".parse().unwrap(),
        name: format!("Key {number} of the ünit"),
        secret_hash: vec![number as u8; 32],
        hint: "wxyz".to_owned(),
        groups: ["legal", "sales"].map(str::to_owned).into(),
        roles: ["admin"].map(str::to_owned).into(),
        created_at: at(number as i64),
        expires_at: Some(at(1_000_000)),
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_key_is_found_in_its_tenant_and_the_newest_come_first() {
    everywhere(|fixture| async move {
        let (store, acme, globex) = (&fixture.store, tenant("acme"), tenant("globex"));
        let plain = ApiKey { groups: [].into(), roles: [].into(), expires_at: None, ..api_key("acme", 2) };
        let keys = [api_key("acme", 1), plain, api_key("acme", 3)];
        for key in &keys {
            store.api_key_insert(key).await.unwrap();
        }
        // Another tenant's key may have the same id.
        let theirs = ApiKey { name: "Theirs".to_owned(), ..api_key("globex", 1) };
        store.api_key_insert(&theirs).await.unwrap();
        assert_eq!(store.api_key_get(&acme, keys[0].id).await.unwrap().as_ref(), Some(&keys[0]));
        assert_eq!(store.api_key_get(&globex, keys[0].id).await.unwrap(), Some(theirs));
        assert_eq!(store.api_key_get(&globex, keys[1].id).await.unwrap(), None);
        let newest_first = keys.iter().rev().cloned().collect::<Vec<_>>();
        assert_eq!(store.api_key_list(&acme).await.unwrap(), newest_first);

        assert_eq!(store.api_key_insert(&api_key("acme", 3)).await.unwrap_err().kind, PortErrorKind::Conflict);
        let short = ApiKey { secret_hash: vec![1; 31], ..api_key("acme", 4) };
        assert_eq!(store.api_key_insert(&short).await.unwrap_err().kind, PortErrorKind::Corrupt);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_key_is_revoked_once_and_stays_revoked() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let key = api_key("acme", 1);
        store.api_key_insert(&key).await.unwrap();
        assert!(!store.api_key_revoke(&tenant("globex"), key.id, at(50)).await.unwrap());
        assert!(store.api_key_get(&acme, key.id).await.unwrap().unwrap().principal(at(99)).is_some());
        for seconds in [60, 70] {
            assert!(store.api_key_revoke(&acme, key.id, at(seconds)).await.unwrap());
            let found = store.api_key_get(&acme, key.id).await.unwrap().unwrap();
            assert_eq!(found.revoked_at, Some(at(60)));
            assert_eq!(found.principal(at(99)), None);
        }
        assert!(!store.api_key_revoke(&acme, Uuid::from_u128(9), at(50)).await.unwrap());
        fixture
    })
    .await;
}

/// Makes a tenant's first keys, the first `revoked` of them revoked one after the other.
async fn fill(fixture: &Fixture, keys: usize, revoked: usize) {
    let sql = format!(
        "insert into api_key select 'acme', lpad(to_hex(n), 32, '0')::uuid, 'ada', 'k', '\\x00', '', '{{}}', '{{}}', \
         now(), null, case when n <= {revoked} then to_timestamp(n) end from generate_series(1, {keys}) n"
    );
    fixture.admin().await.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_has_at_most_a_thousand_keys_however_many_are_made_at_once() {
    everywhere(|fixture| async move {
        let store = &fixture.store;
        fill(&fixture, KEYS_MAX - 3, 0).await;
        let results = join_all((0..12).map(|n| async move { store.api_key_insert(&api_key("acme", 5_000 + n)).await }));
        let results = results.await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
        for error in results.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind, PortErrorKind::Conflict, "{error}");
        }
        assert_eq!(store.api_key_list(&tenant("acme")).await.unwrap().len(), KEYS_MAX);
        // Another tenant has room of its own; this one has when it revokes one.
        store.api_key_insert(&api_key("globex", 1)).await.unwrap();
        store.api_key_revoke(&tenant("acme"), Uuid::from_u128(7), at(0)).await.unwrap();
        store.api_key_insert(&api_key("acme", 6_000)).await.unwrap();
        fixture
    })
    .await;
}

#[tokio::test]
async fn revoked_keys_make_room_the_first_revoked_first() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        fill(&fixture, KEYS_MAX, 2).await;
        store.api_key_insert(&api_key("acme", 5_000)).await.unwrap();
        assert_eq!(store.api_key_get(&acme, Uuid::from_u128(1)).await.unwrap(), None);
        assert!(ask::<bool>(&mut fixture.admin().await, "select count(*) = 1000 from api_key").await);
        store.api_key_insert(&api_key("acme", 5_001)).await.unwrap();
        // None that is good is ever forgotten.
        assert_eq!(store.api_key_insert(&api_key("acme", 5_002)).await.unwrap_err().kind, PortErrorKind::Conflict);
        assert!(ask::<bool>(&mut fixture.admin().await, "select count(*) = 1000 from api_key").await);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_provider_key_is_set_over_what_was_there_and_removed() {
    everywhere(|fixture| async move {
        let (store, acme, globex) = (&fixture.store, tenant("acme"), tenant("globex"));
        let key = |provider: &str, sealed: &'static [u8]| ProviderKey {
            provider: provider.to_owned(),
            sealed: sealed.into(),
            hint: "1234".to_owned(),
            updated_at: at(1),
            updated_by: "ada".parse().unwrap(),
        };
        let (openai, anthropic) = (key("openai", b"\x00one\xff"), key("anthropic", b""));
        store.provider_key_put(&acme, &openai).await.unwrap();
        store.provider_key_put(&acme, &anthropic).await.unwrap();
        store.provider_key_put(&globex, &key("openai", b"theirs")).await.unwrap();
        assert_eq!(store.provider_key_list(&acme).await.unwrap(), [anthropic.clone(), openai]);
        let renewed = ProviderKey { hint: "5678".to_owned(), updated_at: at(2), ..key("openai", b"two") };
        store.provider_key_put(&acme, &renewed).await.unwrap();
        assert_eq!(store.provider_key_list(&acme).await.unwrap(), [anthropic.clone(), renewed]);
        assert!(store.provider_key_delete(&acme, "openai").await.unwrap());
        assert!(!store.provider_key_delete(&acme, "openai").await.unwrap());
        assert_eq!(store.provider_key_list(&acme).await.unwrap(), [anthropic]);
        assert_eq!(store.provider_key_list(&globex).await.unwrap(), [key("openai", b"theirs")]);
        fixture
    })
    .await;
}
