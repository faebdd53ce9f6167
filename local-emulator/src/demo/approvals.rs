//! Approvals: asked by workflows, decided as far as the agenda says.

use super::agenda::{AGENDA, Act, Ask};
use super::client::{Platform, list, soon};
use super::company::HOST;
use super::documents::Shelf;
use super::workflows::Machines;
use anyhow::Context;
use chrono::TimeDelta;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use serde_json::{Value, json};
use std::time::Duration;

/// A workflow asks as soon as it has begun; on a busy machine later.
const ASKED_WITHIN: Duration = Duration::from_secs(30);

/// Asks what was not asked, and does what was not done; answers how many were new.
pub(super) async fn fill(platform: &Platform, shelf: &Shelf, machines: &Machines) -> anyhow::Result<usize> {
    let mut made = 0;
    for ask in &AGENDA {
        let mut input = (ask.input)();
        input["title"] = json!(ask.title);
        if let Some(name) = ask.document {
            // Somebody deleted it: there is nothing to ask about.
            let Some(document) = shelf.id(name) else { continue };
            input["document"] = json!(document);
        }
        if machines.start(platform, ask.by, ask.machine, ask.name, &input).await? {
            made += 1;
        }
    }
    for ask in AGENDA.iter().filter(|ask| !ask.acts.is_empty()) {
        act(platform, ask).await.with_context(|| ask.title.to_owned())?;
    }
    Ok(made)
}

/// Does what is on the agenda as far as it has not been done: whoever is met first by another's decision leaves it at that.
async fn act(platform: &Platform, ask: &Ask) -> anyhow::Result<()> {
    let Some(approval) = find(platform, ask).await? else { return Ok(()) };
    let id = approval["id"].as_str().context("an approval without an id")?.to_owned();
    let path = format!("/v1/approvals/{id}");
    let history = platform.person(HOST)?.get(&format!("{path}/history")).await?.good()?;
    for act in ask.acts {
        let (user, kind) = act.told();
        let done = |event: &Value| event["actor"] == user && event["kind"] == kind;
        if list(&history, "events").any(done) || list(&history, "events").any(ended) {
            continue;
        }
        let person = platform.person(user)?;
        let version = approval["document"]["version"].as_u64();
        let decision = |verdict: &str, comment: &str, answers: Value| {
            let mut body = json!({ "verdict": verdict, "comment": comment, "answers": answers });
            if let Some(version) = version {
                body["document_version"] = json!(version);
            }
            body
        };
        let (what, body) = match act {
            Act::Approve(_, why) => ("decision", decision("approve", why, json!({}))),
            Act::ApproveUntil(_, why, days) => {
                let day = (SystemClock.now() + TimeDelta::days(*days)).date_naive();
                ("decision", decision("approve", why, json!({ "renews_on": day })))
            }
            Act::Reject(_, why) => ("decision", decision("reject", why, json!({}))),
            Act::RequestChanges(_, why) => ("decision", decision("request_changes", why, json!({}))),
            Act::Claim(_) => ("claim", json!({})),
            Act::Delegate(_, to, why) => ("delegate", json!({ "to": to, "comment": why })),
            Act::Withdraw(_, why) => ("withdraw", json!({ "comment": why })),
            Act::Say(_, text) => ("comments", json!({ "text": text })),
        };
        person.post(&format!("{path}/{what}"), &body).await?.good()?;
    }
    Ok(())
}

fn ended(event: &Value) -> bool {
    event["kind"] == "ended"
}

impl Act {
    /// Who did it, and as what it stands in the record.
    fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::Approve(user, _) | Self::ApproveUntil(user, ..) => (user, "decided"),
            Self::Reject(user, _) | Self::RequestChanges(user, _) => (user, "decided"),
            Self::Claim(user) => (user, "claimed"),
            Self::Delegate(user, ..) => (user, "delegated"),
            Self::Withdraw(user, _) => (user, "withdrawn"),
            Self::Say(user, _) => (user, "commented"),
        }
    }
}

/// The approval, once its workflow has asked; none where that does not come to be.
async fn find(platform: &Platform, ask: &Ask) -> anyhow::Result<Option<Value>> {
    let admin = platform.person(HOST)?;
    let words: String = url::form_urlencoded::byte_serialize(ask.title.as_bytes()).collect();
    let path = format!("/v1/approvals?box=all&sort=oldest&title={words}");
    soon(ASKED_WITHIN, || async {
        let page = admin.get(&path).await?.good()?;
        Ok(list(&page, "approvals").find(|one| one["title"] == ask.title && one["requester"] == ask.by).cloned())
    })
    .await
}
