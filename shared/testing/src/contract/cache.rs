//! The contract of [`Cache`].

use crate::build::tenant;
use crate::ids::unique;
use bytes::Bytes;
use octavo_domain_kernel::{Cache, CacheKey};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Judges a cache. `make` gives a handle; all handles are on the same store.
pub async fn cache<C: Cache, F: Future<Output = C>>(make: impl Fn() -> F) {
    let cache = make().await;
    cache.ping().await.unwrap();
    let key = CacheKey::new(&tenant(), "test", &unique().to_string());

    assert_eq!(cache.get(&key).await.unwrap(), None, "nothing was kept yet");
    cache.delete(&key).await.expect("deleting what is not there is no error");

    // Any bytes come back as they were: also none, NUL, and what is not UTF-8.
    for value in [Bytes::from_static(b""), Bytes::from_static(b"\0\r\n\xff$5\r\n"), Bytes::from(vec![7; 1 << 20])] {
        cache.set(&key, value.clone(), MINUTE).await.unwrap();
        assert_eq!(cache.get(&key).await.unwrap(), Some(value), "the newest value");
    }
    let other = CacheKey::new(&tenant(), "test", "same name");
    cache.set(&other, Bytes::from_static(b"theirs"), MINUTE).await.unwrap();
    let mine = CacheKey::new(&tenant(), "test", "same name");
    assert_eq!(cache.get(&mine).await.unwrap(), None, "a tenant does not see another's value");

    assert_eq!(
        make().await.get(&other).await.unwrap().as_deref(),
        Some(&b"theirs"[..]),
        "another handle, the same store"
    );
    cache.delete(&other).await.unwrap();
    assert_eq!(make().await.get(&other).await.unwrap(), None);

    // Forgotten in time, also where the value before it was to be kept longer: far longer than anybody waits here.
    cache.set(&key, Bytes::from_static(b"long"), 60 * MINUTE).await.unwrap();
    cache.set(&key, Bytes::from_static(b"brief"), Duration::from_millis(30)).await.unwrap();
    let forgotten = async {
        while cache.get(&key).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(MINUTE, forgotten).await.expect("a value is forgotten after its time");
    // Less than a millisecond is kept for one.
    cache.set(&key, Bytes::from_static(b"brief"), Duration::from_micros(1)).await.unwrap();
}
