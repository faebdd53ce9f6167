//! Figures, by hand: `cargo test -p octavo-adapters-postgres --test real -- --ignored --nocapture throughput`.

use crate::fixture::{creation, document, everywhere, message, tenant};
use octavo_domain_documents::DocumentStore;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// Documents made in all.
const DOCUMENTS: u32 = 4000;
/// As many requests as wait at a time.
const WORKERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn throughput_of_creation() {
    everywhere(|fixture| async move {
        let next = AtomicU32::new(1);
        let began = Instant::now();
        let work = || async {
            loop {
                let number = u128::from(next.fetch_add(1, Ordering::Relaxed));
                if number > u128::from(DOCUMENTS) {
                    break;
                }
                let mut commit = creation(document("acme", number, "A plan"));
                commit.outbox = vec![message("acme", number)];
                fixture.store.document_commit(&commit).await.unwrap();
                fixture.store.outbox_published(&tenant("acme"), &[commit.outbox[0].message.id]).await.unwrap();
            }
        };
        futures::future::join_all((0..WORKERS).map(|_| work())).await;
        let rate = f64::from(DOCUMENTS) / began.elapsed().as_secs_f64();
        println!("{rate:.0} documents/s made and their messages deleted");
        assert!(rate > 1.0);
        fixture
    })
    .await;
}
