//! Scenarios as data, run against the embedded server always, and against a real one where one is given.
//!
//! A file of `cases/` is a list of steps: a request, its expected status, and the part of the answer that matters.
//! Objects match where every expected member matches; arrays match whole; numbers match within a thousandth; the
//! string `"*"` matches anything. Every scenario uses indices that begin with `t-`, with the scenario's own name.
//!
//! `OCTAVO_TEST_ELASTICSEARCH_URL` and `OCTAVO_TEST_OPENSEARCH_URL` name real servers; `OCTAVO_REQUIRE_ENGINES=1` makes
//! a missing OpenSearch a failure. A step with `"only": "embedded"` is about this engine's own limits; one with
//! `"not"` names the real engine that answers differently: OpenSearch opens points in time elsewhere; the minimal
//! Elasticsearch of CI lacks the reindex module and its analyzers, and since version 9 marks a phrase as a whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here, with the line")]

use std::path::Path;

use local_emulator_elasticsearch::{Options, Server};
use reqwest::{Client, Method};
use serde_json::Value;

fn cases() -> Vec<(String, Vec<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<(String, Vec<Value>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let steps = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, steps)
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

fn mismatch(at: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::String(any), _) if any == "*" => None,
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .find_map(|(key, value)| mismatch(&format!("{at}.{key}"), value, found.get(key).unwrap_or(&Value::Null))),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(number, (expected, found))| mismatch(&format!("{at}[{number}]"), expected, found)),
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            ((a - b).abs() > 0.001 * a.abs().max(1.0)).then(|| format!("{at}: expected {a}, found {b}"))
        }
        (expected, found) if expected == found => None,
        (expected, found) => Some(format!("{at}: expected {expected}, found {found}")),
    }
}

async fn run(url: &str, engine: &str) {
    let client = Client::new();
    let mut failures = Vec::new();
    for (name, steps) in cases() {
        let mut remembered: Vec<(String, String)> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            if step["only"].as_str().is_some_and(|only| only != engine) || step["not"].as_str() == Some(engine) {
                continue;
            }
            let mut line = step["request"].as_str().unwrap().to_owned();
            let mut body = match &step["body"] {
                Value::Null => String::new(),
                Value::Array(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
                body => body.to_string(),
            };
            for (key, value) in &remembered {
                line = line.replace(&format!("${key}"), value);
                body = body.replace(&format!("${key}"), value);
            }
            let (method, path) = line.split_once(' ').unwrap();
            let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{url}{path}"));
            if !body.is_empty() {
                let kind = if step["body"].is_array() { "application/x-ndjson" } else { "application/json" };
                request = request.header("content-type", kind).body(body);
            }
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            let found: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            let wanted = step["status"].as_u64().unwrap_or(200);
            if u64::from(status) != wanted {
                failures.push(format!("{name} step {number} ({line}): status {status}, expected {wanted}: {found}"));
                continue;
            }
            if let Some(expected) = step.get("expect")
                && let Some(reason) = mismatch("", expected, &found)
            {
                failures.push(format!("{name} step {number} ({line}): {reason}\n    in {found}"));
            }
            if let Some(keep) = step["remember"].as_object() {
                for (key, pointer) in keep {
                    let value = found.pointer(pointer.as_str().unwrap()).cloned().unwrap_or_default();
                    remembered.push((key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
                }
            }
        }
        // A real server outlives the test.
        let _ = client.delete(format!("{url}/t-{name}*")).send().await;
    }
    assert!(failures.is_empty(), "{} failures on {engine}:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn the_embedded_engine_conforms() {
    let server = Server::start(Options::default()).await.unwrap();
    run(&server.url(), "embedded").await;
}

#[expect(clippy::disallowed_methods, reason = "the names of real engines reach tests by the environment alone")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[tokio::test]
async fn a_real_elasticsearch_agrees() {
    match variable("OCTAVO_TEST_ELASTICSEARCH_URL") {
        Some(url) => run(url.trim_end_matches('/'), "elasticsearch").await,
        None => println!("skipped: OCTAVO_TEST_ELASTICSEARCH_URL is not set"),
    }
}

#[tokio::test]
async fn a_real_opensearch_agrees() {
    match variable("OCTAVO_TEST_OPENSEARCH_URL") {
        Some(url) => run(url.trim_end_matches('/'), "opensearch").await,
        None => {
            assert!(
                variable("OCTAVO_REQUIRE_ENGINES").as_deref() != Some("1"),
                "OCTAVO_REQUIRE_ENGINES=1, but OCTAVO_TEST_OPENSEARCH_URL is not set"
            );
            println!("skipped: OCTAVO_TEST_OPENSEARCH_URL is not set");
        }
    }
}
