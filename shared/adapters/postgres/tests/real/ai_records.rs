//! Alerts of budgets, and prompts kept in full.

use crate::fixture::{at, everywhere, tenant};
use octavo_domain_ai::ports::{AlertStore, BudgetAlert, TRANSCRIPT_BYTES_MAX, TranscriptStore};
use octavo_domain_kernel::PortErrorKind;
use uuid::Uuid;

fn alert(number: u128, budget: &str, percent: u8) -> BudgetAlert {
    BudgetAlert {
        id: Uuid::from_u128(number),
        at: at(number as i64),
        budget: budget.to_owned(),
        percent,
        tokens: 1_000,
        tokens_max: Some(2_000),
        nanodollars: 7,
        nanodollars_max: None,
    }
}

#[tokio::test]
async fn an_alert_is_kept_once_a_period_and_the_newest_come_first() {
    everywhere(|fixture| async move {
        let (store, acme) = (&fixture.store, tenant("acme"));
        let (first, second) = (alert(1, "day:2026-01-01", 50), alert(2, "day:2026-01-01", 80));
        for one in [&first, &second, &BudgetAlert { id: Uuid::from_u128(3), ..first.clone() }] {
            store.alert_insert(&acme, one).await.unwrap();
        }
        store.alert_insert(&tenant("globex"), &alert(9, "day:2026-01-01", 50)).await.unwrap();
        assert_eq!(store.alert_list(&acme, 10).await.unwrap(), [second.clone(), first]);
        assert_eq!(store.alert_list(&acme, 1).await.unwrap(), [second]);
        let absurd = BudgetAlert { tokens: u64::MAX, ..alert(4, "day:2026-01-02", 50) };
        assert_eq!(store.alert_insert(&acme, &absurd).await.unwrap_err().kind, PortErrorKind::Corrupt);
        fixture
    })
    .await;
}

#[tokio::test]
async fn a_transcript_is_found_in_its_tenant_and_never_replaced() {
    everywhere(|fixture| async move {
        let (store, acme, call) = (&fixture.store, tenant("acme"), Uuid::from_u128(5));
        store.transcript_put(&acme, call, b"sealed").await.unwrap();
        store.transcript_put(&acme, call, b"another").await.unwrap();
        assert_eq!(store.transcript_get(&acme, call).await.unwrap().as_deref(), Some(&b"sealed"[..]));
        assert_eq!(store.transcript_get(&tenant("globex"), call).await.unwrap(), None);
        assert_eq!(store.transcript_get(&acme, Uuid::nil()).await.unwrap(), None);
        let large = vec![0; TRANSCRIPT_BYTES_MAX + 1];
        assert_eq!(store.transcript_put(&acme, call, &large).await.unwrap_err().kind, PortErrorKind::Corrupt);
        fixture
    })
    .await;
}
