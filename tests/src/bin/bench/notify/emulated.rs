//! The emulator as a process of its own with the functions' release binaries, asked over HTTP as its users ask it.

use crate::process::Process;
use anyhow::Context;
use parking_lot::Mutex;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::process::Command;

pub(super) const TENANT: &str = "acme";
/// Sandboxes of a function on two cores.
const SANDBOXES: &str = "2";

/// A running emulator.
pub(super) struct Emulated {
    process: Process,
    program: PathBuf,
    url: String,
    /// The realtime node's.
    pub(super) realtime: SocketAddr,
    http: reqwest::Client,
    data: tempfile::TempDir,
}

/// Somebody's token.
#[derive(Clone)]
pub(super) struct Person(String);

impl Person {
    pub(super) fn token(&self) -> &str {
        &self.0
    }
}

impl Emulated {
    /// With the functions of `binaries` and the example `stamp`; with other providers than its own, if some are given, as
    /// `OCTAVO_NOTIFY_PROVIDERS` has them.
    pub(super) async fn start(binaries: &Path, providers: Option<&Value>) -> anyhow::Result<Self> {
        let (program, data) = (binaries.join("octavo"), tempfile::tempdir()?);
        let mut command = Command::new(&program);
        command.arg("--data").arg(data.path()).args(["up", "--port", "0", "--no-build", "--sandboxes", SANDBOXES]);
        command.args(["--function", &format!("stamp={}", binaries.join("examples/stamp").display())]);
        if let Some(providers) = providers {
            command.env("OCTAVO_NOTIFY_PROVIDERS", providers.to_string());
        }
        let said = Mutex::new(Vec::new());
        let ready = |line: &str| {
            said.lock().push(line.trim().to_owned());
            line.contains("Ctrl-C")
        };
        let (process, _) = Process::until(&mut command, ready).await.context("the emulator")?;
        let said = said.into_inner();
        let realtime = said.iter().find_map(|line| line.strip_prefix("realtime")?.trim().strip_prefix("http://"));
        let realtime = realtime.context("the emulator says where its node is")?.parse()?;
        let run: Value = serde_json::from_slice(&std::fs::read(data.path().join("run.json"))?)?;
        let url = run["url"].as_str().context("the emulator says where it is")?.to_owned();
        Ok(Self { process, program, url, realtime, http: reqwest::Client::new(), data })
    }

    /// Somebody of the tenant with these roles.
    pub(super) async fn person(&self, user: &str, roles: &[&str]) -> anyhow::Result<Person> {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.data.path()).args(["token", "--tenant", TENANT, "--user", user]);
        for role in roles {
            command.args(["--role", role]);
        }
        let output = command.output().await?;
        anyhow::ensure!(output.status.success(), "there is no token");
        Ok(Person(String::from_utf8(output.stdout)?.trim().to_owned()))
    }

    pub(super) async fn get(&self, person: &Person, path: &str) -> anyhow::Result<Value> {
        self.ask(person, self.request(Method::GET, path), path).await
    }

    pub(super) async fn post(&self, person: &Person, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(person, with(self.request(Method::POST, path), body), path).await
    }

    pub(super) async fn put(&self, person: &Person, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(person, with(self.request(Method::PUT, path), body), path).await
    }

    /// An operation of the workflows' API.
    pub(super) async fn states(&self, person: &Person, operation: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, "/v1/states");
        let request = request.header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        self.ask(person, request, operation).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    async fn ask(&self, person: &Person, request: RequestBuilder, what: &str) -> anyhow::Result<Value> {
        let answer = request.bearer_auth(&person.0).send().await.context("no answer")?;
        let status = answer.status();
        let body = answer.bytes().await?;
        anyhow::ensure!(status.is_success(), "{what} answers {status}: {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.process.end().await
    }
}

fn with(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}
