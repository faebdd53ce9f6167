//! `octavo workflow key`: an access key for the stock AWS clients.

use super::api::{Api, Person, text};
use clap::Args;
use serde_json::json;
use std::path::Path;

/// The region that is named: any is taken.
const REGION: &str = "us-east-1";

/// Make an access key, and print what a shell needs for the AWS command line and SDKs: eval "$(cargo octavo workflow key)"
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What it is for
    #[arg(long, default_value = "command line")]
    label: String,
    #[command(flatten)]
    person: Person,
}

pub(super) async fn key(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let api = Api::of(data, &arguments.person).await?;
    let (key, address) = api.post("v1/access-keys", &json!({ "label": arguments.label })).await?;
    println!("export AWS_ACCESS_KEY_ID={}", text(&key["id"]));
    println!("export AWS_SECRET_ACCESS_KEY={}", text(&key["secret"]));
    println!("export AWS_DEFAULT_REGION={REGION}");
    println!("export AWS_ENDPOINT_URL_SFN={address}/v1/states");
    Ok(())
}
