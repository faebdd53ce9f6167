use super::shelf::{Script, Shelf, definition, now, output, run, start, task, types};
use octavo_domain_workflow::{
    engine::{Above, ExecutionId, Kept, NotRedrivable, Status, Tells},
    machine::{Event, MapRun, Outcome, Signal},
    rehearsal::Rehearsal,
};
use serde_json::{Value, json};
use uuid::Uuid;

fn machine(more: &Value) -> Value {
    let mut map = json!({
        "Type": "Map", "Label": "L", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "T", "States": {"T": task(None)},
        },
    });
    for (name, value) in more.as_object().expect("an object") {
        map[name] = value.clone();
    }
    json!({"StartAt": "M", "States": {"M": map}})
}

#[test]
fn unsuccessful_children_begin_again_and_keep_their_executions() {
    let machine = definition(&machine(&json!({"ToleratedFailureCount": 1, "MaxConcurrency": 3})));
    let mut rehearsal = Rehearsal::new(&machine, &start(json!(["a", "b", "c", "d"])));
    let mut script = Script::of(&[("T/a", &["a"]), ("T/b", &["!", "b"]), ("T/c", &["!", "c"]), ("T/d", &["?", "d"])]);
    let failed = run(&mut rehearsal, &mut script);
    assert_eq!(types(&failed.history)[3..], ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), json!(["a", "b", "c", "d"]));
    assert_eq!(types(&report.history)[7..9], ["ExecutionRedriven", "MapRunRedriven"]);
    assert_eq!(report.children.len(), 4);
    let counts: Vec<usize> = ["a", "b", "c", "d"].iter().map(|item| script.count(&format!("T/{item}"))).collect();
    assert_eq!(counts, [1, 2, 2, 2]);
    let begun_again = |child: &Vec<_>| types(child).contains(&"ExecutionRedriven".to_owned());
    assert_eq!(report.children.iter().filter(|child| begun_again(child)).count(), 3);
    assert!(report.children.iter().all(|child| types(child).last().unwrap() == "ExecutionSucceeded"));
}

#[test]
fn express_children_begin_from_their_start_in_new_executions() {
    let mut express = machine(&json!({}));
    express["States"]["M"]["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = json!("EXPRESS");
    let machine = definition(&express);
    let mut rehearsal = Rehearsal::new(&machine, &start(json!(["a", "b"])));
    let mut script = Script::of(&[("T/a", &["a"]), ("T/b", &["!", "b"])]);
    run(&mut rehearsal, &mut script);
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), json!(["a", "b"]));
    assert_eq!(report.children.len(), 3);
}

#[test]
fn a_child_does_not_begin_again_by_itself() {
    let machine = definition(&machine(&json!({})));
    let mut parent = Shelf::begin(&machine, &json!(["a"]));
    let child = parent.changes[0].children[0].clone();
    let mut child = Shelf::of(&machine, child);
    let order = child.changes[0].tasks[0].clone();
    let failed = Event::TaskFailed { error: None, cause: None };
    child.tell(&machine, vec![], vec![Signal { frame: order.frame, turn: order.turn, event: failed }]);
    assert_eq!(child.loaded.status, Status::Failed);
    let settling = octavo_domain_workflow::engine::Settling {
        definition: &machine,
        now: now(),
        chance: &|| 1,
        token: &String::new,
        ids: &Uuid::nil,
    };
    let refused = octavo_domain_workflow::engine::redrive(&settling, child.loaded.clone()).unwrap_err();
    assert_eq!(refused.to_string(), NotRedrivable::Child.to_string());
    // The parent hears of it, fails, and begins it again; it tells the parent's new turn.
    let told = child.changes[1].posted[0].clone();
    assert_eq!(told.to, parent.loaded.id);
    parent.tell(&machine, vec![told.kept], vec![]);
    assert_eq!(parent.loaded.status, Status::Failed);
    let again = octavo_domain_workflow::engine::redrive(&settling, parent.loaded.clone()).unwrap();
    assert!(again.redriven && again.finished.is_none() && again.status == Status::Running);
    assert_eq!(again.runs_redriven.len(), 1);
    let posted = again.posted[0].clone();
    assert_eq!(posted.to, child.loaded.id);
    parent.commit(again);
    child.tell(&machine, vec![posted.kept], vec![]);
    assert_eq!(child.loaded.status, Status::Running);
    let order = child.changes[2].tasks[0].clone();
    let done = Event::TaskSucceeded { output: json!("fine") };
    child.tell(&machine, vec![], vec![Signal { frame: order.frame, turn: order.turn, event: done }]);
    let told = child.changes[3].posted[0].clone();
    parent.tell(&machine, vec![told.kept], vec![]);
    assert_eq!(parent.loaded.finished.clone().unwrap().output, Some(json!(["fine"])));
}

#[test]
fn a_child_that_ended_unheard_is_heard_after_a_redrive() {
    // The parent was stopped before it heard that its child had succeeded.
    let machine = definition(&machine(&json!({})));
    let mut parent = Shelf::begin(&machine, &json!(["a"]));
    let mut child = Shelf::of(&machine, parent.changes[0].children[0].clone());
    let order = child.changes[0].tasks[0].clone();
    let done = Event::TaskSucceeded { output: json!("fine") };
    child.tell(&machine, vec![], vec![Signal { frame: order.frame, turn: order.turn, event: done }]);
    assert!(child.loaded.frames.is_empty());
    let abort = Signal { frame: 1, turn: 0, event: Event::Abort { error: None, cause: None } };
    parent.tell(&machine, vec![], vec![abort]);
    assert_eq!(parent.changes[1].children_stopped, [1]);
    let redrive = Signal { frame: 1, turn: 0, event: Event::Redrive { turn: 0 } };
    parent.tell(&machine, vec![], vec![redrive]);
    let posted = parent.changes[2].posted[0].clone();
    assert_eq!(posted.to, child.loaded.id);
    child.tell(&machine, vec![posted.kept], vec![]);
    assert_eq!(child.loaded.status, Status::Succeeded);
    let told = child.changes[2].posted[0].clone();
    assert!(matches!(&told.kept.signal.event, Event::ChildEnded { index: 0, outcome: Outcome::Succeeded(_), .. }));
    parent.tell(&machine, vec![told.kept], vec![]);
    assert_eq!(parent.loaded.finished.clone().unwrap().output, Some(json!(["fine"])));
}

#[test]
fn a_child_that_has_not_heard_that_it_is_stopped_begins_again_in_the_same_wake() {
    let machine = definition(&machine(&json!({})));
    let parent = Shelf::begin(&machine, &json!(["a"]));
    let mut child = Shelf::of(&machine, parent.changes[0].children[0].clone());
    let kept = |event| Kept { id: Uuid::nil(), at: now(), signal: Signal { frame: 1, turn: 0, event } };
    let abort = kept(Event::Abort { error: None, cause: None });
    child.tell(&machine, vec![abort, kept(Event::Redrive { turn: 9 })], vec![]);
    let change = child.changes.last().unwrap();
    assert!(change.redriven && change.finished.is_none());
    assert_eq!(child.loaded.status, Status::Running);
    assert_eq!(child.loaded.frames[0].parent.as_ref().unwrap().turn, 9);
    assert_eq!(change.tasks.len(), 1);
    assert_eq!(change.turns.len(), 1, "the stopped task is over");
}

#[test]
fn child_executions_are_found_by_their_run_and_index() {
    let run = MapRun {
        arn: "arn:aws:states:eu-west-1:111111111111:mapRun:m/L:1".to_owned(),
        tolerated_count: None,
        tolerated_percentage: None,
        began_at: now(),
        redrive_count: 0,
    };
    let id = |index, again| ExecutionId::of_child(&run, index, again);
    let mut all: Vec<ExecutionId> = [0, 1, 2, 1 << 20, u32::MAX].into_iter().map(|index| id(index, 0)).collect();
    let sorted = all.clone();
    all.sort_unstable();
    assert_eq!(all, sorted, "in the order of the items");
    assert_eq!(id(7, 0), id(7, 0));
    assert_ne!(id(7, 0), id(7, 1));
    assert_eq!(id(7, 0).0.get_version_num(), 7);
    let seconds = id(7, 0).0.get_timestamp().unwrap().to_unix().0;
    assert_eq!(i64::try_from(seconds).unwrap(), now().timestamp());
}

#[test]
fn a_sync_task_is_told_what_its_child_came_to() {
    let machine = definition(&json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}));
    let shelf = Shelf::begin(&machine, &json!({"a": 1}));
    let mut new = match &shelf.changes[0].expected {
        octavo_domain_workflow::engine::Expected::New(new) => (**new).clone(),
        other => panic!("{other:?}"),
    };
    let above = ExecutionId(Uuid::from_u128(9));
    for (tells, shown) in [(Tells::Sync, json!("{\"a\":1}")), (Tells::SyncJson, json!({"a": 1}))] {
        new.above = Some(Above { execution: above, frame: 4, turn: 2, tells });
        let child = Shelf::of(&machine, new.clone());
        let posted = &child.changes[0].posted[0];
        assert_eq!((posted.to, posted.kept.signal.frame, posted.kept.signal.turn), (above, 4, 2));
        let Event::TaskSucceeded { output } = &posted.kept.signal.event else { panic!("{posted:?}") };
        assert_eq!((&output["Output"], &output["Status"]), (&shown, &json!("SUCCEEDED")));
    }
}

#[test]
fn an_end_among_thousands_writes_a_small_part_of_the_run() {
    let machine = definition(&machine(&json!({"ToleratedFailurePercentage": 100})));
    let items: Vec<Value> = (0..3_000).map(|item| json!({"item": item, "text": "x".repeat(40)})).collect();
    let mut parent = Shelf::begin(&machine, &json!(items));
    assert_eq!(parent.changes[0].children.len(), 3_000);
    let turn = parent.loaded.frames[0].turn;
    let ended = |index: u32| {
        let outcome = match index {
            7 => Outcome::Failed { error: Some("Boom".to_owned()), cause: None },
            _ => Outcome::Succeeded(json!({"done": index})),
        };
        Signal { frame: 1, turn, event: Event::ChildEnded { index, last: 0, outcome, in_task: false } }
    };
    let written = |parent: &Shelf| -> usize {
        let frames = &parent.changes.last().unwrap().frames;
        frames.iter().map(|frame| serde_json::to_string(frame).unwrap().len()).sum()
    };
    let whole = written(&parent);
    assert!(whole > 200_000, "{whole}");
    for index in [2_999, 7, 1_500] {
        parent.tell(&machine, vec![], vec![ended(index)]);
        assert_eq!(parent.changes.last().unwrap().frames.len(), 2, "the frame, and the shelf of that child");
        assert!(written(&parent) < whole / 8, "{} of {whole}", written(&parent));
    }
    // Stopped, and begun again: what had ended is still known.
    parent.tell(&machine, vec![], vec![Signal { frame: 1, turn: 0, event: Event::Abort { error: None, cause: None } }]);
    parent.tell(&machine, vec![], vec![Signal { frame: 1, turn: 0, event: Event::Redrive { turn: 0 } }]);
    assert_eq!(parent.changes.last().unwrap().posted.len(), 2_998, "all but two that had succeeded");
    let turn = parent.loaded.frames[0].turn;
    let rest = (0..3_000).filter(|index| ![2_999, 1_500].contains(index)).map(|index| {
        let outcome = Outcome::Succeeded(json!({"done": index}));
        Signal { frame: 1, turn, event: Event::ChildEnded { index, last: 0, outcome, in_task: false } }
    });
    parent.tell(&machine, vec![], rest.collect());
    let output = parent.loaded.finished.clone().unwrap().output.unwrap();
    let expected: Vec<Value> = (0..3_000).map(|index| json!({"done": index})).collect();
    assert_eq!(output, json!(expected));
    assert!(parent.loaded.frames.is_empty());
}
