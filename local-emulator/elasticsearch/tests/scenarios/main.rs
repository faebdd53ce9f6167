//! Scenarios as data, run against the embedded server always, and against real ones where they are given.
//!
//! A file beside this one (`*.json`) has a title, steps that prepare (`given`), and scenarios by name. A step is a request, its expected
//! status, and the part of the answer that matters: objects match where every expected member matches; arrays match whole;
//! numbers match within a thousandth; the string `"*"` matches anything. `remember` keeps a part of an answer for the steps
//! after it, which name it with a `$`. Every file uses indices and templates that begin with `t-` and the file's own name.
//!
//! What is expected is what a real engine answers. Where one of the three answers otherwise, `differs` says why, for a file or
//! for a scenario; a difference without a reason is a failure, and so is a reason without a difference.
//!
//! - `scenario`: the files, and the comparison;
//! - `engine`: runs them on one engine;
//! - `page`: what came of it, as `infra/engines/search.md`.
//!
//! `OCTAVO_TEST_ELASTICSEARCH_URL` and `OCTAVO_TEST_OPENSEARCH_URL` name real servers; `OCTAVO_REQUIRE_ENGINES=1` makes a
//! missing one a failure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here, with the line")]

mod engine;
mod page;
mod scenario;

use engine::{Engine, Judged};

/// What whoever runs the tests says by a variable.
#[expect(clippy::disallowed_methods, reason = "the names of real engines reach tests by the environment alone")]
fn asked(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

async fn agrees(engine: Engine) {
    let Some(report) = engine.report().await else { return };
    let wrong: Vec<String> = report.judged.iter().filter_map(Judged::wrong).collect();
    assert!(wrong.is_empty(), "{} of {} on {}:\n{}", wrong.len(), report.judged.len(), engine.name(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_engine_does_as_the_scenarios_say() {
    agrees(Engine::Embedded).await;
}

#[tokio::test]
async fn a_real_opensearch_does_as_the_scenarios_say() {
    agrees(Engine::OpenSearch).await;
}

#[tokio::test]
async fn a_real_elasticsearch_does_as_the_scenarios_say() {
    agrees(Engine::Elasticsearch).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_what_the_scenarios_say() {
    let mut reports = Vec::new();
    for engine in Engine::ALL {
        let Some(report) = engine.report().await else { return };
        reports.push(report);
    }
    let now = page::page(&reports);
    if asked("OCTAVO_WRITE_TABLES").is_some() {
        std::fs::write(page::PAGE, &now).unwrap();
    }
    let kept = std::fs::read_to_string(page::PAGE).unwrap_or_default();
    assert!(
        kept == now,
        "infra/engines/search.md is not as the scenarios say; OCTAVO_WRITE_TABLES=1 writes it:\n{now}"
    );
}
