//! Traces: what became of a request or of an event, through functions and queues. The last ones, `GET /_octavo/traces`; one of
//! them whole, `GET /_octavo/traces/{id}`, its pieces in the order in which they are to be read.
//!
//! Nothing is kept for it: a trace is put together from the last requests, invocations and calls of the fake AI providers, and
//! reaches as far back as these.

use super::invocations::{failure, result};
use super::problem::Problem;
use crate::emulator::Parts;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use local_emulator_ai::{Outcome, TracedRequest};
use local_emulator_lambda::{Link, Record, Requested, Underway};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Traces that the list shows.
const SHOWN: usize = 50;
/// Pieces of one trace that are shown, the first in time.
const SPANS_MAX: usize = 300;

/// Which ones.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only those in which something failed.
    #[serde(default)]
    failed: bool,
    /// Only those in which more than one invocation took part.
    #[serde(default)]
    several: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// At the gateway, until the answer began.
    Request,
    /// In a queue, from being sent to being given to a function.
    Message,
    /// Of a function.
    Invocation,
    /// At a provider that is a fake.
    Call,
}

/// A piece of a trace.
#[derive(Debug, Clone, Serialize)]
struct Span {
    id: String,
    parent: Option<String>,
    kind: Kind,
    /// The function, the queue, the provider, or nothing where it is the gateway.
    name: String,
    what: String,
    at: DateTime<Utc>,
    /// Milliseconds; none while it goes on.
    duration_ms: Option<f64>,
    /// Of these, until a sandbox took it.
    wait_ms: f64,
    cold: bool,
    result: String,
    failed: bool,
    /// Why it failed.
    fault: Option<String>,
    /// Names the invocation or the request.
    request_id: Option<String>,
    /// How many pieces this one is a part of.
    depth: usize,
}

impl Span {
    fn ends(&self) -> DateTime<Utc> {
        self.at + TimeDelta::microseconds((self.duration_ms.unwrap_or_default() * 1000.0) as i64)
    }
}

/// What providers were asked within a trace, by the trace's name.
type Calls<'a> = Box<dyn Fn(&str) -> Vec<TracedRequest> + 'a>;

/// What is known of the last while.
struct Seen<'a> {
    requests: Vec<Arc<Requested>>,
    records: Vec<Arc<Record>>,
    underway: Vec<Underway>,
    calls: Calls<'a>,
}

impl<'a> Seen<'a> {
    fn of(parts: &'a Parts) -> Self {
        let lambda = &parts.lambda;
        // What is under way first: what ends in between is then there twice, rather than not at all.
        let underway = lambda.underway();
        let fakes = &parts.providers.fakes;
        let calls = Box::new(move |trace: &str| fakes.traced(trace));
        Self { underway, records: lambda.records(), requests: lambda.requests(), calls }
    }

    /// The names of all traces, each once, the latest first.
    fn traces(&self) -> Vec<&str> {
        let mut latest: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
        let requests = self.requests.iter().map(|one| (one.at, one.trace_id.as_str(), &[][..]));
        let records = self.records.iter().map(|one| (one.at, one.trace_id.as_str(), &one.links[..]));
        let underway = self.underway.iter().map(|one| (one.at, one.trace_id.as_str(), &one.links[..]));
        for (at, own, links) in requests.chain(records).chain(underway) {
            for trace in std::iter::once(own).chain(links.iter().map(|link| link.trace_id.as_str())) {
                let known = latest.entry(trace).or_insert(at);
                *known = at.max(*known);
            }
        }
        let mut traces: Vec<_> = latest.into_iter().collect();
        traces.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        traces.into_iter().map(|(trace, _)| trace).collect()
    }

    /// The pieces of a trace, each after what it is a part of.
    fn spans(&self, trace: &str) -> Vec<Span> {
        let mut spans: Vec<Span> =
            self.requests.iter().filter(|one| one.trace_id == trace).map(|one| asked(one)).collect();
        for record in &self.records {
            let invocation = ran(record);
            part(&mut spans, trace, invocation, &record.trace_id, &record.links);
        }
        let ended: BTreeSet<&str> = self.records.iter().map(|record| record.request_id.as_str()).collect();
        for one in self.underway.iter().filter(|one| !ended.contains(one.request_id.as_str())) {
            part(&mut spans, trace, runs(one), &one.trace_id, &one.links);
        }
        spans.extend((self.calls)(trace).iter().map(called));
        nested(spans)
    }
}

/// Adds an invocation, and the messages of the trace that it was for, if it has to do with `trace`.
fn part(spans: &mut Vec<Span>, trace: &str, mut invocation: Span, own: &str, links: &[Link]) {
    let messages: Vec<Span> =
        links.iter().filter(|link| link.trace_id == trace).map(|link| waited(link, &invocation)).collect();
    match messages.first() {
        Some(first) => invocation.parent = Some(first.id.clone()),
        None if own == trace => {}
        None => return,
    }
    spans.extend(messages);
    spans.push(invocation);
}

fn asked(request: &Requested) -> Span {
    Span {
        id: request.span_id.clone(),
        parent: request.parent_id.clone(),
        kind: Kind::Request,
        name: String::new(),
        what: request.what.clone(),
        at: request.at,
        duration_ms: Some(request.duration_ms),
        wait_ms: 0.0,
        cold: false,
        result: request.status.to_string(),
        failed: request.status >= 500,
        fault: None,
        request_id: Some(request.request_id.clone()),
        depth: 0,
    }
}

fn ran(record: &Record) -> Span {
    let fault = failure(record);
    Span {
        id: record.span_id.clone(),
        parent: record.parent_id.clone(),
        kind: Kind::Invocation,
        name: record.function.clone(),
        what: record.what.clone(),
        at: record.at,
        duration_ms: Some(record.duration_ms),
        wait_ms: record.wait_ms,
        cold: record.cold,
        result: result(record),
        failed: fault.is_some(),
        fault,
        request_id: Some(record.request_id.clone()),
        depth: 0,
    }
}

fn runs(underway: &Underway) -> Span {
    Span {
        id: underway.span_id.clone(),
        parent: underway.parent_id.clone(),
        kind: Kind::Invocation,
        name: underway.function.clone(),
        what: underway.what.clone(),
        at: underway.at,
        duration_ms: None,
        wait_ms: 0.0,
        cold: false,
        result: if underway.running { "running" } else { "waits" }.to_owned(),
        failed: false,
        fault: None,
        request_id: Some(underway.request_id.clone()),
        depth: 0,
    }
}

fn called(call: &TracedRequest) -> Span {
    let result = match (call.outcome, call.status) {
        (Outcome::Cut, _) => "cut off".to_owned(),
        (Outcome::ClientLeft, _) => "the caller left".to_owned(),
        (_, Some(status)) => status.to_string(),
        (_, None) => "is asked".to_owned(),
    };
    Span {
        id: format!("call-{}", call.number),
        parent: call.traceparent.split('-').nth(2).map(str::to_owned),
        kind: Kind::Call,
        name: call.provider.clone(),
        what: call.model.clone().unwrap_or_else(|| "a call".to_owned()),
        at: call.at,
        duration_ms: call.took.map(|took| took.as_secs_f64() * 1000.0),
        wait_ms: 0.0,
        cold: false,
        result,
        failed: call.status.is_some_and(|status| status >= 400) || call.outcome == Outcome::Cut,
        fault: None,
        request_id: None,
        depth: 0,
    }
}

/// A message, from being sent to being given to `invocation`.
fn waited(link: &Link, invocation: &Span) -> Span {
    let waited = (invocation.at - link.sent_at).num_microseconds().unwrap_or(i64::MAX).max(0);
    let tries = link.receive_count;
    Span {
        // The same message has another wait each time that it is delivered; what is put back from the dead letters is counted
        // anew.
        id: format!("{}/{}", link.message_id, invocation.id),
        parent: Some(link.parent_id.clone()),
        kind: Kind::Message,
        name: link.queue.clone(),
        what: link.what.clone(),
        at: link.sent_at,
        duration_ms: Some(waited as f64 / 1000.0),
        wait_ms: 0.0,
        cold: false,
        result: if tries > 1 { format!("delivered, try {tries}") } else { "delivered".to_owned() },
        failed: false,
        fault: None,
        request_id: None,
        depth: 0,
    }
}

/// In the order of reading: by time, and each after what it is a part of. What nobody knows the whole of stands by itself.
fn nested(mut spans: Vec<Span>) -> Vec<Span> {
    // A message that comes again was sent at the same moment: the try that began first is the first.
    spans.sort_by_key(|span| (span.at, span.ends()));
    let known: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let mut parts: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (at, span) in spans.iter().enumerate() {
        let parent = span.parent.as_deref().filter(|parent| known.contains(parent) && *parent != span.id);
        parts.entry(parent.map(str::to_owned)).or_default().push(at);
    }
    let mut order = Vec::with_capacity(spans.len());
    let mut placed = vec![false; spans.len()];
    let mut open: Vec<(usize, usize)> = parts.get(&None).into_iter().flatten().rev().map(|at| (*at, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        if !std::mem::replace(&mut placed[at], true) {
            order.push((at, depth));
            let within = parts.get(&Some(spans[at].id.clone()));
            open.extend(within.into_iter().flatten().rev().map(|at| (*at, depth + 1)));
        }
        // A client may say anything of what its request is a part of: also of each other.
        if open.is_empty() {
            open.extend(placed.iter().position(|placed| !placed).map(|at| (at, 0)));
        }
    }
    let mut spans: Vec<Option<Span>> = spans.into_iter().map(Some).collect();
    order.into_iter().filter_map(|(at, depth)| spans[at].take().map(|span| Span { depth, ..span })).collect()
}

/// A trace in a few words.
fn summary(trace: &str, spans: &[Span]) -> Value {
    let begins = spans.iter().map(|span| span.at).min();
    let ends = spans.iter().map(Span::ends).max();
    let took =
        begins.zip(ends).map(|(begins, ends)| (ends - begins).num_microseconds().unwrap_or_default() as f64 / 1000.0);
    let functions: BTreeSet<&str> =
        spans.iter().filter(|span| span.kind == Kind::Invocation).map(|span| span.name.as_str()).collect();
    json!({
        "id": trace,
        "at": begins,
        "what": spans.first().map(|span| &span.what),
        "duration_ms": took,
        "underway": spans.iter().any(|span| span.duration_ms.is_none()),
        "failed": spans.iter().any(|span| span.failed),
        "functions": functions,
        "invocations": spans.iter().filter(|span| span.kind == Kind::Invocation).count(),
    })
}

pub(super) async fn list(State(parts): State<Arc<Parts>>, Query(filter): Query<Filter>) -> Json<Value> {
    let seen = Seen::of(&parts);
    let all = seen.traces().into_iter().map(|trace| summary(trace, &seen.spans(trace)));
    let wanted = all.filter(|trace| {
        let several = trace["invocations"].as_u64() > Some(1);
        (!filter.failed || trace["failed"] == true) && (!filter.several || several)
    });
    Json(json!({ "items": wanted.take(SHOWN).collect::<Vec<_>>() }))
}

pub(super) async fn show(State(parts): State<Arc<Parts>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let trace = trace_id(&id).ok_or_else(|| {
        let text = "path:id: expected a trace: 32 hexadecimal digits, or as X-Ray writes it, 1-(8)-(24)";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    })?;
    let mut spans = Seen::of(&parts).spans(&trace);
    if spans.is_empty() {
        return Err(Problem::not_found("trace among the last ones"));
    }
    let mut whole = summary(&trace, &spans);
    whole["left_out"] = spans.len().saturating_sub(SPANS_MAX).into();
    spans.truncate(SPANS_MAX);
    whole["spans"] = json!(spans);
    Ok(Json(whole))
}

/// A trace's name from any form in which one comes across it: as W3C or X-Ray write it, also a whole header.
fn trace_id(text: &str) -> Option<String> {
    let text = text.trim();
    let root = text.split(';').find_map(|member| member.trim().strip_prefix("Root=")).unwrap_or(text);
    let digits: String = match (root.strip_prefix("1-"), root.split('-').nth(1)) {
        (Some(xray), _) => xray.split('-').collect(),
        (None, Some(traceparent)) => traceparent.to_owned(),
        (None, None) => root.to_owned(),
    };
    let digits = digits.to_ascii_lowercase();
    (digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

#[cfg(test)]
mod tests;
