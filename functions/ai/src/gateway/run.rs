//! The whole way, for callers of the API ([`answer`]) and for the platform's own functions ([`complete`]).

use super::ask::Ask;
use super::cached::{Holding, Kept, KeptHead, Lookup, look_up};
use super::dispatch::{Trail, dispatch};
use super::fingerprint::fingerprint;
use super::headers::{answer_headers, rate_headers};
use super::prepare::{Prepared, prepare};
use super::reserve::{Reservation, reserve};
use super::settle::{End, Ticket, from_cache};
use super::whole::{respond, respond_kept, respond_kept_stream, whole};
use super::{near, relay, transcript};
use crate::{AiFault, Deps};
use futures::future::BoxFuture;
use octavo_domain_ai::limits::AlertLevel;
use octavo_domain_ai::ports::{BudgetAlert, BudgetLevel, BudgetLine, Observation};
use octavo_domain_ai::wire::AnswerContext;
use octavo_domain_ai::wire::chat::embeddings;
use octavo_domain_ai::{Answer, CacheUse, Call, Outcome, Usage};
use octavo_domain_kernel::{CacheKey, PortError, TenantId};
use octavo_wiring_edge::Response;
use std::sync::Arc;
use uuid::Uuid;

/// Answers a conversation.
pub(crate) async fn answer(deps: &Arc<Deps>, mut ask: Ask) -> Result<Response, AiFault> {
    let prepared = prepare(deps, &mut ask).await?;
    answer_prepared(deps, ask, prepared).await
}

/// Answers what has been prepared.
pub(crate) async fn answer_prepared(deps: &Arc<Deps>, ask: Ask, prepared: Prepared) -> Result<Response, AiFault> {
    match open(deps, &ask, &prepared).await? {
        Opened::Kept { kept, cache, call, left } => {
            let (id, head) = (call.id, kept.head.clone());
            let settle = settle_kept(deps.clone(), *call, ask.traceparent.clone(), ask.dialect);
            let mut response =
                if head.streamed { respond_kept_stream(settle, kept.body) } else { respond_kept(settle, kept.body) };
            let headers = response.headers_mut();
            answer_headers(headers, cache, &head.provider, &head.model, &id.to_string(), &ask.request_id);
            rate_headers(headers, ask.dialect, &left);
            Ok(response)
        }
        Opened::Started { ticket, started } => {
            let (cache, id) = (ticket.call.cache, ticket.call.id);
            let left = ticket.reservation.as_ref().map(|reservation| reservation.left.clone()).unwrap_or_default();
            let target = started.candidate.target.clone();
            let context = context(deps, &ask, &prepared, &ticket.call, &target.model);
            let response = if prepared.exchange.streams() {
                relay::stream(*ticket, *started, &prepared, &context)
            } else {
                whole(*started, &prepared, Some(ask.dialect), &context).map(|whole| respond(*ticket, whole))
            };
            let mut response = response
                .ok_or_else(|| PortError::corrupt("an answer came in another form than it was understood in"))?;
            let headers = response.headers_mut();
            answer_headers(headers, cache, &target.provider, &target.model, &id.to_string(), &ask.request_id);
            rate_headers(headers, ask.dialect, &left);
            Ok(response)
        }
    }
}

/// A conversation that a function of the platform had answered.
#[derive(Debug, Clone)]
pub(crate) struct Completed {
    pub(crate) answer: Answer,
    pub(crate) call: Uuid,
    pub(crate) provider: String,
    pub(crate) model: String,
}

/// Answers a conversation for a function of the platform: whole, in meaning, and settled when it returns.
pub(crate) async fn complete(deps: &Arc<Deps>, mut ask: Ask) -> Result<Completed, AiFault> {
    let prepared = prepare(deps, &mut ask).await?;
    match open(deps, &ask, &prepared).await? {
        Opened::Kept { kept, call, .. } => {
            let speaks_messages = ask.dialect == octavo_domain_ai::wire::Dialect::Messages;
            let answer = prepared.exchange.read_whole(speaks_messages, &kept.body);
            let answer = answer.map_err(|fault| AiFault::Provider { provider: kept.head.provider.clone(), fault })?;
            let completed = Completed { answer, call: call.id, provider: kept.head.provider, model: kept.head.model };
            settle_kept(deps.clone(), *call, ask.traceparent.clone(), ask.dialect).await;
            Ok(completed)
        }
        Opened::Started { ticket, started } => {
            let context = context(deps, &ask, &prepared, &ticket.call, &started.candidate.target.model);
            let call = ticket.call.id;
            let Some(whole) = whole(*started, &prepared, Some(ask.dialect), &context) else {
                ticket.settle_failed().await;
                let error = PortError::corrupt("a stream came where none was asked for");
                return Err(error.into());
            };
            let target = whole.started.candidate.target.clone();
            let answer = whole.answer.clone();
            settle_whole(*ticket, whole).await;
            Ok(Completed { answer, call, provider: target.provider, model: target.model })
        }
    }
}

/// The vector of one text, for the gateway itself. Boxed: a conversation may need the vector of its question, and a
/// vector is found as a conversation is.
pub(crate) fn embed(deps: Arc<Deps>, mut ask: Ask) -> BoxFuture<'static, Result<Vec<f32>, AiFault>> {
    Box::pin(async move {
        let prepared = super::prepare::prepare_embedding(&deps, &mut ask).await?;
        let body = match open(&deps, &ask, &prepared).await? {
            Opened::Kept { kept, call, .. } => {
                settle_kept(deps.clone(), *call, ask.traceparent.clone(), ask.dialect).await;
                kept.body
            }
            Opened::Started { ticket, started } => {
                let context = context(&deps, &ask, &prepared, &ticket.call, &started.candidate.target.model);
                let Some(whole) = whole(*started, &prepared, Some(ask.dialect), &context) else {
                    ticket.settle_failed().await;
                    return Err(PortError::corrupt("vectors do not come as a stream").into());
                };
                let body = whole.body.clone();
                settle_whole(*ticket, whole).await;
                body
            }
        };
        let (_, vectors) =
            embeddings::decode_answer(&body).map_err(|fault| AiFault::Provider { provider: String::new(), fault })?;
        Ok(vectors.into_iter().next().ok_or_else(|| PortError::corrupt("an answer without a vector"))?)
    })
}

/// Settles a whole answer that is not told to a caller.
async fn settle_whole(ticket: Ticket, whole: super::whole::Whole) {
    let target = whole.started.candidate.target.clone();
    let end = End {
        answered_by: Some((&target, whole.started.first_token)),
        answer: Some(&whole.answer),
        complete: true,
        fault: None,
        cancelled: false,
        body: Some(whole.body),
        streamed: false,
    };
    ticket.settle(end).await;
}

enum Opened {
    Kept { kept: Kept, cache: CacheUse, call: Box<Call>, left: Vec<octavo_domain_ai::ports::RateLeft> },
    Started { ticket: Box<Ticket>, started: Box<super::attempt::Started> },
}

/// Finds an answer: a kept one, or a target that begins to answer.
async fn open(deps: &Arc<Deps>, ask: &Ask, prepared: &Prepared) -> Result<Opened, AiFault> {
    let tenant = &ask.principal.tenant;
    let policy = &prepared.settings.policy;
    let hash = match &prepared.exchange {
        super::Exchange::Chat { body, dialect, .. } => fingerprint(tenant, *dialect, &prepared.resolution(), body),
        super::Exchange::Embedding { body } => fingerprint(tenant, ask.dialect, &prepared.resolution(), body),
    };
    let prompt_hash = hash.to_hex().to_string();
    let mut call = blank(deps, ask, prepared, &prompt_hash);
    let mut wishes = ask.wishes;
    // What was replaced is a part of what is put back: such an answer is one request's only.
    if !policy.cache.enabled || !prepared.redactions.is_empty() {
        (wishes.read, wishes.write) = (false, false);
    }
    let key = CacheKey::new(tenant, "ai", &prompt_hash);
    let acceptable = |head: &KeptHead| {
        let same = |candidate: &octavo_domain_ai::routing::Candidate| {
            candidate.target.provider == head.provider && candidate.target.model == head.model
        };
        head.streamed == prepared.exchange.streams() && prepared.candidates.iter().any(same)
    };
    let (claim, cache) = match look_up(deps, ask, &key, &wishes, acceptable).await {
        Lookup::Kept(kept, cache) => {
            let reservation = reserve(deps, ask, prepared, &call, true).await?;
            from_cache(&mut call, &kept.head, cache, ask.began);
            return Ok(Opened::Kept { kept, cache, call: Box::new(call), left: reservation.left });
        }
        Lookup::Find { claim, cache } => (claim, cache),
    };
    let question =
        if policy.cache.semantic && cache == CacheUse::Miss { near::question(deps, ask, prepared).await } else { None };
    if let Some(question) = &question {
        let threshold = policy.cache.semantic_threshold_milli;
        if let Some(kept) = near::nearest(deps, tenant, question, threshold, acceptable).await {
            if let Some(claim) = &claim {
                super::cached::release(deps, claim).await;
            }
            let reservation = reserve(deps, ask, prepared, &call, true).await?;
            from_cache(&mut call, &kept.head, CacheUse::Hit, ask.began);
            return Ok(Opened::Kept { kept, cache: CacheUse::Hit, call: Box::new(call), left: reservation.left });
        }
    }
    call.cache = cache;
    let holding = claim.map(|claim| {
        let holding = Holding::start(deps, &claim);
        (claim, holding)
    });
    let reservation = match reserve(deps, ask, prepared, &call, false).await {
        Ok(reservation) => reservation,
        Err(fault) => {
            if let Some((claim, _)) = &holding {
                super::cached::release(deps, claim).await;
            }
            return Err(fault);
        }
    };
    let mut ticket = ticket(deps, ask, prepared, call, reservation, holding, wishes);
    ticket.question = question;
    let mut trail = Trail::default();
    let begun = dispatch(deps, ask, prepared, &prepared.exchange, &mut trail).await;
    ticket.trail = trail;
    match begun {
        Ok(started) => {
            ticket.price = started.candidate.price;
            Ok(Opened::Started { ticket: Box::new(ticket), started: Box::new(started) })
        }
        Err(fault) => {
            ticket.settle_failed().await;
            Err(fault)
        }
    }
}

fn ticket(
    deps: &Arc<Deps>,
    ask: &Ask,
    prepared: &Prepared,
    call: Call,
    reservation: Reservation,
    mut claim: Option<(octavo_domain_ai::ports::Claim, Holding)>,
    wishes: super::Wishes,
) -> Ticket {
    let policy = &prepared.settings.policy;
    let seconds = if call.feature.as_str() == crate::GENERATE_FEATURE {
        policy.cache.generation_ttl_s
    } else {
        policy.cache.completion_ttl_s
    };
    let ttl = wishes.ttl.unwrap_or(std::time::Duration::from_secs(seconds));
    if wishes.write && !wishes.read && !deps.rest.rests() {
        // `refresh`: nobody waits for it, and it is kept over what is there.
        let key = CacheKey::new(&call.tenant, "ai", &call.prompt_hash);
        let token = deps.ids.next().simple().to_string();
        let fresh = octavo_domain_ai::ports::Claim { key, token };
        claim = Some((fresh.clone(), Holding::start(deps, &fresh)));
    }
    Ticket {
        deps: deps.clone(),
        call,
        dialect: Some(ask.dialect),
        reservation: Some(reservation),
        keep: (wishes.write && claim.is_some()).then_some(ttl),
        keep_tool_calls: wishes.tool_calls,
        claim,
        trail: Trail::default(),
        began: ask.began,
        traceparent: ask.traceparent.clone(),
        price: None,
        input_tokens: prepared.input_tokens,
        transcript: transcript::prompt(policy, &prepared.exchange),
        question: None,
        alert_at: policy.alert_at.clone(),
    }
}

/// The ledger's line before anything is known. If the process dies it is completed with what was held.
fn blank(deps: &Deps, ask: &Ask, prepared: &Prepared, prompt_hash: &str) -> Call {
    Call {
        id: deps.ids.next(),
        tenant: ask.principal.tenant.clone(),
        user: ask.principal.user.clone(),
        key: ask.principal.api_key,
        feature: ask.feature.clone(),
        asked_model: prepared.asked.clone(),
        provider: String::new(),
        model: String::new(),
        at: deps.clock.now(),
        usage: Usage::default(),
        usage_reported: false,
        cost: None,
        saved: rust_decimal::Decimal::ZERO,
        saved_tokens: 0,
        first_token_ms: None,
        duration_ms: 0,
        streamed: prepared.exchange.streams(),
        cache: CacheUse::Bypass,
        outcome: Outcome::Abandoned,
        error: None,
        attempts: 0,
        prompt_hash: prompt_hash.to_owned(),
        answer_hash: String::new(),
        redactions: prepared.redactions.count(),
    }
}

fn context(deps: &Deps, ask: &Ask, prepared: &Prepared, call: &Call, model: &str) -> AnswerContext {
    let (stream_usage, show_reasoning) = match &prepared.exchange {
        super::Exchange::Chat { decoded, .. } => {
            let prompt = &decoded.prompt;
            (prompt.stream_usage, prompt.reasoning.is_some_and(|reasoning| reasoning.visible))
        }
        super::Exchange::Embedding { .. } => (false, false),
    };
    let prefix = match ask.dialect {
        octavo_domain_ai::wire::Dialect::Chat => "chatcmpl-",
        octavo_domain_ai::wire::Dialect::Responses => "resp_",
        octavo_domain_ai::wire::Dialect::Messages => "msg_",
    };
    AnswerContext {
        id: format!("{prefix}{}", call.id.simple()),
        model: model.to_owned(),
        created: deps.clock.now().timestamp(),
        stream_usage,
        show_reasoning,
    }
}

/// Writes the ledger's line of a call that the cache answered.
async fn settle_kept(
    deps: Arc<Deps>,
    call: Call,
    traceparent: Option<String>,
    dialect: octavo_domain_ai::wire::Dialect,
) {
    deps.observer.observe(&Observation {
        call: &call,
        dialect: Some(dialect),
        failures: &[],
        alone: false,
        breakers_open: 0,
        traceparent: traceparent.as_deref(),
    });
    deps.writer.write(call).await;
}

/// Tells the tenant's administrators that a budget has reached a level.
pub(crate) async fn raise_alert(
    deps: &Deps,
    tenant: &TenantId,
    line: &BudgetLine,
    crossed: AlertLevel,
    level: BudgetLevel,
) {
    tracing::warn!(%tenant, budget = line.name, percent = crossed.0, tokens = level.tokens, nanodollars = level.nanodollars, "a budget has reached an alert level");
    let alert = BudgetAlert {
        id: deps.ids.next(),
        at: deps.clock.now(),
        budget: line.name.clone(),
        percent: crossed.0,
        tokens: level.tokens,
        tokens_max: line.tokens_max,
        nanodollars: level.nanodollars,
        nanodollars_max: line.nanodollars_max,
    };
    if let Err(error) = deps.alerts.alert_insert(tenant, &alert).await {
        tracing::error!(%error, budget = line.name, "an alert could not be kept");
    }
}
