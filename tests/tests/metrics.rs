//! What operators see: the metrics of a platform that is used and fails, and the rules and dashboards made of them.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use local_emulator_ai::{Fault, FaultKind};
use octavo_tests::{Answer, Person, World, eventually};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

const INFRA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");

/// A page of Prometheus' text format 0.0.4, read as strictly as it is written there.
#[derive(Debug, Default)]
struct Page {
    kinds: BTreeMap<String, String>,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Page {
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends too");
        let mut page = Self::default();
        let mut family = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(page.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is one family");
                family = name.to_owned();
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                assert!(rest.contains(' '), "{line}");
            } else {
                let sample = Sample::read(line);
                let own = sample.name.strip_prefix(&family).unwrap_or_else(|| panic!("{line} stands under {family}"));
                let parts: &[&str] =
                    if page.kinds[&family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                assert!(parts.contains(&own), "{line} stands under {family}");
                page.samples.push(sample);
            }
        }
        let mut seen = BTreeSet::new();
        for sample in &page.samples {
            assert!(seen.insert((&sample.name, &sample.labels)), "{sample:?} is there twice");
        }
        page
    }

    /// The sum of the samples of this name that have these labels.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Sample| {
            labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|is| is == value))
        };
        self.samples.iter().filter(|sample| sample.name == name).filter(has).map(|sample| sample.value).sum()
    }

    fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.name == name)
    }
}

impl Sample {
    fn read(line: &str) -> Self {
        let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("{line}"));
        let (name, mut rest) = line.split_at(end);
        let is_name = |text: &str| {
            let mut bytes = text.bytes();
            bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || b"_:".contains(&first))
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
        };
        assert!(is_name(name), "{line}");
        let mut labels = BTreeMap::new();
        if let Some(mut inner) = rest.strip_prefix('{') {
            loop {
                let (label, after) = inner.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
                assert!(is_name(label) && !label.contains(':'), "{line}");
                let (value, after) = quoted(after);
                assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
                match after.strip_prefix(',') {
                    Some(more) => inner = more,
                    None => {
                        rest = after.strip_prefix('}').unwrap_or_else(|| panic!("{line}"));
                        break;
                    }
                }
            }
        }
        let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
        Self { name: name.to_owned(), labels, value: value.parse().unwrap_or_else(|_| panic!("{line}")) }
    }
}

/// A label's value up to its quote, and what follows that.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, other)) if "\"\\".contains(other) => value.push(other),
                other => panic!("an escape of {other:?} in {text}"),
            },
            other => value.push(other),
        }
    }
    panic!("no end of {text}");
}

async fn scrape(world: &World) -> Page {
    let answer = world.stranger().get("/metrics").await.expect(200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    Page::read(std::str::from_utf8(&answer.bytes).unwrap())
}

async fn asks(person: &Person, model: &str, question: &str) -> Answer {
    let messages = json!([{"role": "user", "content": question}]);
    person.post("/v1/chat/completions", json!({"model": model, "messages": messages, "max_tokens": 40})).await
}

/// A platform that has answered, saved by its cache, failed over, failed for good, and reached a budget's alert; with the
/// number of calls that were made.
async fn used_and_failing() -> (World, f64) {
    let world = World::start().await;
    let admin = world.with_roles("acme", "ada", &["admin"]);
    let policy =
        json!({"budgets": [{"period": "day", "tokens": 3_000}], "alert_at": [1], "routing": {"prefer": ["openai"]}});
    let change = admin.request(reqwest::Method::PUT, "/v1/ai/policy").header("if-match", "\"r0\"").json(&policy);
    admin.send(change).await.expect(200);
    let calls = AtomicU32::new(0);
    // On a busy machine a first call may find Redis too slow and go on without the cache.
    eventually("an answer comes from the cache", || async {
        calls.fetch_add(1, Ordering::Relaxed);
        let answer = asks(&admin, "gpt-6-luna", "What is a persimmon?").await.expect(200);
        (answer.header("x-octavo-cache") == "hit").then_some(())
    })
    .await;
    let fakes = world.emulator.fakes();
    let broken = FaultKind::Status { status: 500, retry_after_ms: None, retry_after_s: None, body: None };
    fakes.add_fault(Fault::new("openai", broken.clone())).unwrap();
    asks(&admin, "gpt-6-luna", "And a medlar?").await.expect(200);
    fakes.add_fault(Fault::new("anthropic", broken)).unwrap();
    let failed = asks(&admin, "claude-opus-5-5", "And a quince?").await;
    assert!(failed.status >= 500, "no other provider has this model: {}", failed.status);
    (world, f64::from(calls.into_inner() + 2))
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_failures_are_counted_and_every_rule_and_panel_has_its_metric() {
    let (world, calls) = used_and_failing().await;
    let page = eventually("all calls are counted", || async {
        let page = scrape(&world).await;
        (page.sum("octavo_ai_calls_total", &[]) >= calls && page.has("octavo_ai_budget_alerts_total")).then_some(page)
    })
    .await;

    let (openai, azure) = (("gen_ai_provider_name", "openai"), ("gen_ai_provider_name", "azure"));
    let luna = ("gen_ai_response_model", "gpt-6-luna");
    assert_eq!(page.sum("octavo_ai_calls_total", &[]), calls);
    assert_eq!(page.sum("octavo_ai_calls_total", &[("octavo_ai_cache", "hit"), luna]), 1.0);
    assert_eq!(page.sum("octavo_ai_calls_total", &[azure, luna, ("octavo_ai_outcome", "answered")]), 1.0);
    assert_eq!(page.sum("octavo_ai_calls_total", &[("octavo_ai_outcome", "failed")]), 1.0);
    assert!(page.sum("octavo_ai_provider_errors_total", &[openai, luna, ("error_type", "server")]) >= 1.0);
    assert!(page.sum("octavo_ai_provider_errors_total", &[("gen_ai_provider_name", "anthropic")]) >= 1.0);
    for (tokens, least) in [("gen_ai_usage_input_tokens_total", 8.0), ("gen_ai_usage_output_tokens_total", 2.0)] {
        assert!(page.sum(tokens, &[openai, luna]) >= least, "{tokens}");
    }
    assert!(page.sum("octavo_ai_cost_dollars_total", &[openai, luna]) > 0.0);
    assert!(page.sum("octavo_ai_saved_dollars_total", &[("octavo_ai_cache", "hit")]) > 0.0);
    assert_eq!(
        page.sum("octavo_ai_budget_alerts_total", &[("octavo_ai_percent", "1"), ("octavo_ai_period", "day")]),
        1.0
    );

    let (first, whole) =
        ("gen_ai_client_operation_time_to_first_chunk_seconds", "gen_ai_client_operation_duration_seconds");
    assert_eq!(page.kinds[first], "histogram");
    assert!(page.sum(&format!("{first}_count"), &[luna]) >= 2.0);
    let kept = page.sum(&format!("{first}_count"), &[("octavo_ai_cache", "hit")]);
    assert_eq!(kept, 0.0, "an answer of the cache has no first token of a provider");
    assert_eq!(page.sum(&format!("{whole}_count"), &[]), calls);
    for histogram in [first, whole] {
        let all = page.sum(&format!("{histogram}_count"), &[]);
        assert_eq!(page.sum(&format!("{histogram}_bucket"), &[("le", "+Inf")]), all, "{histogram}");
        assert!(page.sum(&format!("{histogram}_sum"), &[]) > 0.0, "{histogram}");
    }

    // Each breaker is in exactly one phase.
    let breakers = page.sum("octavo_ai_breaker_state", &[("state", "closed"), ("provider", "openai")]);
    assert!(breakers > 0.0);
    let of_luna = [("provider", "openai"), ("model", "gpt-6-luna")];
    assert_eq!(page.sum("octavo_ai_breaker_state", &of_luna), 1.0);
    assert!(page.sum("octavo_function_invocations_total", &[("function", "ai")]) >= calls);
    assert_eq!(page.sum("octavo_queue_messages", &[("queue", "index"), ("state", "dead")]), 0.0);
    assert!(page.has("octavo_queue_messages"));
    for never in ["octavo_emulator_series_dropped_total", "octavo_emulator_metric_lines_refused_total"] {
        assert!(page.has(never) && page.sum(never, &[]) == 0.0, "{never}");
    }
    let text = page.samples.iter().flat_map(|sample| sample.labels.values());
    assert!(text.clone().all(|value| value != "acme" && value != "ada"), "no tenant and no user is told");

    // What is measured is no line of the function's log any more.
    let records = world.emulator.lambda().records();
    assert!(records.iter().all(|record| record.log.iter().all(|line| !line.starts_with("{\"_aws\""))));

    let mut checked = 0;
    for (place, expression) in expressions() {
        for used in selectors(&expression) {
            let sample = page.samples.iter().find(|sample| sample.name == used.metric);
            let sample = sample.unwrap_or_else(|| panic!("{place}: there is no metric {}", used.metric));
            for label in &used.labels {
                assert!(sample.labels.contains_key(label), "{place}: {} has no label {label}", used.metric);
            }
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked} uses of metrics were found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breaker_that_is_held_open_is_seen() {
    let world = World::start().await;
    let operator = world.with_roles("acme", "olga", &["operator"]);
    operator.post("/v1/ai/breakers/azure/gpt-4.1/hold", json!({"seconds": 60})).await.expect(204);
    let page = scrape(&world).await;
    let of = |state: &str| {
        page.sum("octavo_ai_breaker_state", &[("provider", "azure"), ("model", "gpt-4.1"), ("state", state)])
    };
    assert_eq!([of("closed"), of("open"), of("half_open")], [0.0, 1.0, 0.0]);
}

#[test]
fn the_rules_say_what_their_cases_say() {
    let folder = Path::new(INFRA).join("prometheus");
    let tests = ["test", "rules", "ai.test.yml", "realtime.test.yml"];
    let run = Command::new("promtool").args(tests).current_dir(folder).output();
    match run {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: promtool (Debian's package prometheus has it)");
        }
        Err(error) => panic!("{error}"),
    }
}

/// Every expression of the rules and dashboards, with where it stands.
fn expressions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let rules = std::fs::read_to_string(Path::new(INFRA).join("prometheus/ai.rules.yml")).unwrap();
    for (number, line) in rules.lines().enumerate() {
        if let Some(expression) = line.trim().strip_prefix("expr: ") {
            found.push((format!("ai.rules.yml:{}", number + 1), expression.to_owned()));
        }
    }
    let of_rules = found.len();
    let dashboard = std::fs::read_to_string(Path::new(INFRA).join("grafana/ai.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap().to_owned();
            found.push((format!("ai.json, {}", panel["title"]), expression));
        }
    }
    assert!(of_rules >= 10 && found.len() > of_rules + 10, "{found:?}");
    found
}

/// A metric that an expression names, and the labels that it selects by.
#[derive(Debug, PartialEq)]
struct Selector {
    metric: String,
    labels: Vec<String>,
}

/// The metrics of ours in an expression. Names of recorded series, which have colons, are defined beside it.
fn selectors(expression: &str) -> Vec<Selector> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let (name, after) = word.split_at(end);
        rest = after;
        if ["by", "without", "ignoring", "on"].contains(&name) {
            rest = after.split_once(')').map_or("", |(_, after)| after);
            continue;
        }
        let mut labels = Vec::new();
        if let Some((inner, after)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            labels = inner.split(',').map(|pair| pair[..pair.find(['=', '!']).unwrap()].trim().to_owned()).collect();
            rest = after;
        }
        let is_ours = name.starts_with("octavo_") || name.starts_with("gen_ai_");
        if is_ours && !name.contains(':') {
            found.push(Selector { metric: name.to_owned(), labels });
        }
    }
    found
}

#[test]
fn metrics_are_found_in_expressions() {
    let text = r#"sum by (octavo_ai_cache, le) (rate(octavo_ai_calls_total{a="b", c!~"d|e"}[5m])) / octavo:x:share + gen_ai_y{}"#;
    let text = text.replace("{}", "");
    let found: Vec<(String, Vec<String>)> =
        selectors(&text).into_iter().map(|found| (found.metric, found.labels)).collect();
    let expected =
        [("octavo_ai_calls_total".to_owned(), vec!["a".to_owned(), "c".to_owned()]), ("gen_ai_y".to_owned(), vec![])];
    assert_eq!(found, expected);
}
