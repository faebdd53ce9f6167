//! What is written by AI: a briefing from the company's own documents, and a letter whose draft goes round for approval.

use super::client::{Platform, list, soon};
use super::company::HOST;
use super::workflows::Machines;
use anyhow::bail;
use serde_json::json;
use std::time::Duration;

/// A briefing has four sections, each of which is a call.
const WRITTEN_WITHIN: Duration = Duration::from_secs(60);
/// The document's tag, by which a second filling knows it.
const TAG: &str = "briefing";

/// Has the briefing written, if it never was; whether it is new.
pub(super) async fn briefing(platform: &Platform) -> anyhow::Result<bool> {
    let host = platform.person(HOST)?;
    let known = host.get("/v1/generations?limit=100").await?.good()?;
    if list(&known, "generations").next().is_some() {
        return Ok(false);
    }
    let order = json!({
        "template": "briefing", "variables": { "subject": "the frost alarm", "reader": "the board" },
        "sources": { "query": "frost alarm", "max": 6 }, "tags": [TAG],
        "shares": [{ "reader": "group:board", "role": "viewer" }],
    });
    let made = host.post_once("/v1/generations", "demo-briefing", &order).await?.good()?;
    let path = format!("/v1/generations/{}", made["id"].as_str().unwrap_or_default());
    let status = soon(WRITTEN_WITHIN, || async {
        let status = host.get(&path).await?.good()?["status"].clone();
        Ok(["done", "failed", "cancelled"].iter().any(|end| status == *end).then_some(status))
    });
    match status.await? {
        Some(status) if status == "done" => Ok(true),
        status => bail!("the briefing is {status:?}"),
    }
}

/// Begins the letter: the workflow generates it and asks the editors.
pub(super) async fn letter(platform: &Platform, machines: &Machines) -> anyhow::Result<bool> {
    let input = json!({
        "api": platform.url, "connection": machines.connection, "title": "Letter to growers before the frost",
        "instructions": "A letter of one page to growers: what to look at before the first frost, and how the alarm reaches them.",
        "approvers": "group:editors", "requester": "user:sofia",
    });
    machines.start(platform, "sofia", "document-release", "letter-before-the-frost", &input).await
}
