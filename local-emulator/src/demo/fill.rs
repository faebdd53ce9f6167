//! The order in which it is filled.

use super::client::{Platform, list, soon};
use super::company::HOST;
use super::documents::Shelf;
use super::past::Past;
use super::workflows::Machines;
use super::{approvals, budget, bundle, messages, people, remarks, room, searches, spending, writing};
use crate::emulator::Parts;
use crate::options::Options;
use anyhow::Context;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use std::sync::Arc;
use std::time::Duration;

/// How long the index may take to know what was written.
const INDEXED_WITHIN: Duration = Duration::from_secs(30);

/// What of the emulator's options the demonstration goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Whether the console opens as somebody of the company.
    pub(crate) opens: bool,
    /// Whether no AI provider is a real one, which costs money.
    ai_is_fake: bool,
    /// Whether no mail and no message leaves this machine.
    channels_are_fake: bool,
}

impl Setting {
    pub(crate) fn of(options: &Options) -> Self {
        let ai = &options.ai;
        Self {
            opens: options.demo,
            ai_is_fake: ai.openai.is_none() && ai.anthropic.is_none() && ai.azure.is_none(),
            channels_are_fake: options.variables.iter().all(|(name, _)| name != "OCTAVO_NOTIFY_PROVIDERS"),
        }
    }
}

/// Fills what is missing, and says what it does, a line a step. Fails with what could not be made; the next filling goes on
/// there.
pub(crate) async fn fill(parts: Arc<Parts>, url: String, say: impl Fn(&str) + Send + Sync) -> anyhow::Result<()> {
    let (setting, now) = (parts.demo, SystemClock.now());
    let past = Past::new(&parts)?;
    let platform = Platform::new(parts, url)?;
    let papers = bundle::papers()?;

    let mut shelf = Shelf::look(&platform).await.context("what is there")?;
    let epoch = shelf.epoch(now);
    let told = |made: usize, what: &str| {
        if made > 0 {
            say(&format!("{made} {what}"));
        }
    };
    told(people::fill(&platform, now, setting.channels_are_fake).await.context("people")?, "people");
    shelf.fill(&past, &papers, epoch).await.context("documents")?;
    told(shelf.made, "documents and versions of them");
    told(remarks::fill(&*past.store, &shelf, &papers, epoch).await.context("remarks")?, "remarks");
    if let Some(page) = papers.iter().find(|paper| paper.name == room::page()) {
        room::fill(&past.rooms()?, &shelf, &super::dates::dated(&page.text(page.edits.len())?, epoch), now)
            .await
            .context("a page to write together")?;
    }
    told(spending::fill(&*past.store, epoch).await.context("AI use")?, "AI calls of the past weeks");
    budget::policy(&platform, &*past.store, now).await.context("the AI policy")?;

    let (machines, made) = Machines::put(&platform).await.context("state machines")?;
    told(made, "state machines");
    if shelf.made > 0 {
        indexed(&platform).await?;
    }
    told(machines.run(&platform, &shelf).await.context("executions")?, "executions");
    told(approvals::fill(&platform, &shelf, &machines).await.context("approvals")?, "approvals");
    if setting.channels_are_fake {
        told(messages::fill(&platform).await.context("messages")?, "messages to people");
    }
    told(searches::fill(&platform).await.context("search")?, "things that search is told");
    if setting.ai_is_fake {
        budget::use_it(&platform).await.context("questions of today")?;
        if writing::briefing(&platform).await.context("a briefing")? {
            say("a briefing, written from the documents");
        }
        writing::letter(&platform, &machines).await.context("a letter")?;
    } else {
        say("no questions to AI: a provider is a real one, and costs money");
    }
    past.store.close().await;
    Ok(())
}

/// Waits until search finds what was written last.
async fn indexed(platform: &Platform) -> anyhow::Result<()> {
    let host = platform.person(HOST)?;
    let found = soon(INDEXED_WITHIN, || async {
        let page = host.get("/v1/search?q=frost&limit=10").await?.good()?;
        Ok((list(&page, "hits").count() >= 5).then_some(()))
    });
    found.await?.context("the index does not come to know the documents")
}
