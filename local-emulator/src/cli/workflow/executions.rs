//! `octavo workflow list` and `describe`: executions, and one of them.

use super::api::{Api, Person, moment, text};
use super::{columns::columns, start::failure};
use clap::Args;
use serde_json::{Value, json};
use std::path::Path;

/// List the executions of a state machine, the newest first
#[derive(Debug, Args)]
pub(super) struct List {
    /// The state machine's name or ARN; the state machines themselves are listed without it
    #[arg(value_name = "STATE-MACHINE")]
    machine: Option<String>,
    /// Only those in this status
    #[arg(long, ignore_case = true, value_parser = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"])]
    status: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    person: Person,
}

/// Show an execution
#[derive(Debug, Args)]
pub(super) struct Describe {
    /// Its ARN
    #[arg(value_name = "EXECUTION")]
    arn: String,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    person: Person,
}

pub(super) async fn list(data: &Path, arguments: &List) -> anyhow::Result<()> {
    let api = Api::of(data, &arguments.person).await?;
    let Some(machine) = &arguments.machine else {
        let page = api.call("ListStateMachines", &json!({ "maxResults": arguments.limit })).await?;
        let rows = &page["stateMachines"];
        return shown(arguments.json, rows, &["name", "type", "made", "ARN"], |one| {
            vec![text(&one["name"]), text(&one["type"]), moment(&one["creationDate"]), text(&one["stateMachineArn"])]
        });
    };
    let mut input = json!({ "stateMachineArn": api.machine(machine).await?, "maxResults": arguments.limit });
    if let Some(status) = &arguments.status {
        input["statusFilter"] = json!(status.to_uppercase());
    }
    let page = api.call("ListExecutions", &input).await?;
    shown(arguments.json, &page["executions"], &["name", "status", "started", "ended", "ARN"], |one| {
        let [name, status, arn] = ["name", "status", "executionArn"].map(|key| text(&one[key]));
        vec![name, status, moment(&one["startDate"]), moment(&one["stopDate"]), arn]
    })
}

fn shown(as_json: bool, rows: &Value, heads: &[&str], row: impl Fn(&Value) -> Vec<String>) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(rows)?);
    } else {
        let rows: Vec<Vec<String>> = rows.as_array().into_iter().flatten().map(row).collect();
        print!("{}", columns(heads, &rows));
    }
    Ok(())
}

pub(super) async fn describe(data: &Path, arguments: &Describe) -> anyhow::Result<()> {
    let api = Api::of(data, &arguments.person).await?;
    let now = api.call("DescribeExecution", &json!({ "executionArn": arguments.arn })).await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&now)?);
        return Ok(());
    }
    let mut rows = vec![
        ("name", text(&now["name"])),
        ("status", text(&now["status"])),
        ("state machine", text(&now["stateMachineArn"])),
        ("started", moment(&now["startDate"])),
        ("ended", moment(&now["stopDate"])),
    ];
    for (name, key) in
        [("version", "stateMachineVersionArn"), ("alias", "stateMachineAliasArn"), ("map run", "mapRunArn")]
    {
        rows.extend(now[key].as_str().map(|arn| (name, arn.to_owned())));
    }
    if now["redriveCount"].as_u64().is_some_and(|count| count > 0) {
        rows.push(("redriven", format!("{} times, last {}", now["redriveCount"], moment(&now["redriveDate"]))));
    }
    rows.push(("input", text(&now["input"])));
    rows.extend(now["output"].as_str().map(|output| ("output", output.to_owned())));
    rows.extend(Some(("failure", failure(&now))).filter(|(_, said)| !said.is_empty()));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    print!("{}", columns(&["", ""], &rows).trim_start_matches('\n'));
    Ok(())
}
