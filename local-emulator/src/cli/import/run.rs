//! The import as a whole: files in parallel, progress, summary.

use super::content::{self, Content};
use super::files::{Candidate, find};
use super::journal::{Entry, Journal};
use super::upload::{Api, Labels};
use crate::cli::Target;
use anyhow::Context;
use clap::Args;
use futures::StreamExt;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Failures listed in the summary; the rest is counted.
const FAILURES_SHOWN: usize = 50;
/// How long to wait for the last document to be findable.
const SEARCHABLE_WITHIN: Duration = Duration::from_secs(300);

/// Import a folder of documents
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder: its Markdown, HTML, text, PDF, DOCX files and manual pages are imported
    folder: PathBuf,
    #[command(flatten)]
    target: Target,
    /// Uploads at a time
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    parallel: u16,
    /// A tag for every document, beside the name of the folder that it lies in; may be given several times
    #[arg(long = "tag")]
    tags: Vec<String>,
    /// Do not wait until the last document can be found
    #[arg(long)]
    no_wait: bool,
}

#[derive(Default)]
struct Tally {
    made: AtomicU64,
    changed: AtomicU64,
    present: AtomicU64,
    bytes: AtomicU64,
    failures: Mutex<Vec<(String, String)>>,
}

/// Runs it. Fails when the folder or the platform cannot be reached, not when single files cannot be imported.
pub(crate) async fn import(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let folder =
        arguments.folder.canonicalize().with_context(|| format!("cannot open {}", arguments.folder.display()))?;
    let connection = arguments.target.connect(data)?;
    let (candidates, others) = find(&folder)?;
    let api = Api { client: reqwest::Client::new(), url: connection.url.clone(), token: connection.token.clone() };
    // The emulator's port may change from one start to the next; its data folder is what it is known by.
    let platform = arguments.target.url.as_deref().unwrap_or("emulator");
    let journal = journal_path(data, platform, &arguments.target, &folder);
    let journal = Arc::new(Mutex::new(Journal::open(&journal).context("the import's journal cannot be opened")?));
    let (tally, stopped) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));

    let total = candidates.len() as u64;
    let bar = ProgressBar::new(total).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} {per_sec} {wide_msg}")
            .expect("the template is a constant that parses"),
    );
    let interrupt = tokio::spawn({
        let (stopped, bar) = (stopped.clone(), bar.clone());
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stopped.store(true, Ordering::SeqCst);
                bar.println("stopping after the uploads under way; the same command goes on from here");
            }
        }
    });

    let started = Instant::now();
    futures::stream::iter(candidates)
        .for_each_concurrent(usize::from(arguments.parallel), |candidate| {
            let (api, journal, tally, bar) = (api.clone(), journal.clone(), tally.clone(), bar.clone());
            let (stopped, tags) = (stopped.clone(), &arguments.tags);
            async move {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                bar.set_message(candidate.relative.clone());
                if let Err(reason) = one(&api, &journal, &tally, &candidate, tags).await {
                    tally.failures.lock().push((candidate.relative, reason));
                }
                bar.inc(1);
            }
        })
        .await;
    interrupt.abort();
    let uploaded_in = started.elapsed();
    bar.finish_and_clear();
    summary(&tally, others, uploaded_in);
    if !arguments.no_wait && !stopped.load(Ordering::SeqCst) {
        wait_until_searchable(&api, &tally, started).await?;
    }
    if stopped.load(Ordering::SeqCst) {
        println!("stopped; {} files are left", total.saturating_sub(bar.position()));
    }
    Ok(())
}

async fn one(
    api: &Api,
    journal: &Mutex<Journal>,
    tally: &Tally,
    candidate: &Candidate,
    tags: &[String],
) -> Result<(), String> {
    let status = std::fs::metadata(&candidate.path).map_err(|error| error.to_string())?;
    let modified = status.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified_ns = modified.unwrap_or_default().as_nanos();
    let known = journal.lock().get(&candidate.relative).cloned();
    if known.as_ref().is_some_and(|known| (known.size, known.modified_ns) == (status.len(), modified_ns)) {
        tally.present.fetch_add(1, Ordering::Relaxed);
        return Ok(());
    }
    let read = candidate.clone();
    let content =
        tokio::task::spawn_blocking(move || content::read(&read)).await.map_err(|error| error.to_string())??;
    let hash = blake3::hash(&content.bytes).to_hex().to_string();
    let document = match &known {
        Some(known) if known.hash == hash => {
            tally.present.fetch_add(1, Ordering::Relaxed);
            known.document.clone()
        }
        Some(known) if api.replace(&known.document, &content).await? => {
            count(tally, &tally.changed, &content);
            known.document.clone()
        }
        _ => {
            let mut tags = tags.to_vec();
            // The folder's name makes a useful facet.
            tags.extend(candidate.relative.split_once('/').map(|(top, _)| top.chars().take(64).collect()));
            let idempotency_key =
                format!("import-{}", blake3::hash(format!("{}\n{hash}", candidate.relative).as_bytes()).to_hex());
            let document =
                api.create(&content, &Labels { path: &candidate.relative, tags: &tags, idempotency_key }).await?;
            count(tally, &tally.made, &content);
            document
        }
    };
    let entry = Entry { path: candidate.relative.clone(), size: status.len(), modified_ns, hash, document };
    journal.lock().add(entry).map_err(|error| format!("it was imported, but the journal cannot be written: {error}"))
}

fn count(tally: &Tally, kind: &AtomicU64, content: &Content) {
    kind.fetch_add(1, Ordering::Relaxed);
    tally.bytes.fetch_add(content.bytes.len() as u64, Ordering::Relaxed);
}

fn summary(tally: &Tally, others: usize, took: Duration) {
    let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (made, changed) = (number(&tally.made), number(&tally.changed));
    let mut failures = tally.failures.lock();
    failures.sort();
    println!(
        "{made} imported, {changed} changed, {} already there, {} not readable, {others} files of other kinds",
        number(&tally.present),
        failures.len()
    );
    println!(
        "{} in {:.1} s: {:.0} documents/s",
        HumanBytes(number(&tally.bytes)),
        took.as_secs_f64(),
        (made + changed) as f64 / took.as_secs_f64().max(0.001)
    );
    for (path, reason) in failures.iter().take(FAILURES_SHOWN) {
        println!("  {path}: {reason}");
    }
    if failures.len() > FAILURES_SHOWN {
        println!("  and {} more", failures.len() - FAILURES_SHOWN);
    }
}

/// Waits until the index queue is empty and what it wrote has been refreshed.
async fn wait_until_searchable(api: &Api, tally: &Tally, started: Instant) -> anyhow::Result<()> {
    let sent = tally.made.load(Ordering::Relaxed) + tally.changed.load(Ordering::Relaxed);
    if sent == 0 {
        return Ok(());
    }
    let deadline = Instant::now() + SEARCHABLE_WITHIN;
    loop {
        let status =
            api.client.get(format!("{}/_octavo/indexing", api.url)).header("x-octavo-console", "1").send().await?;
        let status: serde_json::Value = status.error_for_status()?.json().await?;
        if status["settled"] == true {
            let took = started.elapsed().as_secs_f64();
            println!("all can be found after {took:.1} s: {:.0} documents/s end to end", sent as f64 / took);
            return Ok(());
        }
        if Instant::now() > deadline {
            println!("not all can be found yet: {status}");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// One journal for each folder, platform, tenant and user.
fn journal_path(data: &Path, platform: &str, target: &Target, folder: &Path) -> PathBuf {
    let name = blake3::hash(format!("{platform}\n{}\n{}\n{}", target.tenant, target.user, folder.display()).as_bytes());
    data.join("import").join(format!("{}.jsonl", &name.to_hex()[..16]))
}
