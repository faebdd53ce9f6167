//! The workflow of three steps, beside the peers.

use super::definitions::three_steps;
use super::functions::{ECHO, InProcess, Warm};
use super::ours::Library;
use super::peers::{IN_FLIGHT, Measured, Peer, Row};
use super::tasks::run;
use crate::database::Server;
use crate::load::drive;
use octavo_domain_workflow::engine::outside::FunctionCaller;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const IN_PROCESS: &str = "the steps are functions of the calling process; a transaction for the start, one for the lease of the \
    first task, one a step's result, which also has the events of the history and leases the next task; the result is read \
    from the store";
const INVOKED: &str = "the same, each step an invocation of a process of its own over the Invoke API of the emulated Lambda \
    service in this process";

pub(super) async fn measure(
    server: &Server,
    binaries: &Path,
    folder: &Path,
    peers: &[Peer],
    seconds: u64,
) -> anyhow::Result<()> {
    println!("\n### Three steps, one after the other\n");
    println!("From the start until whoever started it has the result; each load for {seconds} s.\n");
    let warm = Warm::start(binaries).await?;
    let mut all = vec![
        ours(server, "Octavo, in process", IN_PROCESS, Arc::new(InProcess), seconds).await?,
        ours(server, "Octavo, functions invoked", INVOKED, warm.caller.clone(), seconds).await?,
    ];
    warm.stop().await;
    for peer in peers {
        match peer.measure(folder, server, seconds).await {
            Ok(measured) => all.push(measured),
            Err(error) => println!("{} could not be measured: {error:#}\n", peer.name()),
        }
    }
    println!("What each does:\n");
    for measured in &all {
        println!("- {}: {}.", measured.name, measured.does);
    }
    println!("\n| in flight | engine | workflows/s | p50 | p99 |\n|---|---|---|---|---|");
    let loads = all.iter().map(|measured| measured.rows.len()).max().unwrap_or_default();
    for load in 0..loads {
        all.iter().for_each(|measured| print_row(measured, load));
    }
    Ok(())
}

fn print_row(measured: &Measured, load: usize) {
    let Some(row) = measured.rows.get(load) else { return };
    let (p50, p99) = (row.figures.ms(0.5), row.figures.ms(0.99));
    println!("| {} | {} | {:.0} | {p50:.2} ms | {p99:.2} ms |", row.in_flight, measured.name, row.rate);
}

async fn ours(
    server: &Server,
    name: &'static str,
    does: &'static str,
    functions: Arc<dyn FunctionCaller>,
    seconds: u64,
) -> anyhow::Result<Measured> {
    let database = format!("steps_{}", name.len());
    let library = Library::on(&server.ours(&database).await?, functions)?;
    let machine = library.machine("three-steps", &three_steps(ECHO)).await?;
    let mut rows = Vec::new();
    for in_flight in IN_FLIGHT {
        let (library, machine) = (library.clone(), machine.clone());
        let load = drive(in_flight, Duration::from_secs(seconds), move |number| {
            let (library, machine) = (library.clone(), machine.clone());
            async move { run(&library, &machine, number).await }
        });
        let load = load.await?;
        rows.push(Row { in_flight, rate: load.rate, figures: load.figures });
    }
    Ok(Measured { name, does, rows })
}
