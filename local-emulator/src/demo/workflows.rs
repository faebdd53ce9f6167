//! State machines: the ready-made ones with approvals, and three of the company's own; and what runs of them.

use super::client::{Platform, list};
use super::company::{HOST, SERVICE, TENANT};
use super::documents::Shelf;
use anyhow::Context;
use chrono::TimeDelta;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Any role of the right form: executions act as who started them.
const ROLE: &str = "arn:aws:iam::000000000000:role/octavo";
/// The connection by which HTTP tasks act as the service, and how long its token is good: it is set anew with every filling.
const CONNECTION: &str = "octavo";
const TOKEN_DAYS: i64 = 30;
/// The company's own state machines.
const OWN: [(&str, &str); 3] = [
    ("season-report", include_str!("../../assets/demo/season-report.asl.json")),
    ("supplier-audit", include_str!("../../assets/demo/supplier-audit.asl.json")),
    ("night-watch", include_str!("../../assets/demo/night-watch.asl.json")),
];
/// Page of a list.
const PAGE: usize = 100;

/// State machines by their names, and the connection.
pub(super) struct Machines {
    arns: BTreeMap<String, String>,
    pub(super) connection: String,
}

impl Machines {
    /// Makes those that are missing.
    pub(super) async fn put(platform: &Platform) -> anyhow::Result<(Self, usize)> {
        let admin = platform.person(HOST)?;
        let mut definitions: Vec<(String, String)> =
            OWN.iter().map(|(name, definition)| ((*name).to_owned(), (*definition).to_owned())).collect();
        let templates = admin.get("/v1/approval-templates").await?.good()?;
        for template in list(&templates, "templates") {
            let name = template["name"].as_str().context("a template without a name")?;
            let template = admin.get(&format!("/v1/approval-templates/{name}")).await?.good()?;
            definitions.push((name.to_owned(), template["definition"].to_string()));
        }
        let listed = admin.states("ListStateMachines", &json!({ "maxResults": PAGE })).await?.good()?;
        let mut arns: BTreeMap<String, String> = list(&listed, "stateMachines")
            .filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["stateMachineArn"].as_str()?.to_owned())))
            .collect();
        let mut made = 0;
        for (name, definition) in definitions {
            if arns.contains_key(&name) {
                continue;
            }
            let machine = json!({ "name": name, "roleArn": ROLE, "definition": definition });
            let answer = admin.states("CreateStateMachine", &machine).await?.good()?;
            let arn = answer["stateMachineArn"].as_str().context("a state machine without an ARN")?;
            arns.insert(name, arn.to_owned());
            made += 1;
        }
        let token = platform.token(SERVICE, TimeDelta::days(TOKEN_DAYS))?;
        let connection = json!({ "value": format!("Bearer {token}"), "hosts": ["127.0.0.1"] });
        let connection = admin.put(&format!("/v1/workflow-connections/{CONNECTION}"), &connection).await?.good()?;
        let connection = connection["arn"].as_str().context("a connection without an ARN")?.to_owned();
        Ok((Self { arns, connection }, made))
    }

    /// Starts an execution as somebody; one of this name that there was is left as it is, whatever became of it. Whether it is new.
    pub(super) async fn start(
        &self,
        platform: &Platform,
        user: &str,
        machine: &str,
        name: &str,
        input: &Value,
    ) -> anyhow::Result<bool> {
        let arn = self.arns.get(machine).with_context(|| format!("no state machine {machine}"))?;
        let person = platform.with_role(user, "workflows")?;
        let before = arn.replace(":stateMachine:", ":execution:");
        let known = person.states("DescribeExecution", &json!({ "executionArn": format!("{before}:{name}") })).await?;
        if known.status.is_success() {
            return Ok(false);
        }
        let start = json!({ "stateMachineArn": arn, "name": name, "input": input.to_string() });
        person.states("StartExecution", &start).await?.good().with_context(|| format!("{name} of {TENANT}"))?;
        Ok(true)
    }

    /// Whether one of a state machine's is running.
    async fn runs(&self, platform: &Platform, machine: &str) -> anyhow::Result<bool> {
        let arn = self.arns.get(machine).with_context(|| format!("no state machine {machine}"))?;
        let running = json!({ "stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": 1 });
        let listed = platform.person(HOST)?.states("ListExecutions", &running).await?.good()?;
        Ok(list(&listed, "executions").next().is_some())
    }

    /// Starts what is no approval: one that ends well, one that fails and can be mended, one that runs for hours.
    pub(super) async fn run(&self, platform: &Platform, shelf: &Shelf) -> anyhow::Result<usize> {
        let mut made = 0;
        for (name, query) in [("season-frost", "frost"), ("season-battery", "battery"), ("season-clay", "clay")] {
            let input = json!({ "api": platform.url, "connection": self.connection, "query": query });
            made += usize::from(self.start(platform, "tobias", "season-report", name, &input).await?);
        }
        if let Some(document) = shelf.id("supplier-register.md") {
            // The service may not read it: whoever shares it and redrives the execution sees it end well.
            let input = json!({ "api": platform.url, "connection": self.connection, "document": document });
            made += usize::from(self.start(platform, "paul", "supplier-audit", "audit-of-the-year", &input).await?);
        }
        if !self.runs(platform, "night-watch").await? {
            let input = json!({ "threshold": 4, "turns": 480 });
            let name = format!("watch-{}", SystemClock.now().format("%Y-%m-%d-%H-%M-%S"));
            made += usize::from(self.start(platform, HOST, "night-watch", &name, &input).await?);
        }
        Ok(made)
    }
}
