//! litellm-rs (crates): without a database, as its example for development has it.

use super::super::bodies::MODEL;
use super::super::target::Target;
use super::peer::Running;
use crate::install::step;
use crate::process::{Process, free_port};
use std::path::Path;
use tokio::process::Command;

const VERSION: &str = "0.9.0";
const DOES: &str = "lets everybody in (its keys need a database), looks for prompt injection as it does unless told \
    otherwise, routes to one deployment, counts the cost; no limits, no budgets, no cache, no ledger";

pub(super) async fn start(folder: &Path, upstreams: &str) -> anyhow::Result<Running> {
    let home = folder.join("litellm-rs");
    let program = home.join("bin/gateway");
    if !program.exists() {
        let mut install = Command::new("nice");
        install.args(["cargo", "install", "litellm-rs", "--version", VERSION, "--locked", "--bin", "gateway"]);
        install
            .args(["--features", "sqlite", "--root"])
            .arg(&home)
            .env("CARGO_TARGET_DIR", folder.join("litellm-rs-build"));
        step(&mut install).await?;
    }
    let (port, own) = (free_port().await?, tempfile::tempdir()?);
    let path = own.path().join("gateway.yaml");
    std::fs::write(&path, config(upstreams, port))?;
    let mut command = Command::new(program);
    command.arg("--config").arg(path).current_dir(own.path());
    let (mut process, address) = (Process::quiet(&mut command)?, format!("127.0.0.1:{port}"));
    process.listens(&address).await?;
    let target = Target {
        name: format!("litellm-rs {VERSION}"),
        address,
        path: "/v1/chat/completions".to_owned(),
        headers: Vec::new(),
    };
    Ok(Running { target, does: DOES, process, _folder: own })
}

fn config(upstreams: &str, port: u16) -> String {
    format!(
        r#"schema_version: "1.0"
server: {{ host: "127.0.0.1", port: {port}, dev_mode: true }}
providers:
  - name: "upstream"
    provider_type: "openai_compatible"
    endpoint_access: "private_network"
    api_key: "fake"
    base_url: "{upstreams}/openai/v1"
    rpm: 1000000000
    tpm: 1000000000
    max_concurrent_requests: 1000
    timeout: 60
    models: ["{MODEL}"]
    enabled: true
router: {{ strategy: "round_robin" }}
storage:
  database: {{ url: "postgresql://localhost/none", enabled: false }}
  redis: {{ url: "redis://localhost:6379", enabled: false }}
auth: {{ enable_jwt: false, enable_api_key: false, allow_anonymous: true, jwt_secret: "" }}
monitoring: {{ metrics: {{ enabled: false }}, tracing: {{ enabled: false }} }}
cache: {{ enabled: false }}
pricing: {{ unpriced_model_policy: "allow_unpriced", unpriced_fallback_cost_per_1k_tokens: 0.0 }}
rate_limit: {{ enabled: false }}
"#
    )
}
