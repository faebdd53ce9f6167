//! The emulator on the fake providers of another process, and the people who ask it.

use super::target::Target;
use crate::memory::Memory;
use crate::process::Process;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Sandboxes of a function. One process of the AI function holds 64 calls, so that a second one is not needed here.
const SANDBOXES: &str = "2";
/// With a key in one of these the emulator would speak with the real provider.
const KEYS: [&str; 4] = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"];
/// The cache is not asked and not filled.
pub(crate) const NO_CACHE: (&str, &str) = ("x-octavo-cache", "off");

/// A tenant that has set nothing.
pub(crate) const PLAIN: &str = "plain";
/// A tenant with two rates and two budgets.
pub(crate) const LIMITED: &str = "limited";

/// A running emulator.
pub(crate) struct Octavo {
    process: Process,
    program: PathBuf,
    data: tempfile::TempDir,
    url: String,
}

impl Octavo {
    /// Starts it with the release binaries in `binaries`.
    pub(crate) async fn start(binaries: &Path, upstreams: &str) -> anyhow::Result<Self> {
        let (program, data) = (binaries.join("octavo"), tempfile::tempdir()?);
        let mut command = Command::new(&program);
        command.arg("--data").arg(data.path()).args(["up", "--port", "0", "--no-build", "--sandboxes", SANDBOXES]);
        command.args(["--ai-upstreams", upstreams]);
        for key in KEYS {
            command.env_remove(key);
        }
        let (process, _) =
            Process::until(&mut command, |line| line.contains("Ctrl-C")).await.context("the emulator")?;
        let run: Value = serde_json::from_slice(&std::fs::read(data.path().join("run.json"))?)?;
        let url = run["url"].as_str().context("the emulator says where it is")?.to_owned();
        let octavo = Self { process, program, data, url };
        octavo.limit().await?;
        Ok(octavo)
    }

    /// A token for ada of `tenant`.
    async fn token(&self, tenant: &str, role: Option<&str>) -> anyhow::Result<String> {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.data.path()).args(["token", "--tenant", tenant, "--user", "ada"]);
        command.args(role.iter().flat_map(|role| ["--role", role]));
        let output = command.output().await?;
        anyhow::ensure!(output.status.success(), "there is no token for {tenant}");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Chat Completions, asked by ada of `tenant`.
    pub(crate) async fn target(&self, name: &str, tenant: &str, cache: bool) -> anyhow::Result<Target> {
        let token = self.token(tenant, None).await?;
        let mut headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        if !cache {
            headers.push((NO_CACHE.0.to_owned(), NO_CACHE.1.to_owned()));
        }
        let address = self.url.trim_start_matches("http://").to_owned();
        Ok(Target { name: name.to_owned(), address, path: "/v1/chat/completions".to_owned(), headers })
    }

    /// Rates and budgets that are never reached, for the tenant that has some.
    async fn limit(&self) -> anyhow::Result<()> {
        let policy = json!({
            "rates": [
                { "requests_per_minute": 1_000_000, "tokens_per_minute": 1_000_000_000 },
                { "scope": "user", "requests_per_minute": 1_000_000 }
            ],
            "budgets": [
                { "period": "day", "tokens": 1_000_000_000_000_u64, "dollars": "9000000" },
                { "period": "month", "dollars": "9000000" }
            ]
        });
        let (client, url) = (reqwest::Client::new(), format!("{}/v1/ai/policy", self.url));
        let token = self.token(LIMITED, Some("admin")).await?;
        let read = client.get(&url).bearer_auth(&token).send().await?.error_for_status()?;
        let tag = read.headers().get("etag").context("the policy has a revision")?.clone();
        let put = client.put(&url).bearer_auth(&token).header("if-match", tag).json(&policy);
        put.send().await?.error_for_status().context("the policy")?;
        Ok(())
    }

    /// Of the AI function's processes.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(self.process.id(), Some("ai"))
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.process.end().await
    }
}
