//! After the answer: budgets, breaker, cache, ledger, metrics. The caller has what it asked for by then.

use super::cached::{self, Holding, Kept, KeptHead};
use super::dispatch::Trail;
use super::fingerprint;
use super::reserve::Reservation;
use super::{near, transcript};
use crate::Deps;
use crate::owed::{Charge, pay};
use bytes::Bytes;
use octavo_domain_ai::limits::alerts_crossed;
use octavo_domain_ai::models::{Price, TargetId, nanodollars};
use octavo_domain_ai::ports::{BudgetLevel, Claim, Observation, RateLine, Sample, Settlement};
use octavo_domain_ai::wire::Dialect;
use octavo_domain_ai::{Answer, CacheUse, Call, Finish, Outcome, Part, ProviderFault, Usage, tokens};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What is known of a call while it runs, and must be settled when it ends.
pub(crate) struct Ticket {
    pub(crate) deps: Arc<Deps>,
    /// The ledger's line as far as it is known.
    pub(crate) call: Call,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) reservation: Option<Reservation>,
    pub(crate) claim: Option<(Claim, Holding)>,
    /// How long the answer may be kept; none if not at all.
    pub(crate) keep: Option<Duration>,
    pub(crate) keep_tool_calls: bool,
    pub(crate) trail: Trail,
    pub(crate) began: Instant,
    pub(crate) traceparent: Option<String>,
    pub(crate) price: Option<Price>,
    pub(crate) input_tokens: u64,
    /// The prompt, where the policy wants it kept in full.
    pub(crate) transcript: Option<serde_json::Value>,
    /// The question, where answers to questions near to it are wanted.
    pub(crate) question: Option<near::Question>,
    pub(crate) alert_at: Vec<octavo_domain_ai::limits::AlertLevel>,
}

/// How a call ended.
pub(crate) struct End<'a> {
    /// Who answered, and how soon; none where nobody did.
    pub(crate) answered_by: Option<(&'a TargetId, Duration)>,
    /// The answer, as far as it came.
    pub(crate) answer: Option<&'a Answer>,
    /// Whether it came to its end.
    pub(crate) complete: bool,
    /// What failed after it had begun.
    pub(crate) fault: Option<&'a ProviderFault>,
    /// Whether the caller went away.
    pub(crate) cancelled: bool,
    /// What the caller got, to be kept.
    pub(crate) body: Option<Bytes>,
    /// Whether it went in pieces.
    pub(crate) streamed: bool,
}

impl Ticket {
    /// Settles a call that nobody answered.
    pub(crate) async fn settle_failed(self) {
        let end = End {
            answered_by: None,
            answer: None,
            complete: false,
            fault: None,
            cancelled: false,
            body: None,
            streamed: false,
        };
        self.settle(end).await;
    }

    /// Settles the call.
    pub(crate) async fn settle(mut self, end: End<'_>) {
        let deps = self.deps.clone();
        self.fill(&end);
        let used =
            BudgetLevel { tokens: self.call.usage.total(), nanodollars: self.call.cost.map(nanodollars).unwrap_or(0) };
        let breaker = async {
            if let Some((target, first_token)) = end.answered_by {
                let sample = match end.fault {
                    Some(fault) => Sample::failed(fault),
                    None => Sample::answered(first_token),
                };
                super::dispatch::record(&deps, target, &sample).await;
            }
        };
        let kept = self.kept(&end);
        let (claim, keep, question) = (self.claim.take(), self.keep, self.question.take());
        let answer_name = self.call.prompt_hash.clone();
        let tenant = self.call.tenant.clone();
        let cache = async {
            match (claim, kept, keep) {
                (Some((claim, holding)), Some(kept), Some(ttl)) => {
                    cached::keep(&deps, &tenant, &claim, &kept, ttl).await;
                    drop(holding);
                    if let Some(question) = question {
                        near::remember(&deps, &tenant, question, &answer_name, ttl).await;
                    }
                }
                (Some((claim, _)), _, _) => cached::release(&deps, &claim).await,
                (None, _, _) => {}
            }
        };
        // Who waits for this answer is served first; the ledger comes last, but before this call may be forgotten.
        futures::future::join3(cache, breaker, self.settle_budgets(used)).await;
        deps.observer.observe(&Observation {
            call: &self.call,
            dialect: self.dialect,
            failures: &self.trail.failures,
            alone: self.reservation.as_ref().is_some_and(|reservation| reservation.alone),
            breakers_open: self.trail.breakers_open,
            traceparent: self.traceparent.as_deref(),
        });
        if let Some(prompt) = self.transcript.take() {
            transcript::keep(&deps, &self.call, prompt, end.answer).await;
        }
        deps.writer.write(self.call).await;
    }

    /// Completes the ledger's line.
    fn fill(&mut self, end: &End<'_>) {
        let call = &mut self.call;
        let reported = end.answer.and_then(|answer| answer.usage).filter(|usage| usage.total() > 0);
        let called = self.trail.attempts > 0;
        call.usage_reported = reported.is_some() && end.complete;
        call.usage = match (reported, end.answer) {
            (Some(usage), _) if end.complete => usage,
            // Cut off: the provider's last word may be a placeholder, and what was sent has been paid for.
            (partial, Some(answer)) => counted(answer, partial, self.input_tokens),
            (_, None) => Usage::default(),
        };
        let target = end.answered_by.map(|(target, _)| target.clone()).or(self.trail.last.clone());
        if let Some(target) = target {
            (call.provider, call.model) = (target.provider, target.model);
        }
        call.cost = match (&self.price, end.answered_by) {
            (Some(price), Some(_)) => Some(price.cost(&call.usage)),
            (None, Some(_)) => None,
            (_, None) => Some(rust_decimal::Decimal::ZERO),
        };
        if call.cost.is_none() && called {
            tracing::warn!(
                model = call.model,
                provider = call.provider,
                "UNPRICED: this model has no price; no budget of money counts it"
            );
        }
        call.attempts = self.trail.attempts;
        call.first_token_ms = end.answered_by.map(|(_, first_token)| milliseconds(first_token));
        call.duration_ms = milliseconds(self.began.elapsed());
        call.streamed = end.streamed;
        call.error = match end.fault {
            Some(fault) => Some(fault.class.as_str().to_owned()),
            None => self.trail.failures.last().map(|(_, class)| class.as_str().to_owned()),
        };
        let truncated =
            end.answer.is_some_and(|answer| matches!(answer.finish, Some(Finish::Length | Finish::ContextExceeded)));
        call.outcome = if end.answered_by.is_none() || end.fault.is_some() {
            Outcome::Failed
        } else if end.cancelled {
            // Also where the rest was read on to its end: nobody got that.
            Outcome::Cancelled
        } else if end.complete && truncated {
            Outcome::Truncated
        } else if end.complete {
            Outcome::Answered
        } else {
            Outcome::Failed
        };
        if let Some(answer) = end.answer {
            call.answer_hash = answer_hash(call, answer);
        }
    }

    /// What may be kept for others: a whole answer, and no call of a function where the caller does not want that.
    fn kept(&self, end: &End<'_>) -> Option<Kept> {
        let answer = end.answer.filter(|_| end.complete && end.fault.is_none())?;
        let whole = answer.finish.is_some_and(Finish::is_whole);
        let calls = answer.content.iter().any(|part| matches!(part, Part::ToolCall { .. }));
        let refused = calls && !self.keep_tool_calls;
        let body = end.body.clone().filter(|body| whole && !refused && body.len() <= cached::KEPT_BYTES_MAX)?;
        self.keep?;
        let head = KeptHead {
            provider: self.call.provider.clone(),
            model: self.call.model.clone(),
            streamed: end.streamed,
            usage: self.call.usage,
            cost: self.call.cost,
            answer_hash: self.call.answer_hash.clone(),
        };
        Some(Kept { head, body })
    }

    async fn settle_budgets(&self, used: BudgetLevel) {
        let Some(reservation) = &self.reservation else { return };
        let (deps, tenant) = (&self.deps, &self.call.tenant);
        let after = |level: &BudgetLevel| BudgetLevel {
            tokens: level.tokens.saturating_sub(reservation.hold.tokens).saturating_add(used.tokens),
            nanodollars: level
                .nanodollars
                .saturating_sub(reservation.hold.nanodollars)
                .saturating_add(used.nanodollars),
        };
        if reservation.alone {
            deps.local_meter.settle(tenant, &reservation.budgets, reservation.hold, used);
            if !reservation.budgets.is_empty() {
                let settlement = Settlement { tenant: tenant.clone(), call: self.call.id, used, rates: Vec::new() };
                deps.owed.push(Charge { settlement, unheld: reservation.budgets.clone() });
                pay(deps).await;
            }
            return;
        }
        let beyond = used.tokens.saturating_sub(reservation.held_tokens);
        let more = |line: &RateLine| RateLine { amount: beyond, ..line.clone() };
        let rates = if beyond > 0 { reservation.token_rates.iter().map(more).collect() } else { Vec::new() };
        let settlement = Settlement { tenant: tenant.clone(), call: self.call.id, used, rates };
        let settled = deps.rest.note("meter", deps.meter.settle(&settlement).await);
        match &settled {
            Some(_) => pay(deps).await,
            None => deps.owed.push(Charge { settlement, unheld: Vec::new() }),
        }
        let levels = settled.unwrap_or_default();
        for (line, before) in reservation.budgets.iter().zip(&reservation.levels) {
            let settled = levels.iter().find(|(name, _)| *name == line.name).map(|(_, level)| *level);
            let level = settled.unwrap_or_else(|| after(before));
            // From nothing, not from what was before: other calls' holds come and go in between, and a level that one
            // of them hid would never be told of. Each is raised once a period.
            for crossed in alerts_crossed(line, BudgetLevel::default(), level, &self.alert_at) {
                let name = format!("{}:{}", line.name, crossed.0);
                if !deps.raised.lock().first(tenant, &name) {
                    continue;
                }
                let first = deps.meter.alert_once(tenant, &name, line.ends_in).await;
                if deps.rest.note("meter", first) == Some(true) {
                    super::run::raise_alert(deps, tenant, line, crossed, level).await;
                }
            }
        }
    }
}

/// What a cut-off answer used, as far as can be told here: what the provider said of the input, and the output counted.
fn counted(answer: &Answer, partial: Option<Usage>, input_tokens: u64) -> Usage {
    let output: u64 = answer.content.iter().map(part_tokens).sum();
    let known = partial.filter(|usage| usage.input > 0);
    let input = known.map_or(input_tokens, |usage| usage.input);
    let output = output.max(known.map_or(0, |usage| usage.output));
    Usage { input, output, ..known.unwrap_or_default() }
}

fn part_tokens(part: &Part) -> u64 {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } | Part::Reasoning { text, .. } => tokens::estimate(text),
        Part::ToolCall { name, arguments, .. } => tokens::estimate(name) + tokens::estimate(arguments),
        _ => 0,
    }
}

fn answer_hash(call: &Call, answer: &Answer) -> String {
    let mut hasher = fingerprint::hasher(&call.tenant);
    for part in &answer.content {
        let text = match part {
            Part::Text { text, .. } | Part::Refusal { text } | Part::Reasoning { text, .. } => text,
            Part::ToolCall { arguments, .. } => arguments,
            _ => continue,
        };
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

pub(crate) fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// The ledger's line of a call that the cache answered.
pub(crate) fn from_cache(call: &mut Call, head: &KeptHead, cache: CacheUse, began: Instant) {
    call.provider.clone_from(&head.provider);
    call.model.clone_from(&head.model);
    call.cost = Some(rust_decimal::Decimal::ZERO);
    call.saved = head.cost.unwrap_or_default();
    call.saved_tokens = head.usage.total();
    call.cache = cache;
    call.streamed = head.streamed;
    call.outcome = Outcome::Answered;
    call.answer_hash.clone_from(&head.answer_hash);
    call.duration_ms = milliseconds(began.elapsed());
    call.first_token_ms = Some(call.duration_ms);
}
