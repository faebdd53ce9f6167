//! Before anything is asked: the tenant's policy, safety, tokens, and the targets that can answer.

use super::ask::Ask;
use super::exchange::Exchange;
use crate::policies::Settings;
use crate::{AiFault, Deps};
use octavo_domain_ai::models::{Endpoint, ModelKind};
use octavo_domain_ai::routing::{self, Candidate, Complexity, Unroutable, complexity, resolve};
use octavo_domain_ai::safety::{self, Redactions};
use octavo_domain_ai::tokens;
use octavo_domain_ai::wire::{Decoded, Dialect, chat, messages, responses};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Tokens that are held back for an answer whose length the caller did not limit. A longer one is charged all the same,
/// after it: a budget can be passed by what such answers have beyond this.
const OUTPUT_TOKENS_HELD: u64 = 4_096;

/// A request that is ready to be answered.
pub(crate) struct Prepared {
    pub(crate) settings: Arc<Settings>,
    /// The model as it was asked for.
    pub(crate) asked: String,
    /// What may answer; at least one.
    pub(crate) candidates: Vec<Candidate>,
    /// Tokens of the prompt, as counted here.
    pub(crate) input_tokens: u64,
    /// Tokens that the answer may have, as far as is known.
    pub(crate) output_tokens: u64,
    /// What was replaced in the prompt.
    pub(crate) redactions: Arc<Redactions>,
    /// What goes out.
    pub(crate) exchange: Exchange,
}

impl Prepared {
    /// What the request's model resolves to, for the cache's key: in a fixed order, whatever is up or down at the moment.
    pub(crate) fn resolution(&self) -> Vec<String> {
        // With the name that the provider knows it by: a dated one is another model.
        let name = |candidate: &Candidate| format!("{}={}", candidate.target, candidate.upstream_model);
        let mut names: Vec<String> = self.candidates.iter().map(name).collect();
        names.sort();
        names
    }

    /// What the caller's form wants echoed in its answer.
    pub(crate) fn echo(&self) -> responses::Echo {
        match &self.exchange {
            Exchange::Chat { body, .. } | Exchange::Embedding { body } => responses::Echo::new(body),
        }
    }

    /// The model that rates of models count this request for, before it is known who answers.
    pub(crate) fn first(&self) -> &Candidate {
        &self.candidates[0]
    }
}

/// Understands a conversation and finds who can answer it.
pub(crate) async fn prepare(deps: &Deps, ask: &mut Ask) -> Result<Prepared, AiFault> {
    let settings = deps.policies.of(&ask.principal.tenant).await?;
    let mut body = std::mem::take(&mut ask.body);
    let redactions = guard(&settings, ask.dialect, &mut body)?;
    let decoded = decode(ask.dialect, &body)?;
    let input_tokens = tokens::estimate_prompt(&decoded.prompt);
    let native_only = !decoded.native_only.is_empty();
    let find = routing::Ask {
        model: &decoded.model,
        kind: ModelKind::Chat,
        complexity: complexity(&decoded.prompt, input_tokens),
        speaks_messages: native_only.then_some(ask.dialect == Dialect::Messages),
        max_output: decoded.prompt.max_tokens,
    };
    let candidates = candidates(deps, &settings, &find).map_err(|unroutable| match unroutable {
        // Say which members it was that no provider of another form can honour.
        Unroutable::Incapable { asked, what } if what.contains(&"native_form") => AiFault::Invalid(
            decoded
                .native_only
                .iter()
                .map(|name| {
                    let reason = format!("no provider that can be used for {asked} knows this");
                    octavo_domain_kernel::FieldFault::new(name.clone(), reason)
                })
                .collect(),
        ),
        unroutable => unroutable.into(),
    })?;
    let longest =
        candidates.iter().map(|candidate| candidate.spec.output_tokens_max).max().unwrap_or(OUTPUT_TOKENS_HELD);
    let output_tokens = decoded.prompt.max_tokens.unwrap_or(OUTPUT_TOKENS_HELD).min(longest.max(1));
    Ok(Prepared {
        settings,
        asked: decoded.model.clone(),
        candidates,
        input_tokens,
        output_tokens,
        redactions,
        exchange: Exchange::Chat { dialect: ask.dialect, body, decoded: Box::new(decoded) },
    })
}

/// The same for texts that are to become vectors.
pub(crate) async fn prepare_embedding(deps: &Deps, ask: &mut Ask) -> Result<Prepared, AiFault> {
    let settings = deps.policies.of(&ask.principal.tenant).await?;
    let mut body = std::mem::take(&mut ask.body);
    // Nothing of the answer is text: what was replaced need not be put back.
    let redactions = guard(&settings, Dialect::Chat, &mut body)?;
    let request = chat::embeddings::decode_request(&body).map_err(AiFault::Invalid)?;
    let input_tokens = match &request.inputs {
        chat::embeddings::EmbeddingInput::Texts(texts) => texts.iter().map(|text| tokens::estimate(text)).sum(),
        chat::embeddings::EmbeddingInput::Tokens { tokens, .. } => *tokens,
    };
    let find = routing::Ask {
        model: &request.model,
        kind: ModelKind::Embedding,
        complexity: Complexity { input_tokens, ..Complexity::default() },
        speaks_messages: None,
        max_output: None,
    };
    let candidates = candidates(deps, &settings, &find)?;
    Ok(Prepared {
        settings,
        asked: request.model.clone(),
        candidates,
        input_tokens,
        output_tokens: 0,
        redactions,
        exchange: Exchange::Embedding { body },
    })
}

/// What may answer; at least one.
pub(crate) fn candidates(
    deps: &Deps,
    settings: &Settings,
    find: &routing::Ask<'_>,
) -> Result<Vec<Candidate>, Unroutable> {
    let usable = deps
        .options
        .providers
        .iter()
        .filter(|access| access.key.is_some() || settings.keys.contains_key(&access.endpoint.name))
        .map(|access| access.endpoint.clone());
    let endpoints: Vec<Arc<Endpoint>> = usable.collect();
    let mut candidates = resolve(&deps.options.catalogue, &settings.policy, &endpoints, find)?;
    for candidate in &mut candidates {
        if settings.keys.contains_key(&candidate.target.provider) {
            candidate.target.tenant = Some(settings.tenant.clone());
        }
    }
    Ok(candidates)
}

/// Refuses what is not to leave, and replaces personal data.
fn guard(settings: &Settings, dialect: Dialect, body: &mut Map<String, Value>) -> Result<Arc<Redactions>, AiFault> {
    if let Some(list) = &settings.block
        && let Some(found) = safety::find_in_body(dialect, body, list)
    {
        tracing::info!(tenant = %settings.tenant, phrase = found, "a prompt was refused by the block list");
        return Err(AiFault::Blocked);
    }
    let mut redactions = Redactions::default();
    if let Some(redactor) = &settings.redactor {
        safety::redact_body(dialect, body, redactor, &mut redactions);
    }
    Ok(Arc::new(redactions))
}

fn decode(dialect: Dialect, body: &Map<String, Value>) -> Result<Decoded, AiFault> {
    let decoded = match dialect {
        Dialect::Chat => chat::decode_request(body),
        Dialect::Messages => messages::decode_request(body),
        Dialect::Responses => responses::decode_request(body),
    };
    decoded.map_err(AiFault::Invalid)
}
