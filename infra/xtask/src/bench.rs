//! `cargo xtask bench`: builds everything in release and runs the measurements of `tests/src/bin/bench`.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

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
/// Gateways that ours is measured beside. They are installed from their registries where they are not there.
const PEERS: &str = "litellm,portkey,litellm-rs";
/// Servers that the realtime node is measured beside; likewise.
const REALTIME_PEERS: &str = "socket-io,ws,y-websocket,hocuspocus";
/// Engines that workflows are measured beside; likewise.
const WORKFLOW_PEERS: &str = "dbos,graphile-worker,restate";
/// Senders of mail that ours is measured beside; likewise.
const NOTIFY_PEERS: &str = "smtplib";

/// Builds, measures, prints. `folder` is what is imported: the toolchain's own documentation if none is given. `watch` is
/// the address of a `cargo lambda watch` that runs the echo example, to measure beside ours.
pub(crate) fn run(workspace: &Path, folder: Option<PathBuf>, watch: Option<&str>) -> anyhow::Result<()> {
    let mut build = vec!["build", "--release", "--bins", "--package", "local-emulator", "--package", "octavo-tests"];
    for package in FUNCTIONS.iter().chain(&["realtime-node"]) {
        build.extend(["--package", package]);
    }
    cargo(workspace, &build)?;
    cargo(
        workspace,
        &["build", "--release", "--package", "local-emulator-lambda", "--example", "echo", "--example", "stamp"],
    )?;
    cargo(workspace, &["build", "--release", "--package", "local-emulator-ai", "--example", "upstreams"])?;
    let release = workspace.join("target/release");
    let path = |name: &str| release.join(name).to_string_lossy().into_owned();
    let folder = match folder {
        Some(folder) => folder,
        None => documentation()?,
    };
    let bench = |arguments: &[&str]| {
        println!("\n== bench {}", arguments[0]);
        succeed(Command::new(release.join("bench")).args(arguments), "the measurement")
    };
    bench(&["cold-start", &release.to_string_lossy()])?;
    let echo = path("examples/echo");
    match watch {
        Some(address) => bench(&["invoke", &echo, "--watch", address])?,
        None => bench(&["invoke", &echo])?,
    }
    bench(&["start", &path("octavo")])?;
    bench(&["import", &path("octavo"), &folder.to_string_lossy()])?;
    bench(&["ai", &release.to_string_lossy(), "--peers", PEERS])?;
    bench(&["realtime", &release.to_string_lossy(), "--peers", REALTIME_PEERS])?;
    bench(&["workflow", &release.to_string_lossy(), "--peers", WORKFLOW_PEERS])?;
    bench(&["notify", &release.to_string_lossy(), "--peers", NOTIFY_PEERS])?;
    println!("\n== the AI gateway's core");
    cargo(workspace, &["bench", "--package", "octavo-ai", "--bench", "core"])
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

fn cargo(workspace: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    succeed(Command::new("cargo").args(arguments).current_dir(workspace), "the build")
}

fn succeed(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{what} cannot be started"))?;
    if !status.success() {
        bail!("{what} failed");
    }
    Ok(())
}
