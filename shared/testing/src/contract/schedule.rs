//! The contracts of [`Lease`] and [`FireLog`].

use crate::ids::unique;
use chrono::{TimeDelta, TimeZone, Utc};
use octavo_domain_kernel::{FireLog, Lease};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Judges leases. `make` gives a handle; all handles are on the same store.
pub async fn lease<L: Lease, F: Future<Output = L>>(make: impl Fn() -> F) {
    let (first, second) = (make().await, make().await);
    let name = unique().to_string();
    assert!(first.lease_take(&name, "a", MINUTE).await.unwrap(), "free");
    assert!(!second.lease_take(&name, "b", MINUTE).await.unwrap(), "taken");
    assert!(first.lease_take(&name, "a", MINUTE).await.unwrap(), "prolonged by its holder");
    second.lease_release(&name, "b").await.expect("not being the holder is no error");
    assert!(!second.lease_take(&name, "b", MINUTE).await.unwrap(), "only its holder gives it up");
    first.lease_release(&name, "a").await.unwrap();
    // Prolonging also shortens.
    assert!(second.lease_take(&name, "b", 60 * MINUTE).await.unwrap(), "given up");
    assert!(second.lease_take(&name, "b", Duration::from_millis(30)).await.unwrap());
    let taken = async {
        while !first.lease_take(&name, "a", MINUTE).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(MINUTE, taken).await.expect("a lease ends by itself");

    let name = unique().to_string();
    let rivals = (0..8).map(|rival| {
        let (name, make) = (&name, &make);
        async move { make().await.lease_take(name, &rival.to_string(), MINUTE).await.unwrap() }
    });
    let won = futures::future::join_all(rivals).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "one of many");
}

/// Judges a fire log. `make` gives a handle; all handles are on the same store.
pub async fn fire_log<L: FireLog, F: Future<Output = L>>(make: impl Fn() -> F) {
    let log = make().await;
    let name = unique().to_string();
    assert_eq!(log.fire_last(&name).await.unwrap(), None);
    let due = Utc.with_ymd_and_hms(2026, 2, 28, 23, 59, 59).unwrap() + TimeDelta::milliseconds(123);
    log.fire_record(&name, due).await.unwrap();
    assert_eq!(make().await.fire_last(&name).await.unwrap(), Some(due));
    log.fire_record(&name, due - TimeDelta::milliseconds(1)).await.unwrap();
    assert_eq!(log.fire_last(&name).await.unwrap(), Some(due), "never backwards");
    log.fire_record(&name, due + TimeDelta::days(1)).await.unwrap();
    assert_eq!(log.fire_last(&name).await.unwrap(), Some(due + TimeDelta::days(1)));
}
