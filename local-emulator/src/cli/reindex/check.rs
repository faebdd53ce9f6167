//! `octavo reindex --check`: whether the index holds what the database holds.

use super::reach::Reached;
use anyhow::{Context, bail};
use octavo_adapters_elasticsearch::check::{Check, CheckSettings, Difference, Report, Stage};
use octavo_adapters_system::SystemIds;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Figures are shown so often, at most.
const SHOWN_EVERY: Duration = Duration::from_secs(1);
/// More than a change takes into the index of an emulator that does nothing else.
const LOCAL_SETTLE: Duration = Duration::from_secs(5);

/// How it is compared.
pub(super) struct Asked {
    pub(super) mend: bool,
    pub(super) settle: Option<Duration>,
    pub(super) compare_each: u32,
    pub(super) ids_max: usize,
    pub(super) json: bool,
}

fn words(difference: Difference) -> &'static str {
    match difference {
        Difference::Missing => "missing from the index",
        Difference::Extra => "in the index alone, or deleted",
        Difference::Older => "of an earlier revision in the index",
        Difference::Newer => "of a later revision in the index than in the database",
        Difference::Readers => "found by other readers",
        Difference::Content => "saying something else in the index",
        Difference::TextMissing => "without their text in object storage",
        Difference::Foreign => "in the index that are no documents of ours",
        Difference::Unvectored => "without a vector of the settings' model",
    }
}

fn described(report: &Report) -> String {
    let mut lines = vec![format!(
        "{} documents of {} tenants compared, {} of them in full",
        report.documents, report.tenants, report.in_full
    )];
    for (difference, found) in &report.differing {
        lines.push(format!("{} {}:", found.count, words(*difference)));
        lines.extend(found.ids.iter().map(|id| format!("    {id}")));
        let more = found.count.saturating_sub(found.ids.len() as u64);
        if more > 0 {
            lines.push(format!("    and {more} more"));
        }
    }
    if report.mended > 0 {
        lines.push(format!("{} documents sent again, and as they must be now", report.mended));
    }
    if report.vectors_asked > 0 {
        lines.push(format!("the missing vectors of {} tenants are being made", report.vectors_asked));
    }
    if let Some(reason) = &report.vectors_unknown {
        lines.push(format!("missing vectors were not looked for: {reason}"));
    }
    if !report.complete {
        lines.push("so much differs that the rest was not looked at".to_owned());
    }
    if report.agrees() {
        lines.push("the index holds what the database holds".to_owned());
    }
    lines.join("\n")
}

pub(super) async fn check(reached: Reached, asked: Asked) -> anyhow::Result<()> {
    let needed = "--check needs --database and --database-relay beside --elasticsearch";
    let (truth, generations) = (reached.truth.context(needed)?, reached.generations.context(needed)?);
    let usual = CheckSettings::default();
    let settings = CheckSettings {
        settle: asked.settle.unwrap_or(if reached.is_local { LOCAL_SETTLE } else { usual.settle }),
        compare_each: asked.compare_each,
        ids_max: asked.ids_max,
        ..usual
    };
    let check = Check::new(reached.options, settings, truth, generations, Arc::new(SystemIds));
    let shown: Mutex<Option<Instant>> = Mutex::new(None);
    let watching = |stage: Stage| {
        let mut last = shown.lock();
        if last.is_some_and(|last| last.elapsed() < SHOWN_EVERY) {
            return;
        }
        match stage {
            Stage::Compared(0) | Stage::Settling(0) => return,
            Stage::Compared(documents) => eprintln!("compared: {documents} documents"),
            Stage::Settling(documents) => eprintln!("looking again at {documents} documents that may be on their way"),
            Stage::Mended(documents) => eprintln!("sent again: {documents} documents"),
        }
        *last = Some(Instant::now());
    };
    let report = check.run(asked.mend, &watching).await?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", described(&report));
    }
    if !report.agrees() {
        let hint = if asked.mend { "" } else { "; --mend sends it again" };
        bail!("the index differs from the database{hint}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_adapters_elasticsearch::check::Found;

    #[test]
    fn what_differs_is_told_by_kind_with_the_first_ids() {
        let found = Found { count: 3, ids: vec!["acme:1".to_owned(), "acme:2".to_owned()] };
        let report = Report {
            documents: 7,
            tenants: 2,
            in_full: 2,
            complete: true,
            differing: [(Difference::Readers, found)].into(),
            ..Report::default()
        };
        assert_eq!(
            described(&report),
            "7 documents of 2 tenants compared, 2 of them in full\n3 found by other readers:\n    acme:1\n    acme:2\n    and 1 more"
        );
        let whole = Report { differing: [].into(), ..report };
        assert!(described(&whole).ends_with("the index holds what the database holds"));
    }
}
