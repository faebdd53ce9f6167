//! OpenSearch's own REST tests against the embedded server: how many pass, fail, do not apply, as a page of the repository.
//!
//! `OCTAVO_TEST_OPENSEARCH_REST_SPEC` names the folder `rest-api-spec` of the published tests
//! (`.ci/engines/opensearch-rest-tests.sh` fetches it). `OCTAVO_TEST_OPENSEARCH_REST_URL` names a server that everything may be
//! deleted from: the same tests then run there, as the proof of the runner.
//!
//! `suite` reads the files, `api` makes requests of steps, `judge` compares, `run` runs one test, `report` writes the page.
//! A feature that is not claimed has an entry in `not_claimed.json`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here, with the line")]

mod api;
mod judge;
mod report;
mod run;
mod suite;

use std::path::Path;

use local_emulator_elasticsearch::{Options, Server};
use report::{Judged, Rules, Verdict};
use reqwest::Client;
use run::Runner;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/engines/opensearch-rest-tests.md");

/// Servers that share the files between them: the tests all use the same index names.
const SERVERS: usize = 2;

#[expect(clippy::disallowed_methods, reason = "where the real tests are reaches this test by the environment alone")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn specification() -> Option<String> {
    let found = variable("OCTAVO_TEST_OPENSEARCH_REST_SPEC");
    if found.is_none() {
        let required = variable("OCTAVO_REQUIRE_ENGINES").as_deref() == Some("1");
        assert!(!required, "OCTAVO_REQUIRE_ENGINES=1, but OCTAVO_TEST_OPENSEARCH_REST_SPEC is not set");
        println!("skipped: OCTAVO_TEST_OPENSEARCH_REST_SPEC is not set");
    }
    found
}

/// Runs every `step`th file from the `first`th.
async fn judged(url: &str, specification: &Path, first: usize, step: usize) -> Vec<Judged> {
    let rules = Rules::read();
    let apis = api::read_all(specification);
    let runner = Runner { client: Client::new(), url: url.to_owned(), apis: &apis };
    let only = variable("OCTAVO_TEST_ONLY").unwrap_or_default();
    let mut all = Vec::new();
    for file in suite::files(specification).into_iter().skip(first).step_by(step) {
        let file = file.unwrap_or_else(|(path, error)| panic!("{}: {error}", path.display()));
        for test in file.tests.iter().filter(|_| format!("{}/{}", file.folder, file.name).contains(&only)) {
            let name = format!("{}: {}", file.name, test.title);
            let verdict = rules.judge(&format!("{}/{name}", file.folder), runner.test(&file, test).await);
            all.push(Judged { folder: file.folder.clone(), name, verdict });
        }
    }
    all
}

#[test]
fn every_file_is_read() {
    let Some(specification) = specification() else { return };
    let unread: Vec<_> = suite::files(Path::new(&specification)).into_iter().filter_map(Result::err).collect();
    assert!(unread.is_empty(), "{unread:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_engine_passes_the_rest_tests_of_opensearch() {
    let Some(specification) = specification() else { return };
    let workers: Vec<_> = (0..SERVERS)
        .map(|number| {
            let specification = specification.clone();
            tokio::spawn(async move {
                let server = Server::start(Options::default()).await.unwrap();
                judged(&server.url(), Path::new(&specification), number, SERVERS).await
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    all.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    let page = report::page(&Rules::read(), &all);
    if variable("OCTAVO_TEST_ONLY").is_some() {
        for one in &all {
            println!("{}/{}: {:?}", one.folder, one.name, one.verdict);
        }
        return;
    }
    if variable("OCTAVO_WRITE_TABLES").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(kept == page, "infra/engines/opensearch-rest-tests.md says otherwise; found now:\n{page}");
    let failed: Vec<&str> =
        all.iter().filter(|one| matches!(one.verdict, Verdict::Failed(_))).map(|one| one.name.as_str()).collect();
    assert!(failed.is_empty(), "in what is claimed, these fail: {failed:#?}");
}

/// The runner's own proof: what the real server passes, it judges as passed.
#[tokio::test]
async fn the_real_opensearch_passes_its_own_tests() {
    let Some(url) = variable("OCTAVO_TEST_OPENSEARCH_REST_URL") else {
        return println!("skipped: OCTAVO_TEST_OPENSEARCH_REST_URL is not set");
    };
    let Some(specification) = specification() else { return };
    let all = judged(url.trim_end_matches('/'), Path::new(&specification), 0, 1).await;
    let passed = all.iter().filter(|one| matches!(one.verdict, Verdict::Passed)).count();
    for one in &all {
        if let Verdict::Failed(why) | Verdict::NotApplicable(why) = &one.verdict {
            println!("{}/{}: {why}", one.folder, one.name);
        }
    }
    println!("{passed} of {} pass on the real server", all.len());
    // Some need plugins, several nodes or settings of the server that the one of `.ci/engines` does not have.
    assert!(passed * 10 >= all.len() * 8, "only {passed} of {} pass on the real server", all.len());
}
