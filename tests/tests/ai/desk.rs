//! What a scenario speaks with: a world with an administrator, requests in the forms of the SDKs, the ledger, the fakes.

use local_emulator::Options;
use local_emulator_ai::{Fault, FaultKind, RequestRecord};
use octavo_tests::{Answer, Person, World, eventually};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const MESSAGES: &str = "/v1/messages";
pub(crate) const RESPONSES: &str = "/v1/responses";

/// A world, and people of the tenant `acme`.
pub(crate) struct Desk {
    pub(crate) world: World,
    /// An administrator who is an operator too.
    pub(crate) admin: Person,
    /// Somebody without a role.
    pub(crate) ada: Person,
}

impl Desk {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::of(World::with(options).await)
    }

    /// A desk in a world that was started already.
    pub(crate) fn of(world: World) -> Self {
        let admin = world.with_roles("acme", "root", &["admin", "operator"]);
        let ada = world.person("acme", "ada");
        Self { world, admin, ada }
    }

    /// A desk whose tenant has this policy.
    pub(crate) async fn under(policy: Value) -> Self {
        let desk = Self::start().await;
        desk.sets(policy).await;
        desk
    }

    /// Sets the tenant's policy, whatever it was.
    pub(crate) async fn sets(&self, policy: Value) {
        let tag = self.admin.get("/v1/ai/policy").await.expect(200).header("etag").to_owned();
        let request = self.admin.request(Method::PUT, "/v1/ai/policy").header("if-match", tag).json(&policy);
        self.admin.send(request).await.expect(200);
    }

    /// Makes the fakes fail.
    pub(crate) fn fails(&self, provider: &str, kind: FaultKind) -> u64 {
        self.fault(Fault::new(provider, kind))
    }

    pub(crate) fn fault(&self, fault: Fault) -> u64 {
        self.world.emulator.fakes().add_fault(fault).unwrap()
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        self.world.emulator.fakes().clear_faults();
    }

    /// Requests that a fake has got since the world began.
    pub(crate) fn asked(&self, provider: &str) -> u64 {
        self.world.emulator.fakes().stats().providers.get(provider).map_or(0, |stats| stats.requests)
    }

    /// Requests that all fakes have got.
    pub(crate) fn asked_all(&self) -> u64 {
        self.world.emulator.fakes().stats().providers.values().map(|stats| stats.requests).sum()
    }

    /// The newest request that a fake has got.
    pub(crate) fn last_request(&self) -> RequestRecord {
        self.world.emulator.fakes().requests().pop().expect("a provider was asked")
    }

    /// The ledger once it has `count` lines, newest first. Its line is written after the caller has the answer.
    pub(crate) async fn calls(&self, count: usize) -> Vec<Value> {
        calls_of(&self.admin, count).await
    }

    /// The only line of the ledger.
    pub(crate) async fn call(&self) -> Value {
        self.calls(1).await.remove(0)
    }

    /// A breaker as the administrator sees it.
    pub(crate) async fn breaker(&self, provider: &str, model: &str) -> Value {
        let breakers = self.admin.get("/v1/ai/breakers").await.expect(200).json();
        let mine = |breaker: &&Value| breaker["provider"] == provider && breaker["model"] == model;
        breakers.as_array().unwrap().iter().find(mine).expect("the breaker is listed").clone()
    }

    /// What the function complained of, to be shown where a scenario fails.
    pub(crate) fn complaints(&self) -> String {
        let records = self.world.emulator.lambda().records();
        let lines = records.iter().flat_map(|record| record.log.iter().map(ToString::to_string));
        lines.filter(|line| line.contains("WARN") || line.contains("ERROR")).take(20).collect::<Vec<_>>().join("\n")
    }

    /// The totals, over all days.
    pub(crate) async fn total(&self) -> Value {
        self.admin.get("/v1/ai/usage?from=2026-01-01").await.expect(200).json()["total"].clone()
    }
}

/// The ledger of a person's tenant once it has `count` lines; fails if it has more.
pub(crate) async fn calls_of(admin: &Person, count: usize) -> Vec<Value> {
    let what = format!("the ledger has {count} lines");
    let found = eventually(&what, || async {
        let found = ledger(admin).await;
        (found.len() >= count).then_some(found)
    })
    .await;
    assert_eq!(found.len(), count, "{found:#?}");
    found
}

/// The ledger as it is, all pages.
pub(crate) async fn ledger(admin: &Person) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/v1/ai/calls?limit=500{next}")).await.expect(200).json();
        all.extend(page["calls"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return all,
        }
    }
}

/// A request in the form of Chat Completions.
pub(crate) fn chat(model: &str, text: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": text }] })
}

/// The same, to be answered in pieces, with the usage.
pub(crate) fn stream(model: &str, text: &str) -> Value {
    let mut body = chat(model, text);
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    body
}

/// A request in the form of Messages.
pub(crate) fn message(model: &str, text: &str) -> Value {
    json!({ "model": model, "max_tokens": 1_000, "messages": [{ "role": "user", "content": text }] })
}

/// Asks in the form of Chat Completions.
pub(crate) async fn ask(person: &Person, model: &str, text: &str) -> Answer {
    person.post(CHAT, chat(model, text)).await
}

/// Asks with headers.
pub(crate) async fn ask_with(person: &Person, headers: &[(&str, &str)], body: &Value) -> Answer {
    person.send(with(person.request(Method::POST, CHAT), headers).json(body)).await
}

pub(crate) fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// The text of an answer in the form of Chat Completions.
pub(crate) fn text(answer: &Answer) -> String {
    answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

/// The data of a stream's events.
pub(crate) fn events(body: &[u8]) -> Vec<String> {
    let body = std::str::from_utf8(body).expect("a stream is text");
    body.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

/// The same as JSON, without `[DONE]`.
pub(crate) fn chunks(body: &[u8]) -> Vec<Value> {
    events(body).iter().filter_map(|event| serde_json::from_str(event).ok()).collect()
}

/// The text of a stream in the form of Chat Completions.
pub(crate) fn streamed_text(body: &[u8]) -> String {
    let chunks = chunks(body);
    chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
}

/// A provider that says with an answer what was used.
pub(crate) fn usage(input: u64, output: u64) -> FaultKind {
    FaultKind::Usage { input, output, cached: 0 }
}

/// A provider that takes its time before each piece.
pub(crate) fn pace(per_token_ms: u64) -> FaultKind {
    FaultKind::Latency { first_token_ms: 0, per_token_ms, jitter_ms: 0 }
}

/// A provider that takes its time before the first piece.
pub(crate) fn slow(first_token_ms: u64) -> FaultKind {
    FaultKind::Latency { first_token_ms, per_token_ms: 0, jitter_ms: 0 }
}

/// A provider that refuses.
pub(crate) fn status(status: u16) -> FaultKind {
    FaultKind::Status { status, retry_after_ms: None, retry_after_s: None, body: None }
}

/// Fails if `run` takes longer.
pub(crate) async fn within<T>(limit: Duration, run: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, run).await.expect("it takes no longer than it may")
}
