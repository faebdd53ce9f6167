//! What becomes of a batch.

use crate::ports::{Ports, document, id, record};
use chrono::DateTime;
use octavo_domain_kernel::Fault;
use octavo_domain_search::IndexWrite;
use octavo_index::{BatchResponse, QueueRecord};
use std::sync::Arc;

/// Message ids and codes of what failed.
fn failed(response: &BatchResponse) -> Vec<(&str, &str)> {
    response.failures.iter().map(|failure| (&failure.message_id[..], failure.fault.code().name)).collect()
}

fn put(write: &IndexWrite) -> (u128, i64, &str) {
    match write {
        IndexWrite::Put(entry) => (entry.id.0.as_u128(), entry.revision, &entry.text),
        IndexWrite::Remove { .. } => panic!("a removal: {write:?}"),
    }
}

#[tokio::test]
async fn what_is_written_is_what_is_true_now() {
    let ports = Arc::new(Ports::default());
    // The messages were sent at revisions 2 and 3; by now it is at 5.
    let now = ports.add("acme", 1, 5, "the text");
    let records = vec![record("a", &document("acme", 1, 2, "")), record("b", &document("acme", 1, 3, ""))];
    assert_eq!(failed(&ports.run(records).await), []);
    let writes = ports.writes();
    assert_eq!((writes.len(), put(&writes[0])), (1, (1, 5, "the text")));
    let IndexWrite::Put(entry) = &writes[0] else { panic!("a removal") };
    assert_eq!((entry.readers.clone(), entry.media_type.as_str()), (now.readers(), "text/plain"));
    assert_eq!((&entry.title[..], entry.file_name.as_deref(), entry.size), ("Document 1", Some("a.txt"), 10));
    assert_eq!(ports.settled.lock()[..], [("acme".to_owned(), vec![(id(1), 5)], 7000)]);
}

#[tokio::test]
async fn what_is_deleted_or_gone_is_removed() {
    let ports = Arc::new(Ports::default());
    let mut deleted = ports.add("acme", 1, 4, "text");
    deleted.deleted_at = Some(DateTime::UNIX_EPOCH);
    ports.documents.lock()[0] = deleted.clone();
    let records = vec![record("deleted", &deleted), record("gone", &document("acme", 2, 9, ""))];
    assert_eq!(failed(&ports.run(records).await), []);
    let tenant = deleted.tenant;
    let remove = |n, revision| IndexWrite::Remove { tenant: tenant.clone(), id: id(n), revision };
    assert_eq!(ports.writes(), [remove(1, 4), remove(2, 9)]);
    assert_eq!(ports.settled.lock()[0].1, [(id(1), 4), (id(2), 9)]);
}

#[tokio::test]
async fn each_failure_is_of_its_messages_only() {
    let ports = Arc::new(Ports::default());
    let good = ports.add("acme", 1, 1, "good");
    let textless = ports.add("acme", 2, 1, "text");
    ports.texts.lock().retain(|key, _| !key.ends_with('2'));
    let refused = ports.add("acme", 3, 1, "refused");
    ports.refused.lock().insert(id(3));
    let empty = ports.add("acme", 4, 1, "");
    ports.texts.lock().retain(|key, _| !key.ends_with('4'));
    let old = ports.add("acme", 5, 1, "old");
    ports.superseded.lock().insert(id(5));
    let records = vec![
        record("good", &good),
        record("textless", &textless),
        QueueRecord { message_id: "poison".to_owned(), body: "{}".to_owned() },
        record("refused", &refused),
        record("refused again", &refused),
        record("empty", &empty),
        record("old", &old),
    ];
    let response = ports.run(records).await;
    let mut failures = failed(&response);
    failures.sort_unstable();
    let expected = [
        ("poison", "INDEX_0001"),
        ("refused", "INDEX_0004"),
        ("refused again", "INDEX_0004"),
        ("textless", "INDEX_0002"),
    ];
    assert_eq!(failures, expected);
    // What the engine already had a later revision of is settled as well.
    assert_eq!(ports.settled.lock()[0].1, [(id(1), 1), (id(4), 1), (id(5), 1)]);
}

#[tokio::test]
async fn one_tenants_trouble_is_not_anothers() {
    let ports = Arc::new(Ports::default());
    let (acme, umbrella) = (ports.add("acme", 1, 1, "a"), ports.add("umbrella", 1, 1, "u"));
    ports.unreadable.lock().insert("acme".to_owned());
    let response = ports.run(vec![record("a", &acme), record("u", &umbrella)]).await;
    assert_eq!(failed(&response), [("a", "INDEX_0003")]);
    assert_eq!(ports.writes().iter().map(put).collect::<Vec<_>>(), [(1, 1, "u")]);
    // The same again, now that it works: nothing is lost, and what was done is harmless to do again.
    ports.unreadable.lock().clear();
    let response = ports.run(vec![record("a", &acme), record("u", &umbrella)]).await;
    assert_eq!(failed(&response), []);
    assert_eq!(ports.settled.lock().len(), 3);
}

#[tokio::test]
async fn what_was_not_settled_comes_again() {
    let ports = Arc::new(Ports::default());
    let one = ports.add("acme", 1, 1, "one");
    *ports.unsettled.lock() = true;
    assert_eq!(failed(&ports.run(vec![record("a", &one)]).await), [("a", "INDEX_0005")]);
    *ports.unsettled.lock() = false;
    ports.superseded.lock().insert(id(1));
    assert_eq!(failed(&ports.run(vec![record("a", &one)]).await), []);
    assert_eq!(ports.settled.lock()[0].1, [(id(1), 1)]);
}

#[tokio::test]
async fn large_batches_are_cut_by_what_they_hold() {
    let ports = Arc::new(Ports::default());
    // Said to be of a million characters each: eight fit.
    let documents: Vec<_> = (1..=20).map(|n| ports.add("acme", n, 1, "text")).collect();
    for document in ports.documents.lock().iter_mut() {
        document.content.text_chars = 1_000_000;
    }
    let records = documents.iter().map(|document| record("m", document)).collect();
    assert_eq!(failed(&ports.run(records).await), []);
    let sizes: Vec<usize> = ports.written.lock().iter().map(Vec::len).collect();
    assert_eq!(sizes, [8, 8, 4]);
    assert!(ports.run(Vec::new()).await.failures.is_empty());
}

#[tokio::test]
async fn thousands_are_read_a_thousand_at_a_time() {
    let ports = Arc::new(Ports::default());
    let records = (1..=2500).map(|n| record("m", &ports.add("acme", n, 1, "t"))).collect();
    assert_eq!(failed(&ports.run(records).await), []);
    assert_eq!(ports.writes().len(), 2500);
}
