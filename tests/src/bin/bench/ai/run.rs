//! Everything, in order.

use super::octavo::{LIMITED, Octavo, PLAIN};
use super::peers::{Peer, Running};
use super::target::Target;
use super::{cache, failing, long, overhead, stream};
use crate::memory::Memory;
use crate::process::Process;
use anyhow::Context;
use std::path::Path;
use tokio::process::Command;

const DOES: &str = "verifies a signed token, reads the tenant's policy (remembered for 5 s), counts the prompt's tokens, finds the \
    models that can answer and orders them by breaker, cost and latency, reserves and settles rates and budgets where \
    there are some, writes the ledger and its daily totals in one transaction; through the emulated API \
    gateway and Lambda Runtime API";

/// Measures with the release binaries in `binaries`, each load for `seconds`.
pub(crate) async fn measure(binaries: &Path, peers: &[Peer], seconds: u64) -> anyhow::Result<()> {
    // Peers run in folders of their own.
    let binaries = binaries.canonicalize().with_context(|| binaries.display().to_string())?;
    let mut command = Command::new(binaries.join("examples/upstreams"));
    let command = command.args(["--port", "0", "--no-log"]);
    let (providers, url) = Process::until(command, |line| line.starts_with("http")).await.context("the providers")?;
    let octavo = Octavo::start(&binaries, &url).await?;
    let direct = Target {
        name: "nothing (the provider)".to_owned(),
        address: url.trim_start_matches("http://").to_owned(),
        path: "/openai/v1/chat/completions".to_owned(),
        headers: vec![("authorization".to_owned(), "Bearer fake".to_owned())],
    };
    let plain = octavo.target("Octavo", PLAIN, false).await?;
    let limited = octavo.target("Octavo, 2 rates and 2 budgets", LIMITED, false).await?;
    let (mut running, mut missing) = (Vec::new(), Vec::new());
    let folder = binaries.parent().context("the binaries lie below target")?.join("bench");
    for peer in peers {
        match peer.start(&folder, &url).await {
            Ok(peer) => running.push(peer),
            Err(error) => missing.push(format!("{peer:?} could not be measured: {error:#}")),
        }
    }
    introduce(&running, &missing);

    let mut targets = vec![direct, plain.clone(), limited];
    targets.extend(running.iter().map(|peer| peer.target.clone()));
    let idle = memory(&octavo, &running);
    overhead::measure(&targets, seconds).await?;
    stream::measure(&targets, seconds).await?;
    cache::hits(&octavo.target("Octavo", PLAIN, true).await?, seconds).await?;
    cache::zipf(&octavo.target("Octavo", "zipf", true).await?).await?;
    long::measure(&targets, seconds).await?;
    let after = memory(&octavo, &running);
    print_memory(&idle, &after);
    // Last: breakers stay open for a while.
    failing::measure(&plain, &url, seconds).await?;

    for peer in running {
        peer.end().await?;
    }
    octavo.end().await?;
    providers.end().await
}

fn introduce(running: &[Running], missing: &[String]) {
    println!("What each does for a request:\n\n- Octavo {DOES}.");
    for peer in running {
        println!("- {} {}.", peer.target.name, peer.does);
    }
    for missing in missing {
        println!("- {missing}");
    }
}

type Named = Vec<(String, Memory)>;

fn memory(octavo: &Octavo, running: &[Running]) -> Named {
    let mut all = vec![("Octavo, the AI function".to_owned(), octavo.memory())];
    all.extend(running.iter().map(|peer| (peer.target.name.clone(), peer.memory())));
    all
}

fn print_memory(idle: &Named, after: &Named) {
    println!("\n### Resident memory\n\nGoal: a warm function under 30 MB.\n");
    println!("| of | processes | before | after all loads | the largest process, ever |\n|---|---|---|---|---|");
    for ((name, idle), (_, after)) in idle.iter().zip(after) {
        println!(
            "| {name} | {} | {:.0} MiB | {:.0} MiB | {:.0} MiB |",
            after.processes, idle.resident, after.resident, after.peak
        );
    }
}
