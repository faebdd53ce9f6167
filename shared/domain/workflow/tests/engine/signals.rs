use super::shelf::{Shelf, definition, now, task};
use octavo_domain_workflow::{
    definition::Definition,
    engine::{Change, Kept, Status},
    machine::{Event, Phase, Signal},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use uuid::Uuid;

/// Forks, joins, retries, catchers, waits and choices around tasks.
static MACHINE: LazyLock<Definition> = LazyLock::new(|| {
    let mut retried = task(Some("After"));
    retried["Retry"] = json!([{"ErrorEquals": ["Boom"], "MaxAttempts": 1}]);
    retried["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "Next": "After"}]);
    let processor = json!({"StartAt": "T", "States": {"T": task(None)}});
    definition(&json!({"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Next": "C", "Branches": [
            {"StartAt": "R", "States": {"R": retried, "After": {"Type": "Pass", "End": true}}},
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2,
                "ItemProcessor": processor, "ResultPath": null, "End": true}}},
            {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "Next": "V"}, "V": task(None)}},
        ], "Catch": [{"ErrorEquals": ["Boom"], "Next": "C"}]},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$[0]", "IsPresent": true, "Next": "Last"}], "Default": "Last"},
        "Last": task(None),
    }}))
});

/// What could be told now: an answer for every task, a timer for every wait; a stale and a strange one too.
fn possible(shelf: &Shelf, fails: bool) -> Vec<Signal> {
    let mut all = Vec::new();
    for frame in &shelf.loaded.frames {
        let mut tell = |turn, event| all.push(Signal { frame: frame.id, turn, event });
        match &frame.phase {
            Phase::Task(_) if fails => {
                tell(frame.turn, Event::TaskFailed { error: Some("Boom".to_owned()), cause: None });
            }
            Phase::Task(_) => tell(frame.turn, Event::TaskSucceeded { output: json!({"frame": frame.id}) }),
            Phase::Waiting | Phase::Backoff => tell(frame.turn, Event::Timer),
            _ => tell(frame.turn.wrapping_sub(1), Event::Timer),
        }
    }
    all
}

/// A run: at each step one of the possible signals is told; all that were told are the script.
fn script(choices: &[(u8, bool)]) -> (Shelf, Vec<Signal>) {
    let mut shelf = Shelf::begin(&MACHINE, &json!({"items": [1, 2, 3]}));
    let mut told = Vec::new();
    for (choice, fails) in choices {
        let possible = possible(&shelf, *fails);
        if shelf.loaded.status != Status::Running || possible.is_empty() {
            break;
        }
        let signal = possible[usize::from(*choice) % possible.len()].clone();
        told.push(signal.clone());
        shelf.tell(&MACHINE, vec![], vec![signal]);
    }
    (shelf, told)
}

fn state(shelf: &Shelf) -> Value {
    json!({"status": shelf.loaded.status.as_str(), "frames": shelf.loaded.frames, "history": shelf.history,
        "execution": shelf.loaded.execution})
}

/// What a change leaves open: the tasks and kept signals that are not over.
fn open(changes: &[Change]) -> [Vec<(u64, u64)>; 2] {
    let mut tasks: Vec<(u64, u64)> = Vec::new();
    let mut kept: Vec<(u64, u64)> = Vec::new();
    for change in changes {
        let over = |frame: &u64, turn: &u64| {
            change.frames_gone.contains(frame)
                || change.turns.iter().any(|(of, now)| of == frame && turn < now)
                || change.finished.is_some()
        };
        tasks.retain(|(frame, turn)| !over(frame, turn));
        kept.retain(|(frame, turn)| !over(frame, turn));
        tasks.extend(change.tasks.iter().map(|task| (task.frame, task.turn)));
        kept.extend(change.kept.iter().map(|kept| (kept.signal.frame, kept.signal.turn)));
    }
    tasks.sort_unstable();
    kept.sort_unstable();
    [tasks, kept]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn it_does_not_matter_how_signals_are_spread_over_wakes(
        choices in prop::collection::vec((any::<u8>(), any::<bool>()), 0..24),
        cuts in prop::collection::vec(1_usize..6, 1..24),
    ) {
        let (one_by_one, told) = script(&choices);
        let mut together = Shelf::begin(&MACHINE, &json!({"items": [1, 2, 3]}));
        let (mut left, mut cuts) = (told.as_slice(), cuts.iter().cycle());
        while !left.is_empty() {
            let (now_told, rest) = left.split_at(cuts.next().copied().unwrap_or(1).min(left.len()));
            left = rest;
            // Half of them come as kept signals, and those are told first: as they come in the script.
            let (due, told) = now_told.split_at(now_told.len() / 2);
            let due = due.iter().map(|signal| Kept { id: Uuid::nil(), at: now(), signal: signal.clone() }).collect();
            together.tell(&MACHINE, due, told.to_vec());
        }
        prop_assert_eq!(state(&one_by_one), state(&together));
        prop_assert_eq!(open(&one_by_one.changes), open(&together.changes));
    }

    #[test]
    fn what_is_told_twice_or_late_changes_nothing(
        choices in prop::collection::vec((any::<u8>(), any::<bool>()), 1..24),
    ) {
        let (mut shelf, told) = script(&choices);
        let before = state(&shelf);
        // All of the past once more: every turn of it is over.
        let past: Vec<Signal> = told
            .into_iter()
            .filter(|signal| {
                let frame = shelf.loaded.frames.iter().find(|frame| frame.id == signal.frame);
                frame.is_none_or(|frame| frame.turn != signal.turn || frame.phase == Phase::Ended)
            })
            .collect();
        shelf.tell(&MACHINE, vec![], past);
        prop_assert_eq!(before, state(&shelf));
        let change = shelf.changes.last().unwrap();
        prop_assert!(change.tasks.is_empty() && change.kept.is_empty() && change.frames.is_empty());
    }

    #[test]
    fn a_decision_that_is_thrown_away_is_taken_again_the_same(
        choices in prop::collection::vec((any::<u8>(), any::<bool>()), 0..16),
        fails in any::<bool>(),
    ) {
        let (shelf, _) = script(&choices);
        let signals = possible(&shelf, fails);
        let first = shelf.decide(&MACHINE, vec![], signals.clone());
        let again = shelf.decide(&MACHINE, vec![], signals);
        prop_assert_eq!(&first.frames, &again.frames);
        prop_assert_eq!(&first.history, &again.history);
        prop_assert_eq!(first.tasks, again.tasks);
        prop_assert_eq!(first.status, again.status);
    }

    #[test]
    fn a_failed_execution_begins_again_and_leaves_nothing_undone(
        choices in prop::collection::vec((any::<u8>(), any::<bool>()), 0..24),
    ) {
        let (mut shelf, _) = script(&choices);
        if shelf.loaded.status == Status::Running {
            let abort = Signal { frame: 1, turn: 0, event: Event::Abort { error: None, cause: None } };
            shelf.tell(&MACHINE, vec![], vec![abort]);
        }
        if shelf.loaded.status == Status::Succeeded {
            return Ok(());
        }
        prop_assert!(shelf.loaded.frames.iter().all(|frame| frame.phase == Phase::Ended));
        let redrive = Signal { frame: 1, turn: 0, event: Event::Redrive { turn: 0 } };
        shelf.tell(&MACHINE, vec![], vec![redrive]);
        for _ in 0..40 {
            let signals = possible(&shelf, false);
            shelf.tell(&MACHINE, vec![], signals);
        }
        prop_assert_eq!(shelf.loaded.status, Status::Succeeded);
        prop_assert!(shelf.loaded.frames.is_empty());
    }
}
