//! `octavo workflow put`: a state machine from a file, new or changed.

use super::{api::Api, api::Person, api::text, source};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The role that tasks act under. The API wants one; nothing here looks at it.
const ROLE: &str = "arn:aws:iam::000000000000:role/octavo";

/// Make a state machine of a definition, or give an existing one this definition
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The definition; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The state machine's name
    #[arg(long)]
    name: String,
    /// As an Express state machine: short, and without a history that can be asked for
    #[arg(long)]
    express: bool,
    /// Publish it as a version
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    person: Person,
}

pub(super) async fn put(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let (definition, _) = source::definition(&arguments.file, arguments.express)?;
    let api = Api::of(data, &arguments.person).await?;
    let answer = match api.machine_of_name(&arguments.name).await? {
        Some(arn) => {
            let input = json!({ "stateMachineArn": arn, "definition": definition, "publish": arguments.publish });
            let answer = api.call("UpdateStateMachine", &input).await?;
            println!("{arn}");
            answer
        }
        None => {
            let kind = if arguments.express { "EXPRESS" } else { "STANDARD" };
            let input = json!({
                "name": arguments.name, "type": kind, "definition": definition, "roleArn": ROLE, "publish": arguments.publish
            });
            let answer = api.call("CreateStateMachine", &input).await?;
            println!("{}", text(&answer["stateMachineArn"]));
            answer
        }
    };
    if let Some(version) = answer["stateMachineVersionArn"].as_str() {
        println!("{version}");
    }
    Ok(())
}
