//! What a function's counters and its last invocations mean.

use super::thing::{Group, Reading, State, Thing, Trouble, counted, span};
use chrono::{DateTime, TimeDelta, Utc};
use local_emulator_lambda::FunctionStatus;

/// A failed invocation is told for so long.
const FAILING_FOR: TimeDelta = TimeDelta::seconds(60);
/// Characters of an error that are told; the invocation has all of it.
const ERROR_CHARS: usize = 160;

/// An ended invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) at: DateTime<Utc>,
    pub(super) function: String,
    /// Why it failed; none if it did not.
    pub(super) failure: Option<String>,
}

pub(super) fn thing(status: &FunctionStatus, ended: &[Ended], now: DateTime<Utc>) -> Thing {
    let name = &status.name;
    let reading = Reading::Total(status.invocations as f64);
    let mut thing = Thing::new(Group::Function, name, ("invocations", ""), reading);
    let link = format!("#functions/{name}");
    thing.link = Some(link.clone());
    thing.label = match (status.sandboxes, status.running) {
        (0, _) => "asleep".to_owned(),
        (_, 0) => "ready".to_owned(),
        (_, running) => format!("{running} running"),
    };
    thing.lines = lines(status);
    if status.frozen {
        let text = match status.waiting {
            0 => format!("{name} is frozen: what is asked of it waits."),
            waiting => format!("{name} is frozen: {} for it.", waits(waiting)),
        };
        thing.trouble("frozen", Trouble::new(State::Warn, text, "Thaw it", link.clone()));
    } else if status.waiting > 0 && status.sandboxes >= status.sandboxes_max {
        let text = format!("{name} has all of its sandboxes busy: {}.", waits(status.waiting));
        thing.trouble("busy", Trouble::new(State::Warn, text, "Look at it", link.clone()));
    }
    if let Some(error) = &status.last_error {
        let text = format!("{name} does not start: {}", shortened(error));
        thing.trouble("does not start", Trouble::new(State::Down, text, "Look at it", link.clone()));
    }
    let lately = ended.iter().filter(|one| one.function == *name && now - one.at < FAILING_FOR);
    let (mut all, mut failed, mut last) = (0, 0, None);
    for one in lately {
        all += 1;
        if let Some(failure) = &one.failure {
            failed += 1;
            // The newest one comes first.
            last = last.or(Some(failure));
        }
    }
    if let Some(failure) = last {
        let text = format!(
            "{name}: {failed} of {} in the last minute failed: {}",
            counted(all, "invocation"),
            shortened(failure)
        );
        let state = if failed == all { State::Down } else { State::Warn };
        thing.trouble("fails", Trouble::new(state, text, "See which", format!("{link}?failed")));
    }
    thing
}

fn waits(waiting: usize) -> String {
    if waiting == 1 { "1 request waits".to_owned() } else { format!("{waiting} requests wait") }
}

fn lines(status: &FunctionStatus) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(p50), Some(p95)) = (status.p50_ms, status.p95_ms) {
        let ms = |value: f64| span(value.round() as u64);
        lines.push(format!("half within {}, 95% within {}", ms(p50), ms(p95)));
    }
    let mut counts = format!("{}, {}", counted(status.invocations, "invocation"), counted(status.errors, "error"));
    if status.memory_mb > 0 {
        counts.push_str(&format!(", {} MB", status.memory_mb));
    }
    lines.push(counts);
    lines
}

fn shortened(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    match line.char_indices().nth(ERROR_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> FunctionStatus {
        FunctionStatus {
            name: "documents".to_owned(),
            frozen: false,
            sandboxes: 1,
            running: 0,
            waiting: 0,
            invocations: 3,
            errors: 1,
            throttles: 0,
            cold_starts: 1,
            p50_ms: Some(4.4),
            p95_ms: Some(1_200.0),
            memory_mb: 20,
            memory_limit_mb: 512,
            timeout_ms: 30_000,
            concurrency: 1,
            sandboxes_max: 4,
            routes: Vec::new(),
            last_error: None,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn ended(seconds: i64, failure: Option<&str>) -> Ended {
        Ended { at: at(seconds), function: "documents".to_owned(), failure: failure.map(str::to_owned) }
    }

    #[test]
    fn a_function_that_is_well_says_how_fast_it_is() {
        let thing = thing(&status(), &[ended(0, None)], at(1));
        assert_eq!((thing.state, thing.label.as_str()), (State::Up, "ready"));
        assert_eq!(thing.lines, ["half within 4 ms, 95% within 1.2 s", "3 invocations, 1 error, 20 MB"]);
    }

    #[test]
    fn failures_are_told_for_a_minute_the_newest_first() {
        let all = [ended(50, Some("503")), ended(40, None), ended(0, Some("502"))];
        let warned = thing(&status(), &all, at(55));
        assert_eq!((warned.state, warned.label.as_str()), (State::Warn, "fails"));
        assert_eq!(warned.troubles[0].text, "documents: 2 of 3 invocations in the last minute failed: 503");
        assert_eq!(warned.troubles[0].link, "#functions/documents?failed");
        assert_eq!(thing(&status(), &all[..1], at(55)).state, State::Down, "nothing else happened");
        assert!(thing(&status(), &all, at(111)).troubles.is_empty());
        let others = [Ended { function: "search".to_owned(), ..ended(50, Some("503")) }];
        assert!(thing(&status(), &others, at(55)).troubles.is_empty());
        let long = "é".repeat(500);
        let said = thing(&status(), &[ended(50, Some(&long))], at(55)).troubles.remove(0).text;
        assert!(said.ends_with('…') && said.chars().count() < 250, "{said}");
    }

    #[test]
    fn frozen_busy_and_not_starting_are_troubles() {
        let frozen = thing(&FunctionStatus { frozen: true, waiting: 1, ..status() }, &[], at(0));
        assert_eq!((frozen.label.as_str(), frozen.troubles[0].mend), ("frozen", "Thaw it"));
        assert!(frozen.troubles[0].text.contains("1 request waits"));
        let waits = FunctionStatus { waiting: 2, ..status() };
        assert!(thing(&waits, &[], at(0)).troubles.is_empty(), "another sandbox is on its way");
        assert_eq!(thing(&FunctionStatus { sandboxes: 4, ..waits }, &[], at(0)).label, "busy");
        let broken = FunctionStatus { sandboxes: 0, last_error: Some("exit 1\nmore".to_owned()), ..status() };
        let broken = thing(&broken, &[], at(0));
        assert_eq!((broken.state, broken.troubles[0].text.as_str()), (State::Down, "documents does not start: exit 1"));
    }
}
