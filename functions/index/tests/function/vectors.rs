//! Documents get vectors where they can be had, and are indexed without where not.

use crate::ports::{Ports, id, record};
use async_trait::async_trait;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_search::{
    EMBEDDED_PIECES_MAX, EMBEDDED_TEXTS_MAX, EmbeddingModel, Embeddings, IndexWrite, KeptVector, Purpose,
};
use octavo_index::QueueRecord;
use parking_lot::Mutex;
use std::sync::Arc;

/// Makes vectors that point along the first axis, but of texts that contain `turned` along the second.
pub(crate) struct Axes {
    model: EmbeddingModel,
    /// How many texts each call held.
    pub(crate) calls: Mutex<Vec<usize>>,
    /// Calls after so many fail.
    pub(crate) good: Mutex<usize>,
    /// In this way.
    pub(crate) kind: Mutex<PortErrorKind>,
}

impl Axes {
    fn new() -> Arc<Self> {
        let model = EmbeddingModel { name: "axes".to_owned(), dimensions: 2 };
        Arc::new(Self {
            model,
            calls: Mutex::default(),
            good: Mutex::new(usize::MAX),
            kind: Mutex::new(PortErrorKind::Unavailable),
        })
    }
}

#[async_trait]
impl Embeddings for Axes {
    async fn embed(&self, tenant: &TenantId, purpose: Purpose, texts: &[String]) -> Result<Vec<Vec<f32>>, PortError> {
        assert_eq!((tenant.as_str(), purpose), ("acme", Purpose::Documents));
        assert!(texts.len() <= EMBEDDED_TEXTS_MAX);
        self.calls.lock().push(texts.len());
        if self.calls.lock().len() > *self.good.lock() {
            return Err(PortError::new(*self.kind.lock(), "told to fail"));
        }
        Ok(texts.iter().map(|text| if text.contains("turned") { vec![0.0, 1.0] } else { vec![1.0, 0.0] }).collect())
    }

    fn model(&self) -> &EmbeddingModel {
        &self.model
    }
}

fn vectors(ports: &Ports) -> Vec<Option<Vec<f32>>> {
    let writes = ports.writes();
    writes
        .into_iter()
        .map(|write| match write {
            IndexWrite::Put(entry) => entry.vector,
            IndexWrite::Remove { .. } => None,
        })
        .collect()
}

#[tokio::test]
async fn each_document_gets_the_mean_of_its_pieces() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    let long = format!("{} turned", "straight ".repeat(400));
    let documents =
        [ports.add("acme", 1, 1, "plain"), ports.add("acme", 2, 1, &long), ports.add("acme", 3, 1, "turned")];
    ports.documents.lock()[2].title = String::new();
    assert!(ports.run(documents.iter().map(|document| record("m", document)).collect()).await.failures.is_empty());
    let found = vectors(&ports);
    assert_eq!(found[0], Some(vec![1.0, 0.0]));
    assert_eq!(found[2], Some(vec![0.0, 1.0]));
    let half = found[1].clone().unwrap();
    assert!(half.iter().all(|value| (value - 0.5_f32.sqrt()).abs() < 1e-6), "{half:?}");
    // One call for all: 1, 2 and 1 pieces.
    assert_eq!(axes.calls.lock()[..], [4]);
}

#[tokio::test]
async fn what_the_index_holds_of_the_same_text_is_not_made_again() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    let (same, changed) = (ports.add("acme", 1, 1, "same"), ports.add("acme", 2, 1, "changed"));
    ports.run(vec![record("a", &same), record("b", &changed)]).await;
    let name = |write: &IndexWrite| match write {
        IndexWrite::Put(entry) => octavo_domain_search::embedded_name(&entry.embedded_pieces()),
        IndexWrite::Remove { .. } => panic!("a removal"),
    };
    let names: Vec<String> = ports.writes().iter().map(name).collect();
    let kept = |of: &str| KeptVector { of: of.to_owned(), vector: vec![0.6, 0.8] };
    ports.kept.lock().extend([(id(1), kept(&names[0])), (id(2), kept("of another text"))]);
    ports.written.lock().clear();
    ports.run(vec![record("a", &same), record("b", &changed)]).await;
    assert_eq!(vectors(&ports), [Some(vec![0.6, 0.8]), Some(vec![1.0, 0.0])]);
    assert_eq!(axes.calls.lock()[..], [2, 1]);
}

#[tokio::test]
async fn while_vectors_are_away_documents_are_indexed_without_and_wait_once() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    *axes.good.lock() = 1;
    let long = "word ".repeat(10_000);
    let documents: Vec<_> = (1..=100).map(|n| ports.add("acme", n, 1, &long)).collect();
    let response = ports.run(documents.iter().map(|document| record("m", document)).collect()).await;
    assert!(response.failures.is_empty());
    // The first call was good; the second was not, and there was no third.
    let fit = EMBEDDED_TEXTS_MAX / EMBEDDED_PIECES_MAX;
    assert_eq!(axes.calls.lock()[..], [EMBEDDED_TEXTS_MAX, EMBEDDED_TEXTS_MAX]);
    let found = vectors(&ports);
    assert_eq!((found.len(), found.iter().filter(|vector| vector.is_some()).count()), (100, fit));
    assert_eq!(ports.settled.lock()[0].1.len(), 100);
}

/// What waits to be sent, as a record of the queue.
fn waiting(ports: &Ports) -> Option<(QueueRecord, u64)> {
    let (entry, after_ms) = ports.later.lock().pop()?;
    assert_eq!(entry.queue.as_str(), "index");
    let body = serde_json::to_string(&entry.message).unwrap();
    Some((QueueRecord { message_id: "later".to_owned(), body }, after_ms))
}

#[tokio::test]
async fn vectors_that_were_missed_are_made_when_they_can_be_had() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    *axes.good.lock() = 0;
    // More than are looked at at a time.
    let documents: Vec<_> = (1..=150).map(|n| ports.add("acme", n, 3, "plain")).collect();
    ports.run(documents.iter().map(|document| record("m", document)).collect()).await;
    assert_eq!((ports.unvectored.lock().len(), ports.later.lock().len()), (150, 1));
    // In vain: nothing is written, and it waits longer each time.
    for after in [60_000, 120_000, 240_000] {
        let (again, after_ms) = waiting(&ports).unwrap();
        assert_eq!(after_ms, after);
        ports.written.lock().clear();
        assert!(ports.run(vec![again]).await.failures.is_empty());
        assert!(ports.writes().is_empty());
    }
    // One is gone meanwhile, and one was changed again.
    ports.documents.lock()[0].deleted_at = Some(chrono::DateTime::UNIX_EPOCH);
    ports.documents.lock()[1].revision = 4;
    *axes.good.lock() = usize::MAX;
    ports.settled.lock().clear();
    let mut looked = 0;
    while let Some((again, after_ms)) = waiting(&ports) {
        assert_eq!(after_ms, [480_000, 0][looked]);
        assert!(ports.run(vec![again]).await.failures.is_empty());
        looked += 1;
    }
    assert_eq!(looked, 2);
    assert!(vectors(&ports).iter().all(Option::is_some));
    let settled: Vec<_> = ports.settled.lock().iter().flat_map(|(_, settled, _)| settled.clone()).collect();
    assert_eq!((settled.len(), settled[0]), (149, (id(2), 4)));
    assert_eq!(ports.unvectored.lock().iter().copied().collect::<Vec<_>>(), [id(1)], "its own message takes it out");
}

#[tokio::test]
async fn what_is_refused_is_not_asked_for_again_and_holds_nothing_up() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    *axes.good.lock() = 0;
    *axes.kind.lock() = PortErrorKind::Corrupt;
    let long = "word ".repeat(10_000);
    let documents: Vec<_> = (1..=100).map(|n| ports.add("acme", n, 1, &long)).collect();
    let response = ports.run(documents.iter().map(|document| record("m", document)).collect()).await;
    assert!(response.failures.is_empty());
    assert_eq!(axes.calls.lock().len(), (100 * EMBEDDED_PIECES_MAX).div_ceil(EMBEDDED_TEXTS_MAX));
    assert!(ports.later.lock().is_empty());
    // A key that is not accepted is mended by somebody.
    *axes.kind.lock() = PortErrorKind::Denied;
    ports.run(vec![record("m", &documents[0])]).await;
    assert_eq!(ports.later.lock().len(), 1);
}

#[tokio::test]
async fn a_repair_that_cannot_be_written_down_comes_again() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    *axes.good.lock() = 0;
    let document = ports.add("acme", 1, 1, "plain");
    *ports.unsettled.lock() = true;
    assert_eq!(ports.run(vec![record("m", &document)]).await.failed_ids(), ["m"]);
    *ports.unsettled.lock() = false;
    ports.run(vec![record("m", &document)]).await;
    let (again, _) = waiting(&ports).unwrap();
    *ports.unsettled.lock() = true;
    *axes.good.lock() = usize::MAX;
    assert_eq!(ports.run(vec![again.clone()]).await.failed_ids(), ["later"]);
    // Where none are made any more nothing is missed.
    let without = Arc::new(Ports::default());
    assert!(without.run(vec![again]).await.failures.is_empty());
}

#[tokio::test]
async fn removals_and_empty_documents_ask_for_none() {
    let axes = Axes::new();
    let ports = Arc::new(Ports { embeddings: Some(axes.clone()), ..Ports::default() });
    let mut gone = ports.add("acme", 1, 1, "text");
    gone.deleted_at = Some(chrono::DateTime::UNIX_EPOCH);
    let empty = ports.add("acme", 2, 1, "");
    *ports.documents.lock() =
        vec![gone.clone(), octavo_domain_documents::Document { title: " ".to_owned(), ..empty.clone() }];
    ports.run(vec![record("a", &gone), record("b", &empty)]).await;
    assert_eq!(vectors(&ports), [None, None]);
    assert!(axes.calls.lock().is_empty());
}
