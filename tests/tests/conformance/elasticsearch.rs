//! The official Python client, which refuses what does not say that it is Elasticsearch: a walk through it
//! (`clients/elasticsearch_client.py`), and its helpers, its async client and what services do with them
//! (`clients/elasticsearch_helpers.py`).

use crate::program::run;
use local_emulator_elasticsearch::{Options, Server};
use octavo_testing::engines;
use octavo_tests::script;
use serde_json::json;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/elasticsearch_client.py");

/// Every step of the script, as it names them when they are done.
const STEPS: [&str; 7] = ["make_index", "write_one", "write_many", "search", "point_in_time", "refusals", "delete"];

async fn judged_by(python: &str, url: &str, options: &[&str]) {
    // The real one is shared with others.
    let index = format!("t-python-client-{}", std::process::id());
    let said = run(python, &[&[SCRIPT, url, &index], options].concat(), "").await;
    assert!(said.succeeded, "after {}: {}", said.stdout.replace('\n', " "), said.stderr);
    assert_eq!(said.stdout.lines().collect::<Vec<_>>(), STEPS);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_takes_the_embedded_elasticsearch_for_one() {
    let Some(python) = engines::real("Python client of Elasticsearch", "OCTAVO_TEST_PYTHON") else { return };
    let server = Server::start(Options::default()).await.unwrap();
    judged_by(&python, &server.url(), &[]).await;
    server.shutdown().await;
}

#[tokio::test]
async fn the_python_client_says_the_same_of_a_real_elasticsearch() {
    let Some(python) = engines::real("Python client of Elasticsearch", "OCTAVO_TEST_PYTHON") else { return };
    let Some(url) = engines::real("Elasticsearch", "OCTAVO_TEST_ELASTICSEARCH_URL") else { return };
    // The one that `.ci/engines` starts is the server alone.
    judged_by(&python, &url, &["--without-modules"]).await;
}

async fn helpers_judge(python: &str, url: &str) {
    let prefix = format!("t-python-helpers-{}-", std::process::id());
    let said = script::run("elasticsearch_helpers.py", python, &json!({ "url": url, "prefix": prefix })).await;
    script::judge(&[said], String::new);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_helpers_take_the_embedded_elasticsearch_for_one() {
    let Some(python) = script::python("Python client of Elasticsearch") else { return };
    let server = Server::start(Options::default()).await.unwrap();
    helpers_judge(&python, &server.url()).await;
    server.shutdown().await;
}

#[tokio::test]
async fn the_python_helpers_say_the_same_of_a_real_elasticsearch() {
    let Some(python) = script::python("Python client of Elasticsearch") else { return };
    let Some(url) = engines::real("Elasticsearch", "OCTAVO_TEST_ELASTICSEARCH_URL") else { return };
    helpers_judge(&python, &url).await;
}
