//! The scripts of `clients/`: stock boto3, the stock AWS CLI and the stock client of npm, each a list of named checks.

use crate::desk::Desk;
use futures::future::BoxFuture;
use octavo_tests::script::{self, Said, judge, node_clients, python, two_at_a_time};

const PYTHON_SCRIPTS: &[&str] = &[
    "workflow_tasks.py",
    "workflow_executions.py",
    "workflow_machines.py",
    "workflow_maps.py",
    "workflow_refusals.py",
    "workflow_tenancy.py",
    "workflow_cli.py",
];
const NODE_SCRIPTS: &[&str] = &["workflow_client.mjs"];

#[tokio::test(flavor = "multi_thread")]
async fn stock_clients_take_it_for_step_functions() {
    let places = [
        (python("boto3 and the AWS CLI from PyPI"), PYTHON_SCRIPTS),
        (node_clients("the Step Functions client from npm"), NODE_SCRIPTS),
    ];
    let scripts: Vec<(&str, &str)> = places
        .iter()
        .filter_map(|(place, scripts)| Some((place.as_deref()?, *scripts)))
        .flat_map(|(place, scripts)| scripts.iter().map(move |name| (place, *name)))
        .collect();
    if scripts.is_empty() {
        return;
    }
    let desk = Desk::start().await;
    let settings = desk.settings().await;
    let running = scripts.into_iter().map(|(place, name)| {
        let running: BoxFuture<'_, Said> = Box::pin(script::run(name, place, &settings));
        running
    });
    judge(&two_at_a_time(running.collect()).await, || desk.logs());
}
