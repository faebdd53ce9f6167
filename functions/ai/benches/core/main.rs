//! The gateway's core alone: `cargo bench -p octavo-ai --bench core`. A request goes the whole way of `gateway/mod.rs`, from
//! the router to the last byte and the settled ledger, over ports that answer at once from memory. No socket, no other
//! process; one thread.
//!
//! Two times a case: until the caller has the answer (of a stream: its first piece), and until the call is settled. Both
//! include the other, so that the second is what a request costs the processor. The ports in memory cost a little too, and
//! that is not taken off. On one thread a stream of few pieces is through before its reader sees the first, so that both times
//! of it are those of all of it. Prints Markdown.

mod ports;
mod wire;

use futures::StreamExt;
use hdrhistogram::Histogram;
use http::{HeaderValue, Method, header};
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_ai::{Deps, Options, ProviderAccess, Shared, Stores, router};
use octavo_domain_ai::models::{Catalogue, Endpoint, ProviderKind};
use octavo_wiring_edge::{Body, Request, Response, Router};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Requests before those that are measured.
const WARM_UP: usize = 2_000;
/// Requests that are measured, at most.
const REQUESTS: usize = 20_000;
/// A case takes no longer than this.
const CASE_MAX: Duration = Duration::from_secs(8);
/// Bytes of a prompt of about 100,000 tokens.
const LONG_PROMPT_BYTES: usize = 400_000;
/// Half of a kilobyte of plain English: what people ask.
const QUESTION: &str = "Our contract of 3 March gives the supplier thirty days to answer a notice of defects. The notice \
    went out on 12 April and nobody has answered. Which steps does the framework agreement foresee now, in which order, \
    and who in our house must be told before we withhold a payment? Answer in a short list, name the clause of each step, \
    and say what you are not sure of.";

/// Personal data.
const ADDRESS: &str = "ada.lovelace@example.com";

/// One way of a request.
struct Case {
    name: &'static str,
    tenant: &'static str,
    path: &'static str,
    cache: &'static str,
    body: serde_json::Value,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let provider = Arc::new(wire::Canned::new());
        let deps = Arc::new(deps(provider.clone()));
        let router = router();
        println!("| case | until answered, p50 | p99 | until settled, p50 | p99 |\n|---|---|---|---|---|");
        for case in cases() {
            measure(&router, &deps, &case).await;
            let told = provider.last();
            let careless = case.tenant == ports::CAREFUL && told.contains(ADDRESS);
            assert!(!careless, "{}: {told}", case.name);
        }
    });
}

fn cases() -> Vec<Case> {
    let chat = |model: &str, text: &str| {
        serde_json::json!({ "model": model, "messages": [
            { "role": "system", "content": "You are a careful assistant." }, { "role": "user", "content": text }
        ] })
    };
    let messages = |model: &str| {
        serde_json::json!({ "model": model, "max_tokens": 500, "system": "You are a careful assistant.",
            "messages": [{ "role": "user", "content": QUESTION }] })
    };
    let streamed = |mut body: serde_json::Value| {
        body["stream"] = true.into();
        body
    };
    let (gpt, claude) = ("gpt-6-luna", "claude-haiku-5-5");
    let personal = format!("{QUESTION} Write to {ADDRESS} or call +44 20 7946 0958.");
    let long = QUESTION.repeat(LONG_PROMPT_BYTES / QUESTION.len());
    let (off, kept) = ("off", "no-tool-calls");
    let case = |name, tenant, path, cache, body| Case { name, tenant, path, cache, body };
    let (chat_path, messages_path) = ("/v1/chat/completions", "/v1/messages");
    vec![
        case("chat, OpenAI", ports::PLAIN, chat_path, off, chat(gpt, QUESTION)),
        case("chat, OpenAI, by tier (`standard`)", ports::PLAIN, chat_path, off, chat("standard", QUESTION)),
        case("chat, Anthropic (translated)", ports::PLAIN, chat_path, off, chat(claude, QUESTION)),
        case("messages, Anthropic", ports::PLAIN, messages_path, off, messages(claude)),
        case("messages, OpenAI (translated)", ports::PLAIN, messages_path, off, messages(gpt)),
        case("chat, OpenAI, stream of 20 pieces", ports::PLAIN, chat_path, off, streamed(chat(gpt, QUESTION))),
        case("messages, OpenAI, stream of 20 (translated)", ports::PLAIN, messages_path, off, streamed(messages(gpt))),
        case("chat, OpenAI, 2 rates and 2 budgets", ports::LIMITED, chat_path, off, chat(gpt, QUESTION)),
        case("chat, OpenAI, redaction of all kinds", ports::CAREFUL, chat_path, off, chat(gpt, &personal)),
        case("chat, OpenAI, cache missed and filled", ports::PLAIN, chat_path, kept, chat(gpt, QUESTION)),
        case("chat, OpenAI, cache hit", ports::KEEPING, chat_path, kept, chat(gpt, QUESTION)),
        case("chat, OpenAI, prompt of 400 KB", ports::PLAIN, chat_path, off, chat(gpt, &long)),
    ]
}

fn deps(upstream: Arc<wire::Canned>) -> Deps {
    let access = |name: &str, kind, url: &str| ProviderAccess {
        endpoint: Arc::new(Endpoint {
            name: name.to_owned(),
            kind,
            base_url: url.parse().expect("the URL is a constant"),
            region: None,
        }),
        key: Some(Arc::from("key")),
    };
    let providers = vec![
        access("openai", ProviderKind::OpenAi, "http://127.0.0.1:9/v1/"),
        access("anthropic", ProviderKind::Anthropic, "http://127.0.0.1:9/v1/"),
    ];
    let options = Options::new(providers, Arc::new(Catalogue::built_in().clone()));
    let ports = Arc::new(ports::Memory::default());
    let stores = Stores {
        ledger: ports.clone(),
        policies: ports.clone(),
        api_keys: ports.clone(),
        provider_keys: ports.clone(),
        alerts: ports.clone(),
        transcripts: ports.clone(),
    };
    let shared = Shared { answers: ports.clone(), meter: ports.clone(), breakers: ports.clone(), queue: ports.clone() };
    let sealer = Arc::new(SealingKeys::parse(&"07".repeat(32)).expect("the key is a constant"));
    Deps::new(options, upstream, stores, shared, sealer, ports, Arc::new(SystemClock), Arc::new(SystemIds))
}

async fn measure(router: &Router<Deps>, deps: &Arc<Deps>, case: &Case) {
    let mut request = Request::default();
    request.method = Method::POST;
    request.path = case.path.to_owned();
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer key"));
    request.headers.insert("x-octavo-cache", HeaderValue::from_static(case.cache));
    request.body = serde_json::to_vec(&case.body).expect("a value is JSON").into();
    request.request_id = "bench".to_owned();
    let by = ports::Tenant(case.tenant);
    // Microseconds do not tell these apart: nanoseconds, up to a second.
    let histogram = || Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("the bounds are constants");
    let (mut answered, mut settled) = (histogram(), histogram());
    let began = Instant::now();
    for round in 0..WARM_UP + REQUESTS {
        let request = request.clone();
        let started = Instant::now();
        let response = router.handle(deps.clone(), &by, request).await;
        let (first, last) = read(case, round > 0, started, response).await;
        if round >= WARM_UP || began.elapsed() > CASE_MAX / 2 {
            answered.saturating_record(u64::try_from(first.as_nanos()).unwrap_or(u64::MAX));
            settled.saturating_record(u64::try_from(last.as_nanos()).unwrap_or(u64::MAX));
        }
        if began.elapsed() > CASE_MAX {
            break;
        }
    }
    let us = |histogram: &Histogram<u64>, quantile| histogram.value_at_quantile(quantile) as f64 / 1e3;
    println!(
        "| {} | {:.1} µs | {:.1} µs | {:.1} µs | {:.1} µs |",
        case.name,
        us(&answered, 0.5),
        us(&answered, 0.99),
        us(&settled, 0.5),
        us(&settled, 0.99)
    );
}

/// When the first piece was there, and when all was.
async fn read(case: &Case, again: bool, started: Instant, response: Response) -> (Duration, Duration) {
    let (status, headers, body) = response.into_parts();
    let hit = headers.get("x-octavo-cache").is_some_and(|told| told == "hit");
    assert!(status.is_success(), "{}: {status} {body:?}", case.name);
    assert_eq!(hit, again && case.tenant == ports::KEEPING, "{}: {headers:?}", case.name);
    let Body::Stream(mut pieces) = body else { panic!("{}: the body is no stream", case.name) };
    let mut first = None;
    while let Some(piece) = pieces.next().await {
        assert!(!piece.expect("an answer comes whole").is_empty(), "{}: an empty piece", case.name);
        first.get_or_insert_with(|| started.elapsed());
    }
    let last = started.elapsed();
    (first.unwrap_or(last), last)
}
