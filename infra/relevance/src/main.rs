//! `cargo xtask relevance`: how good the order of hits is, against plain BM25, and what each feature of it earns.
//!
//! Two collections, searched through the adapter as the product does it. *Known items*: every manual page of the machine;
//! the query is what its NAME section says of it, which is taken out of the page. *Judged*: questions over the
//! documentation of PostgreSQL 15 (Debian's `postgresql-doc-15`) with graded answers (`judged.json`), others that somebody
//! has read the failures of (`development.json`), and others that nothing is tuned on (`held_out.json`). How they are judged
//! stands in this crate's README.
//!
//! It knows nothing of functions and permissions: everybody may read everything. To switch one more feature off: a field of
//! the adapter's `Ranking` and a line in `variants.rs`. To judge one more query: an entry in one of the files.

mod accepted;
mod collection;
mod indexed;
mod judged;
mod known;
mod latency;
mod manuals;
mod measure;
mod plain;
mod pool;
mod postgresql;
mod report;
mod run;
mod typing;
mod variants;

use clap::Parser;
use octavo_adapters_elasticsearch::Analysis;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(about = "Measures how good search is")]
struct Arguments {
    /// The folder with `judged.json`, `development.json`, `held_out.json` and `results.json`
    #[arg(long)]
    data: PathBuf,
    /// Manual pages
    #[arg(long, default_value = "/usr/share/man")]
    manuals: PathBuf,
    /// The documentation of PostgreSQL 15 as HTML
    #[arg(long, default_value = "/usr/share/doc/postgresql-doc-15/html")]
    postgresql: PathBuf,
    /// An Elasticsearch or OpenSearch to measure; the embedded engine in this process if not given
    #[arg(long)]
    elasticsearch: Option<String>,
    /// For an engine that was built without its analysis modules
    #[arg(long)]
    standard: bool,
    /// Known items that are asked for
    #[arg(long, default_value_t = 2400)]
    queries: usize,
    /// Only the whole ranking and plain BM25, without switching features off
    #[arg(long)]
    short: bool,
    /// Keep what was measured as what must be reached from now on
    #[arg(long)]
    accept: bool,
    /// Print the best hits of every configuration for every judged query, to be judged
    #[arg(long)]
    pool: bool,
}

impl Arguments {
    fn analysis(&self) -> Analysis {
        if self.standard { Analysis::Standard } else { Analysis::English }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    run::run(&Arguments::parse()).await
}
