//! All that a tenant has, and who has something.

use crate::fixture::{at, create, document, everywhere, id, tenant, update};
use octavo_domain_documents::{DocumentScan, DocumentStore, DocumentTenants};

#[tokio::test]
async fn a_scan_is_a_tenants_living_documents_by_id() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        for number in [5, 1, 4, 2, 3] {
            create(store, document("acme", number, "A title")).await;
        }
        create(store, document("globex", 6, "A title")).await;
        let gone = store.document_get(&acme, id(3)).await.unwrap().unwrap();
        store.document_commit(&update(&gone, |document| document.deleted_at = Some(at(9)))).await.unwrap();
        let mut seen = Vec::new();
        loop {
            let page = store.document_scan(&acme, seen.last().copied(), 2).await.unwrap();
            assert!(page.len() <= 2);
            if page.is_empty() {
                break;
            }
            seen.extend(page.iter().map(|document| document.id));
        }
        assert_eq!(seen, [1, 2, 4, 5].map(id));
        fixture
    })
    .await;
}

#[tokio::test]
async fn the_relay_learns_who_has_documents_and_no_more() {
    everywhere(|fixture| async move {
        // A hyphen comes before a digit, and a digit before a letter: by their bytes.
        for (number, name) in ["acme", "acme-2", "acme0", "b"].into_iter().enumerate() {
            create(&fixture.store, document(name, 1 + number as u128, "A title")).await;
            create(&fixture.store, document(name, 11 + number as u128, "A title")).await;
        }
        let names = async |after: Option<&str>, limit: u16| {
            let after = after.map(tenant);
            let tenants = fixture.relay.document_tenants(after.as_ref(), limit).await.unwrap();
            tenants.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(None, 1000).await, ["acme", "acme-2", "acme0", "b"]);
        assert_eq!(names(Some("acme"), 2).await, ["acme-2", "acme0"]);
        assert!(names(Some("b"), 2).await.is_empty());
        let mut relay = fixture.relay_connection().await;
        let read = sqlx::query("select id from document").fetch_all(&mut relay).await.unwrap_err();
        assert!(read.to_string().contains("permission denied"), "{read}");
        let mut app = fixture.app().await;
        let denied = sqlx::query("select document_tenants('', 1)").execute(&mut app).await.unwrap_err();
        assert!(denied.to_string().contains("permission denied"), "{denied}");
        fixture
    })
    .await;
}
