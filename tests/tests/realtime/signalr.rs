//! Stock SignalR clients, npm's of two major versions and two of PyPI, at two nodes and at one.

use crate::CLIENTS;
use crate::cluster::Cluster;
use futures::future::BoxFuture;
use octavo_tests::script::{self, Said, judge, node_clients, python, two_at_a_time};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn stock_signalr_clients_take_two_nodes_for_their_own_server() {
    let (node, python) = (node_clients(CLIENTS), python("SignalR clients from PyPI"));
    if node.is_none() && python.is_none() {
        return;
    }
    let cluster = Cluster::start().await;
    let apart = cluster.settings();
    let together = Value::Object(
        apart.as_object().cloned().into_iter().flatten().chain([("two".to_owned(), apart["one"].clone())]).collect(),
    );
    let mut scripts: Vec<BoxFuture<'_, Said>> = Vec::new();
    if let Some(place) = &node {
        scripts.push(Box::pin(script::run("signalr_matrix.mjs", place, &apart)));
        scripts.push(Box::pin(script::run("signalr_stateful.mjs", place, &apart)));
        scripts.push(Box::pin(script::run("signalr_matrix.mjs", place, &together)));
    }
    if let Some(place) = &python {
        scripts.push(Box::pin(script::run("pysignalr_client.py", place, &apart)));
        scripts.push(Box::pin(script::run("signalrcore_client.py", place, &apart)));
    }
    // It mostly waits.
    let connections = async {
        let place = node.as_ref()?;
        let tokens = async |words: &[&str]| {
            assert_eq!(words, ["brief-token"]);
            json!(cluster.brief_token())
        };
        Some(script::run_with("signalr_connection.mjs", place, &apart, "", tokens).await)
    };
    let (mut said, connections) = tokio::join!(two_at_a_time(scripts), connections);
    said.extend(connections);
    judge(&said, || cluster.logs());
}
