//! `octavo workflow start`: an execution.

use super::{api::Api, api::Person, api::text, source};
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Pauses between questions whether it has ended: short at first, for most are short.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Start an execution
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The state machine's name, or the ARN of it, of a version or of an alias
    #[arg(value_name = "STATE-MACHINE")]
    machine: String,
    /// The input, as JSON or as @FILE
    #[arg(long, default_value = "{}")]
    input: String,
    /// The execution's name
    #[arg(long)]
    name: Option<String>,
    /// Wait for its end and print its output; an execution that fails is an error
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    person: Person,
}

pub(super) async fn start(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let input = source::json(&arguments.input).context("--input")?;
    let api = Api::of(data, &arguments.person).await?;
    let mut wanted = json!({ "stateMachineArn": api.machine(&arguments.machine).await?, "input": input.to_string() });
    if let Some(name) = &arguments.name {
        wanted["name"] = json!(name);
    }
    let started = api.call("StartExecution", &wanted).await?;
    let arn = text(&started["executionArn"]);
    if !arguments.wait {
        println!("{arn}");
        return Ok(());
    }
    eprintln!("{arn}");
    let ended = ended(&api, &arn).await?;
    match ended["status"].as_str() {
        Some("SUCCEEDED") => println!("{}", text(&ended["output"])),
        status => bail!("{}: {}", status.unwrap_or("-"), failure(&ended)),
    }
    Ok(())
}

/// Asks until the execution has ended.
async fn ended(api: &Api, arn: &str) -> anyhow::Result<Value> {
    let mut pause = PAUSE_FIRST;
    loop {
        let now = api.call("DescribeExecution", &json!({ "executionArn": arn })).await?;
        if now["status"] != "RUNNING" && now["status"] != "PENDING_REDRIVE" {
            return Ok(now);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Error and cause in a line.
pub(super) fn failure(execution: &Value) -> String {
    let parts = [&execution["error"], &execution["cause"]].into_iter().filter_map(Value::as_str);
    parts.collect::<Vec<_>>().join(": ")
}
