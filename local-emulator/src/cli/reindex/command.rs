//! The command: begins a reindex, goes on with it, ends it, or compares.

use super::check::{Asked, check};
use super::reach::Place;
use anyhow::bail;
use clap::Args;
use octavo_adapters_elasticsearch::reindex::{Event, Phase, Ran, State, Step};
use octavo_adapters_elasticsearch::{Reindex, ReindexError, ReindexSettings};
use octavo_adapters_system::{SystemClock, SystemIds};
use parking_lot::Mutex;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Figures are shown so often, at most.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// Make a new version of the search index beside the old one, without downtime; killed, it goes on where it stood
///
/// Without --elasticsearch it is the index of the emulator that runs on the data folder. See infra/reindex.md.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Say what is under way, and do nothing
    #[arg(long, conflicts_with_all = ["roll_back", "finish", "abort"])]
    status: bool,
    /// Compare the index with the database, and change nothing; fails where something differs
    #[arg(long, conflicts_with_all = ["status", "roll_back", "finish", "abort"])]
    check: bool,
    /// Send what differs again, over what is not newer
    #[arg(long, requires = "check")]
    mend: bool,
    /// What differs for so long is no change on its way: 30s, of the running emulator 5s
    #[arg(long, requires = "check", value_parser = duration)]
    settle: Option<Duration>,
    /// Ids of each kind of difference that are told
    #[arg(long, requires = "check", default_value_t = 20, value_name = "N")]
    ids: usize,
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
    /// After this long no write is accepted any more that was sent before the two indices were written, and no writer believes
    /// what it saw before: longer than OCTAVO_ELASTICSEARCH_BELIEVED_MS and than 30 s. Derived from these unless it is said
    #[arg(long, value_parser = duration)]
    writers_within: Option<Duration>,
    #[command(flatten)]
    place: Place,
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

impl Arguments {
    fn compare_each(&self) -> u32 {
        if self.compare_all { 1 } else { self.compare_each }
    }

    fn reindex(&self, data: &Path) -> anyhow::Result<Reindex> {
        let reached = self.place.reach(data)?;
        let settings =
            ReindexSettings { keep: self.keep, compare_each: self.compare_each(), ..ReindexSettings::default() };
        let mut settings = settings.waits_for(&reached.options, reached.aliasing);
        settings.writers_within = self.writers_within.unwrap_or(settings.writers_within);
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let reindex = Reindex::new(reached.options, settings, clock, ids, reached.generations);
        Ok(match reached.truth {
            Some(truth) => reindex.with_truth(truth),
            None => reindex,
        })
    }
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
        Step::VectorsAsked => "what needs vectors is known",
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
    let asked = match state.vectors_asked {
        0 => String::new(),
        tenants => format!("\nvectors of the new model were asked for, for {tenants} tenants"),
    };
    let held = if state.held.is_some() { "" } else { "; nobody is at work on it" };
    let compared = state.compared.map_or_else(String::new, |compared| {
        format!(
            "\n{} documents of {} tenants compared, {} of them in full; {} carried over once more",
            compared.documents, compared.tenants, compared.in_full, compared.repaired
        )
    });
    format!("{source} -> {target}: the new index {phase}{held}{compared}{asked}")
}

/// What searches by meaning do not find yet.
fn without_vectors(lacking: Option<u64>) -> Option<String> {
    let lacking = lacking.filter(|lacking| *lacking > 0)?;
    Some(format!("{lacking} documents have no vector yet, and are found by their words"))
}

pub(in crate::cli) async fn reindex(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.check {
        let (settle, ids_max) = (arguments.settle, arguments.ids);
        let (compare_each, json) = (arguments.compare_each(), arguments.json);
        let asked = Asked { mend: arguments.mend, settle, compare_each, ids_max, json };
        return check(arguments.place.reach(data)?, asked).await;
    }
    let reindex = arguments.reindex(data)?;
    if arguments.status {
        let (state, lacking) = (reindex.status().await?, reindex.lacking().await?);
        match (&state, arguments.json) {
            (_, true) => {
                let told = json!({ "reindex": state, "without_vectors": lacking });
                println!("{}", serde_json::to_string_pretty(&told)?);
            }
            (Some(state), false) => println!("{}", described(state)),
            (None, false) => println!("no reindex is under way"),
        }
        if !arguments.json {
            without_vectors(lacking).iter().for_each(|line| println!("{line}"));
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
