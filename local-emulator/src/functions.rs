//! The functions of this workspace: which there are, what their manifests say, and where their binaries lie.

use crate::options::Functions;
use anyhow::{Context, bail};
use cargo_metadata::MetadataCommand;
use local_emulator_lambda::{Declared, Watcher, are_fresh, cargo, declared};
use octavo_wiring_triggers::Schedule;
use serde::Deserialize;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// A function as its manifest (`functions/NAME/lambda/Cargo.toml`) declares it.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// The function's and its binary's name.
    pub(crate) name: String,
    /// The package that builds it.
    pub(crate) package: String,
    /// Its binary.
    pub(crate) binary: PathBuf,
    /// Its routes, memory, timeout and environment.
    pub(crate) declared: Declared,
    /// Invocations at a time in one sandbox.
    pub(crate) concurrency: usize,
    /// The queue that it consumes, if it does.
    pub(crate) queue: Option<QueueMapping>,
    /// When it is invoked by itself.
    pub(crate) schedules: Vec<Schedule>,
}

/// `[package.metadata.octavo.queue]`: the event source mapping of a queue function. The queue has the function's name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueMapping {
    /// Messages in one invocation.
    pub(crate) batch_size: usize,
    /// Milliseconds to wait for a batch to fill.
    pub(crate) batch_window_ms: u64,
    /// Deliveries before a message goes to the dead letters.
    pub(crate) max_receive_count: u32,
    /// Invocations at a time.
    pub(crate) concurrency: usize,
}

/// `[[package.metadata.octavo.schedules]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredSchedule {
    /// Unique among the function's schedules.
    name: String,
    /// As EventBridge reads it: `rate(5 minutes)` or `cron(0 12 * * ? *)`, UTC.
    expression: String,
}

#[derive(Default, Deserialize)]
struct Metadata {
    octavo: Option<Octavo>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Octavo {
    /// `[package.metadata.octavo] concurrency = 64`: invocations at a time in one sandbox. Without it one; then the process
    /// need not be made for more.
    concurrency: Option<NonZeroUsize>,
    queue: Option<QueueMapping>,
    #[serde(default)]
    schedules: Vec<DeclaredSchedule>,
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The profile's folder that this program was built in: functions are built alike.
fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

/// What cargo says of the workspace: asked once a process, since it takes cargo as long as an engine takes to start.
fn metadata() -> anyhow::Result<&'static cargo_metadata::Metadata> {
    static KNOWN: OnceLock<cargo_metadata::Metadata> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Ok(known);
    }
    let read = MetadataCommand::new().manifest_path(workspace().join("Cargo.toml")).no_deps().exec();
    let read = read.context("cargo cannot read the workspace")?;
    Ok(KNOWN.get_or_init(|| read))
}

/// Every function of the workspace.
pub(crate) fn discover(source: &Functions) -> anyhow::Result<Vec<Function>> {
    let metadata = metadata()?;
    let folder = match source {
        Functions::Build => metadata.target_directory.as_std_path().join(profile()),
        Functions::Folder(folder) => folder.clone(),
    };
    let functions = metadata.workspace_root.as_std_path().join("functions");
    let (mut found, mut metadatas) = (Vec::new(), Vec::new());
    for package in &metadata.packages {
        let manifest = package.manifest_path.as_std_path();
        if !manifest.starts_with(&functions) || !manifest.ends_with("lambda/Cargo.toml") {
            continue;
        }
        let Some(target) = package.targets.iter().find(|target| target.is_bin()) else {
            bail!("{} has no binary", manifest.display());
        };
        metadatas.push((target.name.clone(), package.metadata.clone()));
        let metadata: Metadata = match &package.metadata {
            serde_json::Value::Null => Metadata::default(),
            value => {
                serde_json::from_value(value.clone()).with_context(|| format!("metadata of {}", manifest.display()))?
            }
        };
        let octavo = metadata.octavo.unwrap_or_default();
        let schedules =
            octavo.schedules.iter().map(|declared| schedule(&target.name, declared)).collect::<Result<_, _>>()?;
        found.push(Function {
            name: target.name.clone(),
            package: package.name.to_string(),
            binary: folder.join(&target.name),
            declared: Declared::default(),
            concurrency: octavo.concurrency.map_or(1, NonZeroUsize::get),
            queue: octavo.queue,
            schedules,
        });
    }
    let mut declared = declared(&metadata.workspace_metadata, &metadatas).map_err(anyhow::Error::msg)?;
    for function in &mut found {
        function.declared = declared.remove(&function.name).unwrap_or_default();
    }
    if let Some(name) = declared.keys().next() {
        bail!("the workspace declares a route to {name}, which is no function of it");
    }
    Ok(found)
}

fn schedule(function: &str, declared: &DeclaredSchedule) -> anyhow::Result<Schedule> {
    let name = format!("{function}-{}", declared.name);
    let expression = declared.expression.parse().with_context(|| format!("schedule {name}"))?;
    Ok(Schedule { name, expression, function: function.to_owned(), detail: serde_json::json!({}) })
}

/// Builds every function, once a process, showing cargo's own output.
pub(crate) async fn build() -> anyhow::Result<()> {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    BUILT.get_or_try_init(build_now).await.copied()
}

fn build_arguments(functions: &[Function]) -> Vec<String> {
    let manifest = workspace().join("Cargo.toml").to_string_lossy().into_owned();
    let mut arguments = vec!["build".to_owned(), "--quiet".to_owned(), "--manifest-path".to_owned(), manifest];
    for function in functions {
        arguments.extend(["--package".to_owned(), function.package.clone()]);
    }
    if profile() == "release" {
        arguments.push("--release".to_owned());
    }
    arguments
}

/// Whether nothing that the functions are made of was changed since they were built.
fn are_built(functions: &[Function]) -> bool {
    let folders = [workspace().join("functions"), workspace().join("shared")];
    let entries = folders.iter().flat_map(|folder| ignore::Walk::new(folder).flatten());
    let manifests = entries.map(ignore::DirEntry::into_path).filter(|path| path.ends_with("Cargo.toml"));
    let also: Vec<PathBuf> =
        manifests.chain([workspace().join("Cargo.lock"), workspace().join("Cargo.toml")]).collect();
    are_fresh(functions.iter().map(|function| function.binary.as_path()), &also)
}

/// Builds functions again when their sources are saved.
pub(crate) fn watch(functions: &[Function]) -> anyhow::Result<Watcher> {
    let folders = [workspace().join("functions"), workspace().join("shared")];
    Watcher::start(&folders, build_arguments(functions)).context("the sources cannot be watched")
}

async fn build_now() -> anyhow::Result<()> {
    let functions = discover(&Functions::Build)?;
    if are_built(&functions) {
        return Ok(());
    }
    let mut build = Command::from(cargo());
    build.args(build_arguments(&functions));
    let status = build.status().await.context("cargo cannot be started")?;
    if !status.success() {
        bail!("the functions do not build");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_schedule_is_read_and_a_wrong_one_is_named() {
        let declared = |expression: &str| -> Metadata {
            let text =
                format!(r#"{{"octavo": {{"schedules": [{{"name": "nightly", "expression": "{expression}"}}]}}}}"#);
            serde_json::from_str(&text).unwrap()
        };
        let read = |expression: &str| schedule("archive", &declared(expression).octavo.unwrap().schedules[0]);
        let good = read("cron(0 3 * * ? *)").unwrap();
        assert_eq!((good.name.as_str(), good.function.as_str()), ("archive-nightly", "archive"));
        let error = format!("{:#}", read("rate(5 fortnights)").unwrap_err());
        assert!(error.contains("archive-nightly"), "{error}");
    }

    #[test]
    fn concurrency_is_one_or_more() {
        let read = |text: &str| serde_json::from_str::<Octavo>(text).map(|octavo| octavo.concurrency);
        assert_eq!(read(r#"{"concurrency": 64}"#).unwrap().map(NonZeroUsize::get), Some(64));
        assert_eq!(read("{}").unwrap(), None);
        assert!(read(r#"{"concurrency": 0}"#).is_err());
    }

    #[test]
    fn the_workspaces_functions_are_found_with_what_they_declare() {
        let functions = discover(&Functions::Build).unwrap();
        let names: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
        assert!(
            ["ai", "approvals", "connect", "documents", "generate", "index", "notify", "search", "step", "workflow"]
                .iter()
                .all(|name| names.contains(name)),
            "{names:?}"
        );
        let function = |name: &str| functions.iter().find(|function| function.name == name).unwrap();
        let (documents, index) = (function("documents"), function("index"));
        assert!(documents.declared.routes.iter().any(|route| route.path == "/v1/documents/{id}"));
        assert!(index.queue.is_some() && index.declared.routes.is_empty());
        assert_eq!((documents.concurrency, documents.queue.is_some()), (1, false));
    }
}
