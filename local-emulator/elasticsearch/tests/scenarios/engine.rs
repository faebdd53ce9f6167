//! One engine, judged by every scenario.

use std::collections::BTreeMap;

use local_emulator_elasticsearch::{Options, Server};
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::asked;
use crate::scenario::{File, Step, difference, files};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Embedded,
    OpenSearch,
    Elasticsearch,
}

/// What came of one scenario.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) file: String,
    pub(crate) title: String,
    pub(crate) scenario: String,
    /// Where the engine answered otherwise.
    pub(crate) difference: Option<String>,
    /// Why it is known to.
    pub(crate) reason: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) engine: Engine,
    pub(crate) version: String,
    pub(crate) judged: Vec<Judged>,
}

impl Judged {
    /// What must not be: a difference without a reason, a reason without a difference.
    pub(crate) fn wrong(&self) -> Option<String> {
        let Self { file, scenario, .. } = self;
        match (&self.difference, &self.reason) {
            (Some(difference), None) => Some(format!("{file}: {scenario}: {difference}")),
            (None, Some(reason)) => Some(format!("{file}: {scenario}: no difference any more ({reason})")),
            _ => None,
        }
    }
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Embedded, Self::OpenSearch, Self::Elasticsearch];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::OpenSearch => "opensearch",
            Self::Elasticsearch => "elasticsearch",
        }
    }

    /// Where a real one is; one that is not there is skipped, and required in CI.
    fn real(self) -> Option<String> {
        let variable = format!("OCTAVO_TEST_{}_URL", self.name().to_uppercase());
        let url = asked(&variable);
        if url.is_none() {
            let required = asked("OCTAVO_REQUIRE_ENGINES").as_deref() == Some("1");
            assert!(!required, "OCTAVO_REQUIRE_ENGINES=1, but {variable} is not set");
            println!("skipped: {variable} is not set");
        }
        Some(url?.trim_end_matches('/').to_owned())
    }

    /// Every scenario on this engine, run once for all tests; none where there is no such engine.
    pub(crate) async fn report(self) -> Option<&'static Report> {
        static REPORTS: [OnceCell<Option<Report>>; 3] = [const { OnceCell::const_new() }; 3];
        REPORTS[self as usize].get_or_init(|| self.judge()).await.as_ref()
    }

    async fn judge(self) -> Option<Report> {
        if self != Self::Embedded {
            return Some(judge(self, self.real()?).await);
        }
        let server = Server::start(Options::default()).await.unwrap();
        let report = judge(self, server.url()).await;
        server.shutdown().await;
        Some(report)
    }
}

async fn judge(engine: Engine, url: String) -> Report {
    let runner = Runner { client: Client::new(), url };
    let nodes = runner.send("GET", "/_nodes", String::new(), false).await.1;
    let version = nodes["nodes"].as_object().and_then(|nodes| nodes.values().next()?["version"].as_str());
    let version = version.unwrap_or("unknown").to_owned();
    let mut judged = Vec::new();
    for file in files() {
        // What a run that was stopped has left behind.
        runner.clean(&file).await;
        judged.extend(runner.file(&file, engine).await);
        // A real server outlives the test.
        runner.clean(&file).await;
    }
    Report { engine, version, judged }
}

struct Runner {
    client: Client,
    url: String,
}

impl Runner {
    async fn send(&self, method: &str, path: &str, body: String, lines: bool) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !body.is_empty() {
            let kind = if lines { "application/x-ndjson" } else { "application/json" };
            request = request.header("content-type", kind).body(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn clean(&self, file: &File) {
        for path in [format!("/t-{}*", file.name), format!("/_index_template/t-{}*", file.name)] {
            self.send("DELETE", &path, String::new(), false).await;
        }
    }

    async fn file(&self, file: &File, engine: Engine) -> Vec<Judged> {
        let mut kept = BTreeMap::new();
        let unprepared = self.steps(&file.given, &mut kept).await;
        let mut judged = Vec::new();
        for scenario in &file.scenarios {
            let difference = match &unprepared {
                Some(difference) => Some(difference.clone()),
                None => self.steps(&scenario.steps, &mut kept.clone()).await,
            };
            let scenario_name = scenario.name.clone();
            judged.push(Judged {
                file: file.name.clone(),
                title: file.title.clone(),
                scenario: scenario_name,
                difference,
                reason: file.reason(scenario, engine.name()),
            });
        }
        judged
    }

    /// The first difference; what comes after it may depend on it.
    async fn steps(&self, steps: &[Step], kept: &mut BTreeMap<String, String>) -> Option<String> {
        for step in steps {
            let with = |mut text: String| {
                for (key, value) in kept.iter() {
                    text = text.replace(&format!("${key}"), value);
                }
                text
            };
            let line = with(step.request.clone());
            let body = with(match &step.body {
                Value::Null => String::new(),
                Value::Array(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
                // As it is, so that what is no JSON can be sent.
                Value::String(text) => text.clone(),
                body => body.to_string(),
            });
            let (method, path) = line.split_once(' ').unwrap();
            let (status, found) = self.send(method, path, body, step.body.is_array()).await;
            let asked = step.request.split('?').next().unwrap_or_default();
            if status != step.status {
                let kind = found["error"]["type"].as_str().map(|kind| format!(" `{kind}`")).unwrap_or_default();
                return Some(format!("`{asked}` answers {status}{kind}, expected {}", step.status));
            }
            if !step.expect.is_null()
                && let Some(difference) = difference("", &step.expect, &found)
            {
                return Some(format!("`{asked}`: {difference}"));
            }
            for (key, pointer) in &step.remember {
                let value = found.pointer(pointer).cloned().unwrap_or_default();
                kept.insert(key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
        None
    }
}
