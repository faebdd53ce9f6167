//! Editing together: documents with ten editors who all type.

use super::client::{Client, End, upgrade};
use super::dialect::Dialect;
use super::peers::{Peer, Running};
use super::platform::{Node, Platform};
use super::tally::Tally;
use super::wire;
use super::yjs_wire::{Editor, Wrap, edits};
use crate::memory::Memory;
use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, sleep_until};

const DOCUMENTS: usize = 100;
const EDITORS: usize = 10;
/// Edits of an editor in a second: the goal's, and fewer.
const RATES: [usize; 2] = [2, 10];
/// Connections that are made at a time.
const AT_A_TIME: usize = 16;
const WITHIN: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(3);
const MIB_IN_KIB: f64 = 1024.0;

/// A server and its documents.
struct Desk {
    name: String,
    pid: u32,
    address: SocketAddr,
    /// Where each document is, and how its messages are wrapped.
    documents: Vec<(String, Wrap)>,
}

pub(super) async fn measure(ours: Option<(&Platform, &Node)>, peers: &[Running], seconds: u64) -> anyhow::Result<()> {
    println!(
        "\n### Editing together: {DOCUMENTS} documents, {EDITORS} editors each\n\n{seconds} s each; goal at 10 edits/s: p99 under 50 ms."
    );
    println!("Memory is that of a document with its {EDITORS} connections, before and after the edits.");
    println!(
        "An edit is a line of 20 characters; Octavo stores every edit in PostgreSQL (fsync), the others nothing.\n"
    );
    println!(
        "| server | edits/s of each | deliveries/s wanted | p50 / p99 / max ms | lost | KiB per document open / after |"
    );
    println!("|---|---|---|---|---|---|");
    for (round, per_second) in RATES.into_iter().enumerate() {
        let mut desks = Vec::new();
        if let Some((platform, node)) = ours {
            desks.push(own(platform, node).await?);
        }
        desks.extend(peers.iter().filter(|peer| peer.peer.is_yjs()).map(|peer| theirs(peer, per_second)));
        for desk in desks {
            let line = one(&desk, per_second, seconds, round == 0).await.with_context(|| desk.name.clone());
            let wanted = DOCUMENTS * EDITORS * (EDITORS - 1) * per_second;
            match line {
                Ok(line) => println!("| {} | {per_second} | {wanted} | {line} |", desk.name),
                Err(error) => println!("| {} | {per_second} | {wanted} | {error:#} | | |", desk.name),
            }
            sleep(SETTLE).await;
        }
    }
    Ok(())
}

async fn own(platform: &Platform, node: &Node) -> anyhow::Result<Desk> {
    let token = platform.tokens(1)?[0].clone();
    let documents = stream::iter(0..DOCUMENTS)
        .map(|number| {
            let token = token.clone();
            async move {
                let document = platform.document(&format!("Bench {number}")).await?;
                anyhow::Ok((format!("/yjs/{document}?access_token={token}"), Wrap::Plain))
            }
        })
        .buffered(4)
        .try_collect()
        .await
        .context("the documents cannot be made")?;
    Ok(Desk { name: format!("Octavo, {}", node.name), pid: node.process.id(), address: node.address, documents })
}

fn theirs(peer: &Running, round: usize) -> Desk {
    let document = |number: usize| {
        let name = format!("bench-{round}-{number}");
        let wrap = if peer.peer == Peer::Hocuspocus { Wrap::Named(name.clone()) } else { Wrap::Plain };
        (format!("/{name}"), wrap)
    };
    Desk {
        name: peer.server.name.clone(),
        pid: peer.server.pid,
        address: peer.server.target.address,
        documents: (0..DOCUMENTS).map(document).collect(),
    }
}

async fn one(desk: &Desk, per_second: usize, seconds: u64, fresh: bool) -> anyhow::Result<String> {
    let resident = || Memory::of(desk.pid, None).resident * MIB_IN_KIB;
    let before = resident();
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("editors").enable_all().build()?;
    let (address, documents) = (desk.address, desk.documents.clone());
    let tally = Arc::new(Tally::new());
    let counted = tally.clone();
    let made = runtime.spawn(async move {
        stream::iter(0..DOCUMENTS * EDITORS)
            .map(|number| {
                let ((path, wrap), tally) = (documents[number / EDITORS].clone(), counted.clone());
                async move { open(address, &path, wrap, number, tally).await }
            })
            .buffered(AT_A_TIME)
            .try_collect::<Vec<_>>()
            .await
    });
    let result = async {
        let editors = made.await??;
        sleep(SETTLE).await;
        let opened = resident();
        let edits = per_second * seconds as usize;
        runtime.spawn(typing(editors, edits, per_second)).await??;
        let wanted = DOCUMENTS * EDITORS * (EDITORS - 1) * edits;
        tally.reach(wanted as u64, WITHIN).await?;
        sleep(SETTLE).await;
        anyhow::ensure!(tally.received() == wanted as u64, "{} of {wanted} deliveries", tally.received());
        let figures = tally.take();
        let each = |now: f64| (now - before) / DOCUMENTS as f64;
        let times = format!("{:.1} / {:.1} / {:.1}", figures.ms(0.5), figures.ms(0.99), figures.ms(1.0));
        // Later rounds begin with what the earlier ones left.
        let memory = if fresh { format!("{:.0} / {:.0}", each(opened), each(resident())) } else { String::new() };
        anyhow::Ok(format!("{times} | 0 | {memory}"))
    };
    let result = result.await;
    runtime.shutdown_background();
    result
}

type Typist = (Arc<Client>, Editor, Wrap);

/// Opens a document for the editor of that number, and counts what the others type.
async fn open(address: SocketAddr, path: &str, wrap: Wrap, number: usize, tally: Arc<Tally>) -> anyhow::Result<Typist> {
    let mut opened = upgrade(address, path, number, Dialect::Plain).await?;
    let client = opened.client.clone();
    for hello in wrap.hello() {
        client.say(wire::BINARY, &hello)?;
    }
    opened.wait(|message| Ok(wrap.is_synced(message))).await.context("the document is not there")?;
    tokio::spawn(opened.each(move |client, opcode, message| {
        match opcode {
            wire::BINARY => edits(message, number, |typed| tally.count(typed)),
            wire::PING => drop(client.say(wire::PONG, message)),
            wire::CLOSE => return Some(End::Asked { again: false }),
            _ => {}
        }
        None
    }));
    Ok((client, Editor::new(number), wrap))
}

/// Everybody types, each at moments of their own.
async fn typing(mut editors: Vec<Typist>, edits: usize, per_second: usize) -> anyhow::Result<()> {
    let (began, count) = (Instant::now(), editors.len());
    let every = Duration::from_secs(1) / per_second as u32;
    for edit in 0..edits {
        for (number, (client, editor, wrap)) in editors.iter_mut().enumerate() {
            // The clock's steps are of a millisecond: those that fall into one go together.
            let at = began + every * edit as u32 + every.mul_f64(number as f64 / count as f64);
            if at > Instant::now() {
                sleep_until(at).await;
            }
            client.say(wire::BINARY, &editor.edit(wrap)).with_context(|| format!("editor {number}"))?;
        }
    }
    Ok(())
}
