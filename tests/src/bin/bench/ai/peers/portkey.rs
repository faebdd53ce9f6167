//! Portkey's open gateway (npm).

use super::super::target::Target;
use super::peer::Running;
use crate::install::step;
use crate::process::{Process, free_port};
use serde_json::json;
use std::path::Path;
use tokio::process::Command;

const VERSION: &str = "1.15.2";
/// Its HTTP server. With a later one, which npm would choose, every stream is answered with 500 (its issue 1389).
const SERVER: &str = "1.14.1";
const DOES: &str = "passes the caller's own provider key on, to the host that the caller names; no callers of its own, no \
    limits, no budgets, no ledger; no cache unless asked for";

pub(super) async fn start(folder: &Path, upstreams: &str) -> anyhow::Result<Running> {
    let home = folder.join("portkey");
    let program = home.join("node_modules/@portkey-ai/gateway/build/start-server.js");
    if !program.exists() {
        std::fs::create_dir_all(&home)?;
        let package = json!({
            "private": true,
            "dependencies": { "@portkey-ai/gateway": VERSION },
            "overrides": { "@hono/node-server": SERVER }
        });
        std::fs::write(home.join("package.json"), package.to_string())?;
        step(Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(&home)).await?;
    }
    let (port, own) = (free_port().await?, tempfile::tempdir()?);
    let mut command = Command::new("node");
    command.arg(program).arg(format!("--port={port}")).arg("--headless").env("NODE_ENV", "production");
    let (mut process, address) = (Process::quiet(&mut command)?, format!("127.0.0.1:{port}"));
    process.listens(&address).await?;
    let header = |name: &str, value: String| (name.to_owned(), value);
    let target = Target {
        name: format!("Portkey {VERSION}"),
        address,
        path: "/v1/chat/completions".to_owned(),
        headers: vec![
            header("authorization", "Bearer fake".to_owned()),
            header("x-portkey-provider", "openai".to_owned()),
            header("x-portkey-custom-host", format!("{upstreams}/openai/v1")),
        ],
    };
    Ok(Running { target, does: DOES, process, _folder: own })
}
