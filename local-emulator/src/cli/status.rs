//! `octavo status`: what runs, and how it is.

use crate::run_file::RunFile;
use clap::Args;
use serde_json::Value;
use std::path::Path;

/// Show the health of every engine, function and queue
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn status(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let url = RunFile::read(data)?.url;
    let request = reqwest::Client::new().get(format!("{url}/_octavo/status")).header("x-octavo-console", "1");
    let status: Value = request.send().await?.error_for_status()?.json().await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
        return Ok(());
    }
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    for engine in status["engines"].as_array().into_iter().flatten() {
        println!("{:<14} {:<12} {}", text(&engine["name"]), text(&engine["state"]), text(&engine["detail"]));
    }
    for function in status["functions"].as_array().into_iter().flatten() {
        println!(
            "{:<14} {} sandboxes, {} invocations, {} errors",
            text(&function["name"]),
            function["sandboxes"],
            function["invocations"],
            function["errors"]
        );
    }
    for queue in status["queues"].as_array().into_iter().flatten() {
        println!(
            "{:<14} {} ready, {} in flight, {} delayed, {} dead",
            text(&queue["name"]),
            queue["ready"],
            queue["in_flight"],
            queue["delayed"],
            queue["dead"]
        );
    }
    Ok(())
}
