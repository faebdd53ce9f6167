//! Load generators and measurements: `cargo xtask bench`. Loopback only, bounded in count and time.
//!
//! Each measurement is a file with one function that prints its figures; `BENCHMARKS.md` keeps them with command, machine
//! and date.

mod ai;
mod cold_start;
mod database;
mod figures;
mod footprint;
mod import;
mod install;
mod invoke;
mod load;
mod memory;
mod notify;
mod process;
mod realtime;
mod redis;
mod search;
mod search_engines;
mod start;
mod workflow;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Parser)]
#[command(about = "Measures Octavo")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Process start to first `/next` of each function, and the size of its binary
    ColdStart {
        /// The folder with the functions' release binaries
        binaries: PathBuf,
    },
    /// The Lambda service's own cost per warm invocation, and its rate
    Invoke {
        /// A function that answers what it is sent
        echo: PathBuf,
        /// The address of `cargo lambda watch` running the same function, to compare with
        #[arg(long)]
        watch: Option<String>,
    },
    /// Start to ready of the whole emulator
    Start {
        /// The emulator's release binary
        octavo: PathBuf,
    },
    /// Import of a folder until the last document can be found, then searches over it
    Import {
        /// The emulator's release binary
        octavo: PathBuf,
        /// The folder
        folder: PathBuf,
    },
    /// Memory of the whole emulator: empty, with documents, with every function warm
    Footprint {
        /// The emulator's release binary, beside those of the functions
        octavo: PathBuf,
        /// HTML, Markdown and text files below this folder are the documents
        folder: PathBuf,
        /// How many of them
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        documents: u32,
        /// Sandboxes that a function may have: an import wakes more than one
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
        sandboxes: u32,
    },
    /// Searches on a running emulator
    Search {
        /// Its address
        url: String,
        /// A token
        token: String,
    },
    /// The embedded search engine, beside a real one where one is given: index rate, searches by their kind
    SearchEngines {
        /// HTML files below this folder are the documents
        folder: PathBuf,
        /// The real engine's address
        #[arg(long)]
        beside: Option<String>,
        /// An embedded engine that runs already, instead of one of this process
        #[arg(long)]
        embedded: Option<String>,
        /// Documents at most
        #[arg(long, default_value_t = 2_500, value_parser = clap::value_parser!(u32).range(10..=100_000))]
        documents: u32,
        /// Rounds that count
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        rounds: u32,
    },
    /// The AI gateway: time added, cache, streams, memory, a provider that is down; beside other gateways
    Ai {
        /// The folder with the release binaries
        binaries: PathBuf,
        /// Gateways to measure in the same run; installed below `target/bench` where they are not there
        #[arg(long, value_enum, value_delimiter = ',')]
        peers: Vec<ai::Peer>,
        /// How long each load lasts
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
    /// The realtime node: memory, latency, throughput, two nodes, editing together, draining; beside other servers
    Realtime {
        /// The folder with the release binaries
        binaries: PathBuf,
        /// What to measure; everything if nothing is named
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<realtime::Part>,
        /// Servers to measure in the same run; installed below `target/bench` where they are not there
        #[arg(long, value_enum, value_delimiter = ',')]
        peers: Vec<realtime::Peer>,
        /// Measure the peers alone
        #[arg(long)]
        peers_only: bool,
        /// Connections of the large measurements
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1_000..=30_000))]
        connections: u32,
        /// How long each load lasts
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
    /// Approvals and notifications: a decision until the next task, notices live, mails, a million stored; beside plain senders
    Notify {
        /// The folder with the release binaries
        binaries: PathBuf,
        /// What to measure; everything if nothing is named
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<notify::Part>,
        /// Senders of mail to measure in the same run; installed below `target/bench` where they are not there
        #[arg(long, value_enum, value_delimiter = ',')]
        peers: Vec<notify::Peer>,
        /// How long each load lasts
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
        seconds: u64,
    },
    /// The embedded Redis beside a real one, by redis-benchmark
    Redis {
        /// The folder with the release binaries: `cargo build --release -p local-emulator-redis --example redis_server`
        binaries: PathBuf,
        /// Requests of a load
        #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
        requests: u32,
    },
    /// Workflows: transitions, tasks, latency, a million stored executions; beside other engines
    Workflow {
        /// The folder with the release binaries
        binaries: PathBuf,
        /// What to measure; everything if nothing is named
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<workflow::Part>,
        /// Engines to measure in the same run; installed below `target/bench` where they are not there
        #[arg(long, value_enum, value_delimiter = ',')]
        peers: Vec<workflow::Peer>,
        /// How long each load lasts
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
        seconds: u64,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::ColdStart { binaries } => cold_start::measure(&binaries),
        Command::Invoke { echo, watch } => invoke::measure(&echo, watch.as_deref()).await,
        Command::Start { octavo } => start::measure(&octavo).await,
        Command::Import { octavo, folder } => import::measure(&octavo, &folder).await,
        Command::Footprint { octavo, folder, documents, sandboxes } => {
            footprint::measure(&octavo, &folder, documents as usize, sandboxes).await
        }
        Command::Search { url, token } => search::measure(&url, &token).await,
        Command::SearchEngines { folder, beside, embedded, documents, rounds } => {
            let (documents, rounds) = (documents as usize, rounds as usize);
            search_engines::measure(search_engines::Wanted { folder, beside, embedded, documents, rounds }).await
        }
        Command::Ai { binaries, peers, seconds } => ai::measure(&binaries, &peers, seconds).await,
        Command::Realtime { binaries, only, peers, peers_only, connections, seconds } => {
            let connections = connections as usize;
            let wanted = realtime::Wanted { parts: only, peers, peers_only, connections, seconds };
            realtime::measure(&binaries, wanted).await
        }
        Command::Notify { binaries, only, peers, seconds } => {
            notify::measure(&binaries, notify::Wanted { parts: only, peers, seconds }).await
        }
        Command::Redis { binaries, requests } => redis::measure(&binaries, requests).await,
        Command::Workflow { binaries, only, peers, seconds } => {
            workflow::measure(&binaries, workflow::Wanted { parts: only, peers, seconds }).await
        }
    }
}
