//! `cargo xtask bench`: builds everything in release and runs the measurements of `tests/src/bin/bench`.

use crate::cargo::cargo;
use crate::relevance;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const FUNCTIONS: [&str; 10] = [
    "octavo-documents-lambda",
    "octavo-search-lambda",
    "octavo-index-lambda",
    "octavo-ai-lambda",
    "octavo-generate-lambda",
    "octavo-connect-lambda",
    "octavo-step-lambda",
    "octavo-workflow-lambda",
    "octavo-approvals-lambda",
    "octavo-notify-lambda",
];
/// What else is measured, and what measures.
const PROGRAMS: [&str; 6] = [
    "local-emulator",
    "local-emulator-ai",
    "local-emulator-lambda",
    "local-emulator-redis",
    "octavo-tests",
    "realtime-node",
];
/// Gateways that ours is measured beside. They are installed from their registries where they are not there.
const PEERS: &str = "litellm,portkey,litellm-rs";
/// Servers that the realtime node is measured beside; likewise.
const REALTIME_PEERS: &str = "socket-io,ws,y-websocket,hocuspocus";
/// Engines that workflows are measured beside; likewise.
const WORKFLOW_PEERS: &str = "dbos,graphile-worker,restate";
/// Senders of mail that ours is measured beside; likewise.
const NOTIFY_PEERS: &str = "smtplib";

/// A measurement, or several that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Starts of functions, the Lambda service, starts of the emulator
    Start,
    /// Import and searches
    Import,
    /// Memory of everything with 10,000 documents
    Footprint,
    /// The embedded search engine beside a real OpenSearch
    SearchEngines,
    /// The embedded Redis beside a real one
    Redis,
    /// The AI gateway, its core, and other gateways
    Ai,
    /// The realtime node, and other servers
    Realtime,
    /// Workflows, and other engines
    Workflow,
    /// Approvals and notifications
    Notify,
    /// What is found first, beside plain BM25
    Relevance,
}

impl Part {
    /// In the order in which they run.
    const ALL: [Self; 10] = [
        Self::Start,
        Self::Import,
        Self::Footprint,
        Self::SearchEngines,
        Self::Redis,
        Self::Ai,
        Self::Realtime,
        Self::Workflow,
        Self::Notify,
        Self::Relevance,
    ];
}

/// What is to be measured.
pub(crate) struct Wanted {
    /// Everything where it is empty.
    pub(crate) only: Vec<Part>,
    /// What is imported: the toolchain's own documentation if none is given.
    pub(crate) folder: Option<PathBuf>,
    /// The address of a `cargo lambda watch` that runs the echo example, to measure beside ours.
    pub(crate) watch: Option<String>,
}

/// Builds, measures, prints.
pub(crate) fn run(workspace: &Path, wanted: Wanted) -> anyhow::Result<ExitCode> {
    build(workspace)?;
    let release = workspace.join("target/release");
    let path = |name: &str| release.join(name).to_string_lossy().into_owned();
    let folder = wanted.folder.map_or_else(documentation, Ok)?.to_string_lossy().into_owned();
    let (binaries, octavo) = (path(""), path("octavo"));
    let bench = |arguments: &[&str]| {
        println!("\n== bench {}", arguments[0]);
        succeed(Command::new(release.join("bench")).args(arguments), "the measurement")
    };
    for part in Part::ALL.into_iter().filter(|part| wanted.only.is_empty() || wanted.only.contains(part)) {
        match part {
            Part::Start => {
                bench(&["cold-start", &binaries])?;
                let echo = path("examples/echo");
                match &wanted.watch {
                    Some(address) => bench(&["invoke", &echo, "--watch", address])?,
                    None => bench(&["invoke", &echo])?,
                }
                bench(&["start", &octavo])?;
            }
            Part::Import => bench(&["import", &octavo, &folder])?,
            Part::Footprint => bench(&["footprint", &octavo, &folder])?,
            Part::SearchEngines => {
                let engine = OpenSearch::start(workspace)?;
                bench(&["search-engines", &folder, "--beside", &engine.url])?;
            }
            Part::Redis => bench(&["redis", &binaries])?,
            Part::Ai => {
                bench(&["ai", &binaries, "--peers", PEERS])?;
                println!("\n== the AI gateway's core");
                built(workspace, &["bench", "--package", "octavo-ai", "--bench", "core"])?;
            }
            Part::Realtime => bench(&["realtime", &binaries, "--peers", REALTIME_PEERS])?,
            Part::Workflow => bench(&["workflow", &binaries, "--peers", WORKFLOW_PEERS])?,
            Part::Notify => bench(&["notify", &binaries, "--peers", NOTIFY_PEERS])?,
            Part::Relevance => {
                let ended = relevance::run(workspace, &[])?;
                if ended != ExitCode::SUCCESS {
                    return Ok(ended);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All of it at once: nothing is built a second time with other features.
fn build(workspace: &Path) -> anyhow::Result<()> {
    let mut build = vec!["build", "--release", "--bins"];
    for package in FUNCTIONS.iter().chain(&PROGRAMS) {
        build.extend(["--package", package]);
    }
    for example in ["echo", "stamp", "upstreams", "redis_server"] {
        build.extend(["--example", example]);
    }
    built(workspace, &build)
}

fn built(workspace: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    succeed(cargo().args(arguments).current_dir(workspace), "the build")
}

/// A real engine, as `.ci/run` starts it; ended when it is dropped.
struct OpenSearch {
    script: PathBuf,
    folder: PathBuf,
    url: String,
}

impl OpenSearch {
    fn start(workspace: &Path) -> anyhow::Result<Self> {
        let mut engine = Self {
            script: workspace.join(".ci/engines/opensearch.sh"),
            folder: workspace.join("target/bench/opensearch"),
            url: String::new(),
        };
        std::fs::create_dir_all(&engine.folder)?;
        engine.asked("start")?;
        engine.url = engine.asked("url")?;
        Ok(engine)
    }

    fn asked(&self, what: &str) -> anyhow::Result<String> {
        let output = Command::new(&self.script).arg(what).arg(&self.folder).output().context("OpenSearch")?;
        if !output.status.success() {
            bail!("OpenSearch does not {what}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl Drop for OpenSearch {
    fn drop(&mut self) {
        if let Err(error) = self.asked("stop") {
            eprintln!("{error:#}");
        }
    }
}

/// The documentation that comes with the toolchain.
fn documentation() -> anyhow::Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().context("rustc cannot be started")?;
    let folder = Path::new(String::from_utf8(output.stdout)?.trim()).join("share/doc/rust/html");
    if !folder.is_dir() {
        bail!("the toolchain has no documentation (rustup component add rust-docs); name a folder by --folder");
    }
    Ok(folder)
}

fn succeed(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{what} cannot be started"))?;
    if !status.success() {
        bail!("{what} failed");
    }
    Ok(())
}
