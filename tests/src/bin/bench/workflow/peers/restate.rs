//! Restate: its server, and a process of Node.js with the steps.

use super::install::NodePeers;
use super::peer::{IN_FLIGHT, Row};
use crate::ai::Target;
use crate::load::drive;
use crate::process::{Process, free_port};
use crate::workflow::callers::Callers;
use anyhow::Context;
use bytes::Bytes;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Command;

const SERVER: &str = "node_modules/@restatedev/restate-server-linux-x64/bin/restate-server";
/// The server takes registrations and calls so long after its ports are open.
const READY_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(super) async fn measure(peers: &NodePeers, seconds: u64) -> anyhow::Result<Vec<Row>> {
    let (service, admin, ingress) = (free_port().await?, free_port().await?, free_port().await?);
    let mut command = peers.script("restate.mjs", include_str!("restate.mjs"))?;
    let (steps, _) = Process::until(command.arg(service.to_string()), |line| line == "ready").await?;
    let data = tempfile::tempdir()?;
    let mut command = Command::new(peers.folder.join(SERVER));
    command.args(["--no-logo", "--node-name", "bench", "--base-dir"]).arg(data.path()).current_dir(data.path());
    command.env("RESTATE_DISABLE_TELEMETRY", "true").env("RESTATE_ADMIN__DISABLE_WEB_UI", "true");
    command.env("RESTATE_LISTEN_MODE", "tcp").env("RESTATE_BIND_IP", "127.0.0.1").env("RESTATE_LOG_FILTER", "warn");
    for (name, port) in [
        ("RESTATE_BIND_PORT", free_port().await?),
        ("RESTATE_ADMIN__BIND_PORT", admin),
        ("RESTATE_INGRESS__BIND_PORT", ingress),
    ] {
        command.env(name, port.to_string());
    }
    let mut server = Process::quiet(&mut command)?;
    server.listens(&format!("127.0.0.1:{ingress}")).await?;
    register(admin, service).await?;

    let target = Target {
        name: "Restate".to_owned(),
        address: format!("127.0.0.1:{ingress}"),
        path: "/steps/run".to_owned(),
        headers: Vec::new(),
    };
    let callers = Arc::new(Callers::new(target));
    let mut rows = Vec::new();
    for in_flight in IN_FLIGHT {
        let callers = callers.clone();
        let load = drive(in_flight, Duration::from_secs(seconds), move |number| {
            let callers = callers.clone();
            async move { call(&callers, number).await }
        });
        let load = load.await?;
        rows.push(Row { in_flight, rate: load.rate, figures: load.figures });
    }
    server.end().await?;
    steps.end().await?;
    Ok(rows)
}

async fn register(admin: u16, service: u16) -> anyhow::Result<()> {
    let (began, client) = (Instant::now(), reqwest::Client::new());
    let request = json!({ "uri": format!("http://127.0.0.1:{service}") });
    loop {
        let answer = client.post(format!("http://127.0.0.1:{admin}/deployments")).json(&request).send().await;
        match answer.and_then(reqwest::Response::error_for_status) {
            Ok(_) => return Ok(()),
            Err(error) if began.elapsed() > READY_MAX => return Err(error).context("it takes no service"),
            Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

async fn call(steps: &Callers, number: u64) -> anyhow::Result<Duration> {
    let answer = steps.ask(Bytes::from(number.to_string())).await?;
    let expected = (i64::try_from(number)? + 1) * 2 - 3;
    anyhow::ensure!(answer.body == expected.to_string(), "three steps of {number} gave {:?}", answer.body);
    Ok(answer.took)
}
