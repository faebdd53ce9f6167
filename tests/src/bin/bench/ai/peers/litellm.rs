//! LiteLLM's proxy (PyPI): one worker, no database, no Redis.

use super::super::bodies::MODEL;
use super::super::target::Target;
use super::peer::Running;
use crate::install::step;
use crate::process::{Process, free_port};
use std::path::Path;
use tokio::process::Command;

const VERSION: &str = "1.108.7";
/// Good for nothing but this run.
const KEY: &str = "sk-bench-2f81c0a94be7460d";
const DOES: &str = "checks one master key in memory, routes to one deployment, counts the cost; no limits, no budgets, no \
    cache, no ledger (they need its database and Redis)";

pub(super) async fn start(folder: &Path, upstreams: &str) -> anyhow::Result<Running> {
    let home = folder.join("litellm");
    let program = home.join("bin/litellm");
    if !program.exists() {
        step(Command::new("python3").args(["-m", "venv"]).arg(&home)).await?;
        step(Command::new(home.join("bin/pip")).args(["install", "-q", &format!("litellm[proxy]=={VERSION}")])).await?;
    }
    let (port, own) = (free_port().await?, tempfile::tempdir()?);
    let config = format!(
        "model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/{MODEL}\n      \
         api_base: {upstreams}/openai/v1\n      api_key: fake\n"
    );
    let path = own.path().join("config.yaml");
    std::fs::write(&path, config)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(path).args(["--host", "127.0.0.1", "--telemetry", "False"]);
    command.args(["--port", &port.to_string()]).current_dir(own.path());
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("LITELLM_MASTER_KEY", KEY);
    let (mut process, address) = (Process::quiet(&mut command)?, format!("127.0.0.1:{port}"));
    process.listens(&address).await?;
    let target = Target {
        name: format!("LiteLLM {VERSION}"),
        address,
        path: "/v1/chat/completions".to_owned(),
        headers: vec![("authorization".to_owned(), format!("Bearer {KEY}"))],
    };
    Ok(Running { target, does: DOES, process, _folder: own })
}
