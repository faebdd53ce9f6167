//! Memory of everything on one machine: the emulator with its engines, PostgreSQL, the realtime node and every function warm.

use crate::memory::Proportional;
use crate::process::Process;
use anyhow::Context;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// Files that are larger than this are no documents of an office, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// What was needed for a moment only is given back by then.
const SETTLES: Duration = Duration::from_secs(40);
/// A request to each function that answers HTTP.
const PAGES: [&str; 8] = [
    "/v1/documents",
    "/v1/models",
    "/v1/ai/usage",
    "/v1/generations",
    "/v1/executions",
    "/v1/approvals",
    "/v1/inbox",
    "/v1/search/suggest?q=the",
];
/// Functions that only queues call: an event without messages wakes them.
const BY_QUEUE: [&str; 2] = ["index", "step"];

/// Prints what an emulator of `octavo` holds, empty and with `documents` files from below `folder` imported, when a function may
/// have so many sandboxes.
///
/// # Errors
/// Where `folder` has too few files, and where a function does not wake.
pub(crate) async fn measure(octavo: &Path, folder: &Path, documents: usize, sandboxes: u32) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut command = Command::new(octavo);
    command.arg("--data").arg(data.path()).args(["up", "--port", "0", "--no-build"]);
    command.args(["--sandboxes", &sandboxes.to_string()]);
    let (emulator, _) = Process::until(&mut command, |line| line.contains("ready in")).await?;
    println!("\n### Memory of everything, proportional set size (a page that several share counts once)\n");
    report("started, no function awake", emulator.id());

    let chosen = chosen(folder, documents, data.path())?;
    let imported = Command::new(octavo).arg("--data").arg(data.path()).arg("import").arg(&chosen).status().await?;
    anyhow::ensure!(imported.success(), "the import failed");
    report(&format!("right after the import of {documents} documents"), emulator.id());

    wake(octavo, data.path()).await?;
    report("every function warm", emulator.id());
    tokio::time::sleep(SETTLES).await;
    report(&format!("every function warm, {} s later", SETTLES.as_secs()), emulator.id());
    emulator.end().await
}

fn report(when: &str, root: u32) {
    let held = Proportional::of(root);
    println!("{when}: {:.0} MiB in {} processes", held.total(), held.processes());
    for (name, processes, mib) in held.by_name() {
        println!("    {name} ({processes}): {mib:.1} MiB");
    }
}

/// The first files below `folder`, in order, linked or copied into a folder of their own.
fn chosen(folder: &Path, documents: usize, data: &Path) -> anyhow::Result<PathBuf> {
    let target = data.join("chosen");
    fs::create_dir(&target)?;
    let (mut found, mut folders) = (0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))?;
        let mut paths: Vec<PathBuf> = entries.map(|entry| anyhow::Ok(entry?.path())).collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if found == documents {
                return Ok(target);
            }
            let known = path.extension().and_then(|extension| extension.to_str());
            if !matches!(known, Some("html" | "md" | "txt")) || path.metadata()?.len() > FILE_BYTES_MAX {
                continue;
            }
            let name = path.file_name().context("a file has a name")?.to_string_lossy();
            fs::copy(&path, target.join(format!("{found:06}-{name}")))?;
            found += 1;
        }
    }
    anyhow::ensure!(found == documents, "{} has {found} documents only", folder.display());
    Ok(target)
}

async fn wake(octavo: &Path, data: &Path) -> anyhow::Result<()> {
    let run: Value = serde_json::from_slice(&fs::read(data.join("run.json"))?)?;
    let url = run["url"].as_str().context("the emulator says where it is")?;
    let mut token = Command::new(octavo);
    token.arg("--data").arg(data).args(["token", "--tenant", "acme", "--user", "ada", "--role", "admin"]);
    let token = String::from_utf8(token.output().await?.stdout)?;
    let client = reqwest::Client::new();
    let asked = async |request: reqwest::RequestBuilder, what: &str| {
        let answer = request.bearer_auth(token.trim()).send().await?;
        let status = answer.status();
        anyhow::ensure!(status.is_success(), "{what}: {status} {}", answer.text().await?);
        Ok(())
    };
    for page in PAGES {
        asked(client.get(format!("{url}{page}")), page).await?;
    }
    let search = json!({"text": "error handling", "highlight": true, "facets": [{"field": "tags"}]});
    asked(client.post(format!("{url}/v1/search")).json(&search), "search").await?;
    let negotiate = "/v1/realtime/notifications/negotiate?negotiateVersion=1";
    asked(client.post(format!("{url}{negotiate}")), negotiate).await?;
    for function in BY_QUEUE {
        let event = json!({"event": r#"{"Records":[]}"#});
        let invoke = client.post(format!("{url}/_octavo/functions/{function}/invoke")).header("x-octavo-console", "1");
        asked(invoke.json(&event), function).await?;
    }
    Ok(())
}
