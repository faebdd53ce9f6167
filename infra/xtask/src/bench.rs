//! `cargo xtask bench`: builds everything in release and runs the measurements of `tests/src/bin/bench`.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const FUNCTIONS: [&str; 5] = [
    "octavo-documents-lambda",
    "octavo-search-lambda",
    "octavo-index-lambda",
    "octavo-ai-lambda",
    "octavo-generate-lambda",
];
/// Gateways that ours is measured beside. They are installed from their registries where they are not there.
const PEERS: &str = "litellm,portkey,litellm-rs";

/// Builds, measures, prints. `folder` is what is imported: the toolchain's own documentation if none is given. `watch` is
/// the address of a `cargo lambda watch` that runs the echo example, to measure beside ours.
pub(crate) fn run(workspace: &Path, folder: Option<PathBuf>, watch: Option<&str>) -> anyhow::Result<()> {
    let mut build = vec!["build", "--release", "--bins", "--package", "local-emulator", "--package", "octavo-tests"];
    for function in FUNCTIONS {
        build.extend(["--package", function]);
    }
    cargo(workspace, &build)?;
    cargo(workspace, &["build", "--release", "--package", "local-emulator-lambda", "--example", "echo"])?;
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
