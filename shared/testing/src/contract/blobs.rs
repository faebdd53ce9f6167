//! The contract of [`BlobStore`].

use crate::build::tenant;
use bytes::Bytes;
use octavo_domain_kernel::{BlobInfo, BlobKey, BlobStore, ContentHash, PortErrorKind, TenantId};

fn key(tenant: &TenantId, digit: char) -> BlobKey {
    let hash: ContentHash = digit.to_string().repeat(64).parse().unwrap();
    BlobKey::content(tenant, &hash)
}

/// Judges a blob store. `make` gives a handle; all handles are on the same store.
pub async fn blobs<B: BlobStore, F: Future<Output = B>>(make: impl Fn() -> F) {
    let store = make().await;
    store.ping().await.unwrap();
    let tenant_a = tenant();
    let missing = key(&tenant_a, '0');
    assert_eq!(store.get(&missing).await.unwrap(), None);
    assert_eq!(store.get_range(&missing, 0..1).await.unwrap(), None);
    assert_eq!(store.head(&missing).await.unwrap(), None);
    store.delete(&missing).await.expect("removing what is not there is no error");

    // Any bytes, none, and more than one buffer.
    for (digit, bytes) in [('1', Bytes::new()), ('2', Bytes::from_static(b"\0\xff\r\n")), ('3', pattern(3 << 20))] {
        let key = key(&tenant_a, digit);
        store.put(&key, bytes.clone(), "application/octet-stream").await.unwrap();
        assert_eq!(store.head(&key).await.unwrap(), Some(BlobInfo { size: bytes.len() as u64 }));
        assert_eq!(make().await.get(&key).await.unwrap(), Some(bytes), "another handle, the same store");
    }

    let long = key(&tenant_a, '3');
    let whole = pattern(3 << 20);
    assert_eq!(store.get_range(&long, 5..17).await.unwrap(), Some(whole.slice(5..17)));
    let end = whole.len() as u64;
    let past = store.get_range(&long, end - 3..end + 100).await.unwrap();
    assert_eq!(past, Some(whole.slice(whole.len() - 3..)), "cut at the end");
    for outside in [end..end + 1, end + 5..end + 9] {
        let error = store.get_range(&long, outside).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Corrupt, "begins outside");
    }
    let empty = key(&tenant_a, '1');
    assert_eq!(store.get_range(&empty, 0..1).await.unwrap_err().kind, PortErrorKind::Corrupt, "nothing to begin in");

    // Written twice is harmless, also at the same time.
    let again = Bytes::from_static(b"\0\xff\r\n");
    let twice = key(&tenant_a, '2');
    let (first, second) = futures::join!(
        store.put(&twice, again.clone(), "text/plain; charset=utf-8"),
        store.put(&twice, again.clone(), "text/plain; charset=utf-8")
    );
    first.unwrap();
    second.unwrap();
    assert_eq!(store.get(&twice).await.unwrap(), Some(again));

    // The same hash of another tenant is another object.
    let theirs = key(&tenant(), '2');
    assert_eq!(store.get(&theirs).await.unwrap(), None, "a tenant does not see another's object");

    store.delete(&twice).await.unwrap();
    assert_eq!(store.get(&twice).await.unwrap(), None);
    assert_eq!(store.head(&twice).await.unwrap(), None);
}

fn pattern(length: usize) -> Bytes {
    (0..length).map(|at| (at % 251) as u8).collect()
}
