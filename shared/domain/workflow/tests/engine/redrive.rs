use super::shelf::{Script, definition, output, run, start, task, types};
use octavo_domain_workflow::{
    engine::{NotRedrivable, Status, redrivable},
    history::Entry,
    machine::Ended,
    rehearsal::Rehearsal,
};
use serde_json::{Value, json};

fn machine(states: &Value) -> Value {
    let first = states.as_object().and_then(|states| states.keys().next()).cloned();
    json!({"StartAt": first, "States": states})
}

#[test]
fn what_succeeded_is_not_done_again_and_the_history_goes_on() {
    let machine = definition(&json!({"StartAt": "A", "States": {"A": task(Some("B")), "B": task(None)}}));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!("in")));
    let mut script = Script::of(&[("A", &["a"]), ("B", &["!", "b"])]);
    let failed = run(&mut rehearsal, &mut script);
    let before = failed.history.len();
    assert_eq!(types(&failed.history).last().map(String::as_str), Some("ExecutionFailed"));
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), json!("b"));
    assert_eq!((script.count("A"), script.count("B")), (1, 2));
    assert_eq!(
        types(&report.history)[before..],
        ["ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    );
    let redriven = &report.history[before];
    assert_eq!((redriven.id, redriven.previous), (before as u64 + 1, before as u64));
    assert!(matches!(redriven.entry, Entry::ExecutionRedriven { redrive_count: 1 }));
    assert_eq!(report.history[before + 1].previous, redriven.id);
    assert_eq!(rehearsal.redrive(), Err(NotRedrivable::Succeeded));
}

#[test]
fn an_execution_may_fail_again_and_begin_again() {
    let machine = definition(&json!({"StartAt": "A", "States": {"A": task(None)}}));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!(1)));
    let mut script = Script::of(&[("A", &["!", "!", "!", "a"])]);
    run(&mut rehearsal, &mut script);
    for _ in 0..3 {
        rehearsal.redrive().unwrap();
        run(&mut rehearsal, &mut script);
    }
    let report = rehearsal.report();
    assert_eq!(output(&report), json!("a"));
    let counts: Vec<u32> = report
        .history
        .iter()
        .filter_map(|record| match record.entry {
            Entry::ExecutionRedriven { redrive_count } => Some(redrive_count),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [1, 2, 3]);
}

#[test]
fn retriers_have_all_their_tries_again() {
    let mut retried = task(None);
    retried["Retry"] = json!([{"ErrorEquals": ["Boom"], "MaxAttempts": 2}]);
    let machine = definition(&json!({"StartAt": "A", "States": {"A": retried}}));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!(1)));
    let mut script = Script::of(&[("A", &["!", "!", "!", "!", "!", "a"])]);
    run(&mut rehearsal, &mut script);
    assert_eq!(script.count("A"), 3);
    rehearsal.redrive().unwrap();
    assert_eq!(output(&run(&mut rehearsal, &mut script)), json!("a"));
    assert_eq!(script.count("A"), 6);
}

#[test]
fn only_branches_that_did_not_succeed_run_again() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(None)}});
    let machine = definition(&machine(&json!({
        "P": {"Type": "Parallel", "Branches": [branch("X"), branch("Y"), branch("Z")], "End": true},
    })));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!("in")));
    // Z is not answered before Y has failed: it is stopped.
    let mut script = Script::of(&[("X", &["x"]), ("Y", &["!", "y"]), ("Z", &["?", "z"])]);
    let failed = run(&mut rehearsal, &mut script);
    let told = types(&failed.history);
    assert_eq!(told.iter().filter(|kind| *kind == "TaskStateAborted").count(), 2, "{told:?}");
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), json!(["x", "y", "z"]));
    assert_eq!((script.count("X"), script.count("Y"), script.count("Z")), (1, 2, 2));
    let again = &types(&report.history)[failed.history.len()..];
    assert!(!again.contains(&"ParallelStateStarted".to_owned()), "{again:?}");
}

#[test]
fn iterations_that_failed_were_stopped_or_never_began_run() {
    let machine = definition(&machine(&json!({
        "M": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "T", "States": {"T": task(None)}},
            "End": true},
    })));
    let items = json!(["a", "b", "c", "d", "e"]);
    let mut rehearsal = Rehearsal::new(&machine, &start(items.clone()));
    let mut script =
        Script::of(&[("T/a", &["a"]), ("T/b", &["?", "b"]), ("T/c", &["!", "c"]), ("T/d", &["d"]), ("T/e", &["e"])]);
    let failed = run(&mut rehearsal, &mut script);
    assert!(types(&failed.history).contains(&"MapIterationAborted".to_owned()));
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), items);
    let counts: Vec<usize> = ["a", "b", "c", "d", "e"].iter().map(|item| script.count(&format!("T/{item}"))).collect();
    assert_eq!(counts, [1, 2, 2, 1, 1]);
}

#[test]
fn what_is_nested_goes_on_where_it_stood() {
    let inner = json!({"StartAt": "Q", "States": {"Q": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "U", "States": {"U": task(None)}},
        {"StartAt": "V", "States": {"V": task(Some("W")), "W": task(None)}},
    ]}}});
    let machine = definition(&machine(&json!({
        "M": {"Type": "Map", "ItemProcessor": inner, "Next": "Last"},
        "Last": task(None),
    })));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!([1, 2])));
    let mut script =
        Script::of(&[("U/1", &["u1"]), ("U/2", &["u2"]), ("V/1", &["v"]), ("V/2", &["v"]), ("W", &["w", "!", "w2"])]);
    let failed = run(&mut rehearsal, &mut script);
    assert_eq!(types(&failed.history).last().map(String::as_str), Some("ExecutionFailed"));
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), json!("ok"));
    assert_eq!((script.count("V/1"), script.count("V/2"), script.count("W"), script.count("U/1")), (1, 1, 3, 1));
}

#[test]
fn a_failure_that_was_caught_leaves_nothing_behind() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(None)}});
    let machine = definition(&machine(&json!({
        "P": {"Type": "Parallel", "Branches": [branch("X"), branch("Y")],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "L"}], "End": true},
        "L": task(None),
    })));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!("in")));
    let mut script = Script::of(&[("X", &["?"]), ("Y", &["!"]), ("L", &["!", "done"])]);
    run(&mut rehearsal, &mut script);
    rehearsal.redrive().unwrap();
    assert_eq!(output(&run(&mut rehearsal, &mut script)), json!("done"));
    assert_eq!((script.count("X"), script.count("Y"), script.count("L")), (1, 1, 2));
}

#[test]
fn a_wait_that_was_stopped_waits_anew() {
    let machine = definition(&json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}}));
    let mut begun = start(json!({}));
    begun.abort_after_seconds = Some(10);
    let mut rehearsal = Rehearsal::new(&machine, &begun);
    let stopped = run(&mut rehearsal, &mut Script::default());
    assert!(matches!(stopped.ended, Some(Ended::Aborted { .. })));
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut Script::default());
    assert_eq!(output(&report), json!({}));
    assert_eq!((report.now - begun.now).num_seconds(), 110);
}

#[test]
fn the_time_limit_begins_anew() {
    let machine = definition(&json!({"StartAt": "A", "TimeoutSeconds": 30, "States": {"A": task(None)}}));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!({})));
    let mut script = Script::of(&[("A", &["?", "?", "a"])]);
    assert!(matches!(run(&mut rehearsal, &mut script).ended, Some(Ended::TimedOut)));
    rehearsal.redrive().unwrap();
    let again = run(&mut rehearsal, &mut script);
    assert!(matches!(again.ended, Some(Ended::TimedOut)));
    assert_eq!((again.now - super::shelf::now()).num_seconds(), 60);
    rehearsal.redrive().unwrap();
    assert_eq!(output(&run(&mut rehearsal, &mut script)), json!("a"));
}

#[test]
fn what_may_not_begin_again_says_why() {
    let machine = definition(&json!({"StartAt": "F", "States": {"F": {"Type": "Fail"}}}));
    let shelf = super::shelf::Shelf::begin(&machine, &json!({}));
    let (now, execution) = (super::shelf::now(), shelf.loaded.execution);
    let day = chrono::TimeDelta::days(1);
    let judge = |status, execution: &_, ended| redrivable(status, execution, Some(ended), now);
    assert_eq!(judge(Status::Failed, &execution, now), Ok(()));
    assert_eq!(judge(Status::Aborted, &execution, now - day * 14), Ok(()));
    assert_eq!(judge(Status::Running, &execution, now), Err(NotRedrivable::Running));
    assert_eq!(judge(Status::Succeeded, &execution, now), Err(NotRedrivable::Succeeded));
    assert_eq!(judge(Status::TimedOut, &execution, now - day * 15), Err(NotRedrivable::Period));
    let mut other = execution.clone();
    other.express = true;
    assert_eq!(judge(Status::Failed, &other, now), Err(NotRedrivable::Express));
    let mut other = execution.clone();
    other.events = 24_999;
    assert_eq!(judge(Status::Failed, &other, now), Err(NotRedrivable::Events));
    let mut other = execution.clone();
    other.started_at = now - day * 366;
    assert_eq!(judge(Status::Failed, &other, now), Err(NotRedrivable::Time));
    let mut other = execution;
    other.redrive_count = 1_000;
    assert_eq!(judge(Status::Failed, &other, now), Err(NotRedrivable::Redrives));
    assert_eq!(NotRedrivable::Period.to_string(), "Execution redrivable period exceeded");
}
