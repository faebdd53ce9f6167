//! `octavo reindex`: a new version of the search index beside the old one, while the platform runs.

use super::private::Private;
use anyhow::{Context, bail};
use async_trait::async_trait;
use clap::Args;
use octavo_adapters_elasticsearch::reindex::{Event, Phase, Ran, State, Step};
use octavo_adapters_elasticsearch::{Options, Reindex, ReindexError, ReindexSettings};
use octavo_adapters_postgres::{PoolOptions, Relay};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::PortError;
use octavo_domain_search::{EmbeddingModel, SearchGenerations};
use parking_lot::Mutex;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// Figures are shown so often, at most.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// Make a new version of the search index beside the old one, without downtime; killed, it goes on where it stood
///
/// Without --elasticsearch it is the index of the emulator that runs on the data folder. See infra/reindex.md.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Say what is under way, and do nothing
    #[arg(long, conflicts_with_all = ["roll_back", "finish", "abort"])]
    status: bool,
    /// Have the old index read again
    #[arg(long, conflicts_with_all = ["finish", "abort"])]
    roll_back: bool,
    /// Delete the old index now: there is no way back after this
    #[arg(long, conflicts_with = "abort")]
    finish: bool,
    /// Delete the new index
    #[arg(long)]
    abort: bool,
    /// How long the old index is kept up to date after the swap, to go back to it: 90s, 30m, 24h, 7d; 0s not at all
    #[arg(long, default_value = "24h", value_parser = duration)]
    keep: Duration,
    /// Compare one of so many documents of a tenant in full, the others by their version
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    compare_each: u32,
    /// Compare every document in full
    #[arg(long, conflicts_with = "compare_each")]
    compare_all: bool,
    /// After this long no write is accepted any more that was sent before the two indices were written: longer than the
    /// timeout of every writer, and than 30 s
    #[arg(long, default_value = "45s", value_parser = duration)]
    writers_within: Duration,
    /// The engine, if it is not that of the running emulator
    #[arg(long, value_name = "URL")]
    elasticsearch: Option<Url>,
    /// What begins the names of its indices and aliases
    #[arg(long, default_value = "docs", requires = "elasticsearch")]
    index: String,
    /// How often the new index is to show what was written, milliseconds
    #[arg(long, default_value_t = 5000, requires = "elasticsearch")]
    refresh_ms: u64,
    /// Primary shards of the new index
    #[arg(long, default_value_t = 3)]
    shards: u16,
    /// Copies of each shard of the new index
    #[arg(long, default_value_t = 1)]
    replicas: u16,
    /// PostgreSQL by a login of octavo_relay, to be told of the swap; without it cached results of before are served for up to
    /// 15 minutes
    #[arg(long, value_name = "URL", requires = "elasticsearch")]
    database_relay: Option<String>,
    /// The model of the new index's vectors, if it holds vectors
    #[arg(long, value_name = "MODEL", requires = "vector_dimensions")]
    vector_model: Option<String>,
    /// Numbers of one of its vectors
    #[arg(long, value_name = "N", requires = "vector_model")]
    vector_dimensions: Option<u16>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

/// Seconds, minutes, hours or days.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number and a unit, such as 90s, 30m, 24h or 7d".to_owned();
    let (unit_at, unit) = text.char_indices().last().ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(expected()),
    };
    let number: u64 = text[..unit_at].parse().map_err(|_| expected())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(expected)
}

/// What the emulator says of its index.
#[derive(Debug, Deserialize)]
struct Emulated {
    elasticsearch: Url,
    index: String,
    refresh_ms: u64,
    vectors: Option<Vectors>,
}

#[derive(Debug, Deserialize)]
struct Vectors {
    model: String,
    dimensions: u16,
}

/// The generations of a running emulator, by its own API.
struct OfEmulator(Private);

#[async_trait]
impl SearchGenerations for OfEmulator {
    async fn generations_bump(&self) -> Result<u64, PortError> {
        let request = self.0.request(Method::POST, "reindex/generations");
        let answer = self.0.send(request).await.map_err(|error| PortError::unavailable(error.to_string()))?;
        answer["tenants"].as_u64().ok_or_else(|| PortError::corrupt("the emulator does not say how many"))
    }
}

async fn prepared(data: &Path, arguments: &Arguments) -> anyhow::Result<Reindex> {
    let (mut options, generations): (Options, Option<Arc<dyn SearchGenerations>>) = match &arguments.elasticsearch {
        Some(url) => {
            let mut options = Options::new(url.clone());
            options.name.clone_from(&arguments.index);
            options.refresh_interval = Duration::from_millis(arguments.refresh_ms);
            let generations = match &arguments.database_relay {
                Some(url) => {
                    let pool = PoolOptions { connections_max: 1, ..PoolOptions::default() };
                    let relay: Arc<dyn SearchGenerations> =
                        Arc::new(Relay::connect_lazy(url, &pool).context("--database-relay")?);
                    Some(relay)
                }
                None => None,
            };
            (options, generations)
        }
        None => {
            let emulator = Private::of(data)?;
            let told = emulator.send(emulator.request(Method::GET, "reindex")).await?;
            let told: Emulated = serde_json::from_value(told).context("the emulator answers otherwise")?;
            let mut options = Options::new(told.elasticsearch);
            options.name = told.index;
            options.refresh_interval = Duration::from_millis(told.refresh_ms);
            options.vectors =
                told.vectors.map(|Vectors { model, dimensions }| EmbeddingModel { name: model, dimensions });
            (options, Some(Arc::new(OfEmulator(emulator))))
        }
    };
    (options.shards, options.replicas) = (arguments.shards, arguments.replicas);
    if let (Some(model), Some(dimensions)) = (&arguments.vector_model, arguments.vector_dimensions) {
        options.vectors = Some(EmbeddingModel { name: model.clone(), dimensions });
    }
    let settings = ReindexSettings {
        writers_within: arguments.writers_within,
        keep: arguments.keep,
        compare_each: if arguments.compare_all { 1 } else { arguments.compare_each },
        ..ReindexSettings::default()
    };
    Ok(Reindex::new(options, settings, Arc::new(SystemClock), Arc::new(SystemIds), generations))
}

fn words(step: Step) -> &'static str {
    match step {
        Step::Begun => "begun",
        Step::Made => "the new index is made",
        Step::Doubled => "both indices are written; waiting for writes that were sent before",
        Step::Settled => "nothing is accepted any more that does not go to both",
        Step::PageCopied | Step::PageKept => "copied",
        Step::Copied => "copied, all",
        Step::PageCompared => "compared",
        Step::Compared => "both hold the same",
        Step::Swapped => "the new index is read",
        Step::Told => "results of before are not served any more",
        Step::SwappedBack => "the old index is read again",
        Step::Single => "one index is written",
        Step::Deleted => "the other index is deleted",
    }
}

/// What is under way, in words.
fn described(state: &State) -> String {
    let State { source, target, copied, .. } = state;
    let phase = match &state.phase {
        Phase::Making => "is about to be made".to_owned(),
        Phase::Doubling => "comes to be written".to_owned(),
        Phase::Settling => "is written; waiting for writes that were sent before".to_owned(),
        Phase::Copying => format!("is filled: {copied} documents so far"),
        Phase::Comparing => "is compared".to_owned(),
        Phase::Swapping => "comes to be read".to_owned(),
        Phase::Telling => "is read; results of before come to be served no more".to_owned(),
        Phase::Kept { until } => {
            format!("is read; the old one is kept until {}", until.format("%Y-%m-%d %H:%M:%S UTC"))
        }
        Phase::RollingBack => "comes to be read no more".to_owned(),
        Phase::RolledBack => "was read and is not any more; it is kept up to date".to_owned(),
        Phase::Ending { drop, .. } => format!("is left, or the old one: {drop} is deleted"),
    };
    let held = if state.held.is_some() { "" } else { "; nobody is at work on it" };
    let compared = state.compared.map_or_else(String::new, |compared| {
        format!(
            "\n{} documents of {} tenants compared, {} of them in full; {} carried over once more",
            compared.documents, compared.tenants, compared.in_full, compared.repaired
        )
    });
    format!("{source} -> {target}: the new index {phase}{held}{compared}")
}

pub(super) async fn reindex(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let reindex = prepared(data, arguments).await?;
    if arguments.status {
        let state = reindex.status().await?;
        match (&state, arguments.json) {
            (_, true) => println!("{}", serde_json::to_string_pretty(&json!({ "reindex": state }))?),
            (Some(state), false) => println!("{}", described(state)),
            (None, false) => println!("no reindex is under way"),
        }
        return Ok(());
    }
    let shown: Mutex<Option<Instant>> = Mutex::new(None);
    let watch = |event: Event| {
        let page = matches!(event.step, Step::PageCopied | Step::PageKept | Step::PageCompared);
        let mut last = shown.lock();
        if page && last.is_some_and(|last| last.elapsed() < SHOWN_EVERY) {
            return ControlFlow::Continue(());
        }
        *last = Some(Instant::now());
        let figures = if event.documents > 0 { format!(": {} documents", event.documents) } else { String::new() };
        eprintln!("{}{figures}", words(event.step));
        ControlFlow::Continue(())
    };
    let ran = match (arguments.roll_back, arguments.finish, arguments.abort) {
        (true, ..) => reindex.roll_back(&watch).await,
        (_, true, _) => reindex.finish(&watch).await,
        (.., true) => reindex.abort(&watch).await,
        _ => reindex.run(&watch).await,
    };
    let (index, state) = match ran {
        Ok(Ran::Kept(state)) => (None, state),
        Ok(Ran::Ended { index, state }) => (Some(index), state),
        Err(error @ (ReindexError::NotNow(_) | ReindexError::Busy)) => bail!("{error}"),
        Err(error) => bail!("{error}; call the same once more to go on, or with --abort to leave it"),
    };
    match (index, arguments.json) {
        (index, true) => println!("{}", serde_json::to_string_pretty(&json!({ "reindex": state, "ended": index }))?),
        (Some(index), false) => println!("{index} is the index"),
        (None, false) => println!("{}", described(&state)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(7 * 86_400)));
        for wrong in ["", "24", "h", "1.5h", "-1s", "99999999999999999999d", "1ä"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
