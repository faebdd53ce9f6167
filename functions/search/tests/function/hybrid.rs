//! Searches by meaning: what is asked of whom, and what is said where it cannot be.

use crate::ports::World;
use async_trait::async_trait;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_search::{EmbeddingModel, Embeddings, Mode, Purpose};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;

/// Makes a vector of a text's length, and remembers who asked.
pub(crate) struct Lengths {
    model: EmbeddingModel,
    asked: Mutex<Vec<(String, Vec<String>)>>,
    pub(crate) fails: Mutex<bool>,
}

impl Lengths {
    pub(crate) fn new() -> Arc<Self> {
        let model = EmbeddingModel { name: "lengths".to_owned(), dimensions: 2 };
        Arc::new(Self { model, asked: Mutex::default(), fails: Mutex::new(false) })
    }
}

#[async_trait]
impl Embeddings for Lengths {
    async fn embed(&self, tenant: &TenantId, purpose: Purpose, texts: &[String]) -> Result<Vec<Vec<f32>>, PortError> {
        assert_eq!(purpose, Purpose::Query);
        self.asked.lock().push((tenant.to_string(), texts.to_vec()));
        if *self.fails.lock() {
            return Err(PortError::new(PortErrorKind::Unavailable, "told to fail"));
        }
        let length = |text: &String| f32::from(u8::try_from(text.len()).unwrap());
        Ok(texts.iter().map(|text| vec![length(text), 0.25]).collect())
    }

    fn model(&self) -> &EmbeddingModel {
        &self.model
    }
}

fn hybrid(text: &str) -> Value {
    json!({"text": text, "mode": "hybrid"})
}

#[tokio::test]
async fn the_text_goes_to_the_index_as_a_vector_too() {
    let lengths = Lengths::new();
    let world = World::with_embeddings(lengths.clone());
    let answer = world.post(hybrid("borrow checker")).await;
    assert_eq!((answer.status, answer.body.get("degraded")), (200, None));
    let (_, query) = world.index.asked.lock()[0].clone();
    assert_eq!((query.mode, query.vector), (Mode::Hybrid, Some(vec![14.0, 0.25])));
    assert_eq!(lengths.asked.lock()[..], [("acme".to_owned(), vec!["borrow checker".to_owned()])]);
}

#[tokio::test]
async fn a_text_is_made_a_vector_once_for_each_tenant() {
    let lengths = Lengths::new();
    let world = World::with_embeddings(lengths.clone());
    for size in 1..4 {
        // Other pages of the same search, and other people's.
        let mut page = hybrid("borrow");
        page["size"] = json!(size);
        world.post(page).await;
        world.send("bob", crate::ports::post(hybrid("borrow").to_string())).await;
    }
    assert_eq!(lengths.asked.lock().len(), 1);
    assert!(world.index.asked.lock().iter().all(|(_, query)| query.vector == Some(vec![6.0, 0.25])));
    world.send("ada@umbrella", crate::ports::post(hybrid("borrow").to_string())).await;
    assert_eq!(lengths.asked.lock()[1].0, "umbrella");
}

#[tokio::test]
async fn while_vectors_are_away_words_answer_and_it_is_said() {
    let lengths = Lengths::new();
    let world = World::with_embeddings(lengths.clone());
    *lengths.fails.lock() = true;
    let away = world.post(hybrid("borrow")).await;
    assert_eq!((away.status, away.body["degraded"].as_str()), (200, Some("embeddings_away")));
    assert_eq!(away.body["hits"].as_array().unwrap().len(), 1);
    assert_eq!(world.index.asked.lock()[0].1.vector, None);
    // What was answered meanwhile is not what is answered afterwards.
    *lengths.fails.lock() = false;
    let back = world.post(hybrid("borrow")).await;
    assert_eq!((back.cache.as_deref(), back.body.get("degraded")), (Some("miss"), None));
}

#[tokio::test]
async fn a_dead_cache_costs_a_call_and_no_search() {
    let lengths = Lengths::new();
    let world = World::with_embeddings(lengths.clone());
    *world.kept.fails.lock() = Some(PortErrorKind::Timeout);
    for _ in 0..2 {
        let answer = world.post(hybrid("borrow")).await;
        assert_eq!((answer.status, answer.body.get("degraded")), (200, None));
    }
    assert_eq!(lengths.asked.lock().len(), 2);
}

#[tokio::test]
async fn what_no_meaning_could_change_asks_for_none() {
    let lengths = Lengths::new();
    let world = World::with_embeddings(lengths.clone());
    for body in
        [json!({"mode": "hybrid"}), json!({"text": "a", "mode": "hybrid", "sort": "title"}), json!({"text": "a"})]
    {
        let answer = world.post(body).await;
        assert_eq!((answer.status, answer.body.get("degraded")), (200, None));
    }
    assert!(lengths.asked.lock().is_empty());
    assert!(world.index.asked.lock().iter().all(|(_, query)| query.vector.is_none()));
}

#[tokio::test]
async fn where_it_is_not_configured_it_is_refused_by_name() {
    let world = World::new();
    assert_eq!(world.post(hybrid("borrow")).await.problem(), (422, "SEARCH_0007", vec!["mode"]));
    let by_url = world.get("/v1/search", "q=borrow&mode=hybrid").await;
    assert_eq!(by_url.problem(), (422, "SEARCH_0007", vec!["query:mode"]));
    assert_eq!(world.searches(), 0);
    assert_eq!(world.post(json!({"text": "borrow", "mode": "words"})).await.status, 200);
}
