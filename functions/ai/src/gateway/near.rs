//! The semantic cache: an answer to a question that means nearly the same. An option, off by default.
//!
//! Only the last words of the person may differ, and only a little: everything else of the request (system, earlier
//! turns, model, parameters) must be the same to the letter. Requests with functions or pictures are left out.

use super::ask::{Ask, Wishes};
use super::cached::{Kept, KeptHead};
use super::exchange::Exchange;
use super::fingerprint::fingerprint;
use super::prepare::Prepared;
use crate::Deps;
use bytes::Bytes;
use octavo_domain_ai::ports::Claim;
use octavo_domain_ai::wire::Dialect;
use octavo_domain_kernel::{CacheKey, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// What neighbours are sealed for.
const PURPOSE: &str = "ai-near";
/// Questions of one context that are remembered; the oldest go first.
const NEIGHBOURS_MAX: usize = 64;
/// The model that tells how near two questions are.
const MODEL: &str = "text-embedding-3-small";
/// Numbers of a vector: enough to tell paraphrases, and an eighth of the model's own.
const DIMENSIONS: u32 = 256;
/// What the ledger says of the embeddings.
const FEATURE: &str = "semantic-cache";

#[derive(Serialize, Deserialize)]
struct Neighbour {
    /// The exact request's hash: where its answer is kept.
    answer: String,
    vector: Vec<f32>,
}

/// A question that may be near to another.
pub(crate) struct Question {
    context: CacheKey,
    vector: Vec<f32>,
    neighbours: Vec<Neighbour>,
}

/// The question of a request, with its vector and its neighbours; none where the request is not of the kind.
pub(crate) async fn question(deps: &Arc<Deps>, ask: &Ask, prepared: &Prepared) -> Option<Question> {
    let Exchange::Chat { dialect, body, decoded } = &prepared.exchange else { return None };
    if !decoded.prompt.tools.is_empty() {
        return None;
    }
    let (context, text) = split(*dialect, body)?;
    let tenant = &ask.principal.tenant;
    let hash = fingerprint(tenant, *dialect, &prepared.resolution(), &context).to_hex();
    let context = CacheKey::new(tenant, "ai-near", &hash);
    let vector = vector(deps, ask, &text).await?;
    let kept = deps.answers.peek(&context).await;
    let neighbours = deps.rest.note("answers", kept)?.and_then(|sealed| open(deps, tenant, &sealed));
    Some(Question { context, vector, neighbours: neighbours.unwrap_or_default() })
}

/// The kept answer to the nearest question that is near enough.
pub(crate) async fn nearest(
    deps: &Deps,
    tenant: &TenantId,
    question: &Question,
    threshold_milli: u32,
    acceptable: impl Fn(&KeptHead) -> bool,
) -> Option<Kept> {
    let threshold = f64::from(threshold_milli) / 1_000.0;
    let near = question.neighbours.iter().map(|neighbour| (cosine(&question.vector, &neighbour.vector), neighbour));
    let (likeness, neighbour) = near.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    if likeness < threshold {
        return None;
    }
    let kept = deps.answers.peek(&CacheKey::new(tenant, "ai", &neighbour.answer)).await;
    let sealed = deps.rest.note("answers", kept)??;
    Kept::open(deps, tenant, &sealed).filter(|kept| acceptable(&kept.head))
}

/// Remembers that the answer to `question` is kept under `answer`.
pub(crate) async fn remember(deps: &Deps, tenant: &TenantId, question: Question, answer: &str, ttl: Duration) {
    let Question { context, vector, mut neighbours } = question;
    neighbours.retain(|neighbour| neighbour.answer != answer);
    neighbours.push(Neighbour { answer: answer.to_owned(), vector });
    let surplus = neighbours.len().saturating_sub(NEIGHBOURS_MAX);
    neighbours.drain(..surplus);
    let Ok(plain) = serde_json::to_vec(&neighbours) else { return };
    let sealed = deps.sealer.seal(tenant, PURPOSE, &plain);
    // Nobody claims a context: two who remember at once lose one neighbour, and nothing else.
    let claim = Claim { key: context, token: deps.ids.next().simple().to_string() };
    let done = deps.answers.fulfil(&claim, sealed, ttl).await;
    deps.rest.note("answers", done);
}

fn open(deps: &Deps, tenant: &TenantId, sealed: &Bytes) -> Option<Vec<Neighbour>> {
    let plain = deps.sealer.open(tenant, PURPOSE, sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// The body without the person's last words, and these.
fn split(dialect: Dialect, body: &Map<String, Value>) -> Option<(Map<String, Value>, String)> {
    let name = if dialect == Dialect::Responses { "input" } else { "messages" };
    let mut context = body.clone();
    let slot = match context.get_mut(name)? {
        text @ Value::String(_) => text,
        Value::Array(turns) => {
            let last = turns.last_mut()?.as_object_mut()?;
            if last.get("role")?.as_str() != Some("user") {
                return None;
            }
            match last.get_mut("content")? {
                text @ Value::String(_) => text,
                Value::Array(parts) if parts.len() == 1 => parts.first_mut()?.get_mut("text")?,
                _ => return None,
            }
        }
        _ => return None,
    };
    let text = slot.as_str()?.to_owned();
    *slot = Value::Null;
    Some((context, text))
}

async fn vector(deps: &Arc<Deps>, ask: &Ask, text: &str) -> Option<Vec<f32>> {
    let body = serde_json::json!({ "model": MODEL, "input": text, "dimensions": DIMENSIONS });
    let ask = Ask {
        principal: ask.principal.clone(),
        dialect: Dialect::Chat,
        feature: FEATURE.to_owned().try_into().ok()?,
        body: body.as_object()?.clone(),
        wishes: Wishes::default(),
        began: tokio::time::Instant::now(),
        deadline: ask.deadline,
        request_id: ask.request_id.clone(),
        traceparent: ask.traceparent.clone(),
        headers: Vec::new(),
    };
    let vector = super::run::embed(deps.clone(), ask).await;
    vector.inspect_err(|error| tracing::warn!(%error, "the semantic cache has no vector; going on without")).ok()
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    if one.len() != other.len() {
        return 0.0;
    }
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let length = (dot(one, one) * dot(other, other)).sqrt();
    if length > 0.0 { dot(one, other) / length } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_last_words_of_the_person_are_taken_out() {
        let body = json!({"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "why?"}]});
        let (context, text) = split(Dialect::Chat, body.as_object().unwrap()).unwrap();
        assert_eq!(text, "why?");
        assert_eq!(context["messages"], json!([{"role": "system", "content": "s"}, {"role": "user", "content": null}]));
        let parts = json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "why?"}]}]});
        assert_eq!(split(Dialect::Messages, parts.as_object().unwrap()).unwrap().1, "why?");
        assert_eq!(split(Dialect::Responses, json!({"input": "why?"}).as_object().unwrap()).unwrap().1, "why?");
        for other in [
            json!({"messages": [{"role": "assistant", "content": "a"}]}),
            json!({"messages": [{"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "t"}]}]}),
            json!({"messages": []}),
        ] {
            assert!(split(Dialect::Chat, other.as_object().unwrap()).is_none(), "{other}");
        }
    }

    #[test]
    fn likeness_is_the_cosine() {
        assert!((cosine(&[3.0, 4.0], &[6.0, 8.0]) - 1.0).abs() < 1e-9);
        assert!(cosine(&[1.0, 0.0], &[0.0, 1.0]).abs() < 1e-9);
        assert!(cosine(&[1.0], &[1.0, 0.0]).abs() < 1e-9, "vectors of two models are not alike");
    }
}
