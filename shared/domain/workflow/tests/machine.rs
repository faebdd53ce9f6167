//! The rules of the interpreter that recordings do not show: late signals, stores, limits, tolerated failures.

use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_workflow::{
    definition::{Definition, parse, refusal},
    machine::{Command, Ended, Event, Execution, Frame, Order, Outcome, Phase, Signal, Wake, advance},
    rehearsal::{Report, Start, rehearse},
};
use serde_json::{Value, json};

fn definition(value: &Value) -> Definition {
    parse(&value.to_string(), false).unwrap_or_else(|findings| panic!("{}", refusal(&findings)))
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_000_000, 0).unwrap_or_default()
}

fn start(input: Value) -> Start {
    Start {
        machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
        name: "e".to_owned(),
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        input,
        express: false,
        now: now(),
        seed: 7,
        stored: true,
        abort_after_seconds: None,
        mocked: None,
    }
}

fn run(machine: &Value, input: Value, tasks: &mut dyn FnMut(&str, &Order) -> Vec<Event>) -> Report {
    rehearse(&definition(machine), &start(input), tasks)
}

fn no_tasks(_: &str, _: &Order) -> Vec<Event> {
    Vec::new()
}

fn output(report: &Report) -> Value {
    match &report.ended {
        Some(Ended::Itself(Outcome::Succeeded(output))) => output.clone(),
        other => panic!("{other:?}"),
    }
}

fn error(report: &Report) -> (String, String) {
    match &report.ended {
        Some(Ended::Itself(Outcome::Failed { error, cause })) => {
            (error.clone().unwrap_or_default(), cause.clone().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

fn types(report: &Report) -> Vec<String> {
    report.history.iter().map(|record| record.entry.type_name()).collect()
}

fn execution() -> Execution {
    Execution {
        arn: "arn:aws:states:eu-west-1:111111111111:execution:m:e".to_owned(),
        name: "e".to_owned(),
        machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
        machine_name: "m".to_owned(),
        role_arn: String::new(),
        input: json!({}),
        started_at: now(),
        redrive_count: 0,
        express: false,
        events: 0,
        frames: 1,
        mocked: None,
    }
}

fn tell(machine: &Definition, execution: &mut Execution, frame: &mut Frame, turn: u64, event: Event) -> Vec<Command> {
    let wake = Wake { now: now(), chance: &|| 5, token: &|| "secret".to_owned(), child_state: &|_| None };
    let frame_id = frame.id;
    advance(machine, execution, frame, Signal { frame: frame_id, turn, event }, &wake)
}

fn task() -> Value {
    json!({"StartAt": "T", "States": {"T": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 9, "HeartbeatSeconds": 3,
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}, "End": true,
    }}})
}

#[test]
fn a_task_is_handed_out_with_its_limits_and_token_and_a_late_answer_changes_nothing() {
    let machine = definition(&task());
    let (mut execution, mut frame) = (execution(), Frame::first(0, "T", json!({}), now()));
    let commands = tell(&machine, &mut execution, &mut frame, 0, Event::Go);
    let Some(Command::Schedule { turn, order, .. }) = commands.last() else { panic!("{commands:?}") };
    assert_eq!((order.timeout_seconds, order.heartbeat_seconds), (Some(9), Some(3)));
    assert_eq!(order.parameters["Payload"]["token"], "secret");
    let (turn, before) = (*turn, (execution.clone(), frame.clone()));
    for late in [turn - 1, turn + 1] {
        let event = Event::TaskSucceeded { output: json!(1) };
        assert!(tell(&machine, &mut execution, &mut frame, late, event).is_empty());
    }
    assert_eq!((execution.clone(), frame.clone()), before);
    let answered = tell(&machine, &mut execution, &mut frame, turn, Event::TaskSucceeded { output: json!(1) });
    assert!(matches!(answered.last(), Some(Command::End(Ended::Itself(Outcome::Succeeded(_))))));
    assert_eq!(frame.phase, Phase::Ended);
    let again = tell(&machine, &mut execution, &mut frame, turn, Event::TaskSucceeded { output: json!(2) });
    assert!(again.is_empty(), "an answer counts once");
}

#[test]
fn a_stopped_execution_forgets_what_it_waited_for() {
    let machine = definition(&task());
    let (mut execution, mut frame) = (execution(), Frame::first(0, "T", json!({}), now()));
    tell(&machine, &mut execution, &mut frame, 0, Event::Go);
    let abort = Event::Abort { error: Some("E".to_owned()), cause: None };
    let commands = tell(&machine, &mut execution, &mut frame, 0, abort);
    assert!(matches!(commands.last(), Some(Command::End(Ended::Aborted { .. }))), "{commands:?}");
    assert!(commands.contains(&Command::CancelChildren { frame: 1 }));
}

#[test]
fn a_retrier_waits_longer_each_time_and_a_catcher_comes_last() {
    let mut machine = task();
    machine["States"]["T"]["Retry"] = json!([{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 2}]);
    machine["States"]["T"]["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.problem", "Next": "C"}]);
    machine["States"]["C"] = json!({"Type": "Pass", "End": true});
    let mut tried = 0;
    let mut busy = |_: &str, _: &Order| {
        tried += 1;
        vec![Event::TaskFailed { error: Some("Busy".to_owned()), cause: Some("full".to_owned()) }]
    };
    let report = run(&machine, json!({"kept": 1}), &mut busy);
    assert_eq!(tried, 3);
    assert_eq!(report.now - now(), TimeDelta::seconds(2 + 4));
    assert_eq!(output(&report), json!({"kept": 1, "problem": {"Error": "Busy", "Cause": "full"}}));
}

#[test]
fn a_missed_heartbeat_is_caught_by_its_own_name_and_told_as_a_timeout() {
    let mut machine = task();
    let mut missed = |_: &str, _: &Order| vec![Event::TaskTimedOut { heartbeat: true }];
    assert_eq!(error(&run(&machine, json!({}), &mut missed)).0, "States.Timeout");
    machine["States"]["T"]["Catch"] = json!([{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "C"}]);
    machine["States"]["C"] = json!({"Type": "Succeed"});
    assert_eq!(output(&run(&machine, json!({}), &mut missed))["Error"], "States.Timeout");
}

#[test]
fn an_endless_loop_pauses_between_wakes_and_ends_with_its_history() {
    let machine = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}});
    let parsed = definition(&machine);
    let (mut execution, mut frame) = (execution(), Frame::first(0, "A", json!({}), now()));
    let commands = tell(&parsed, &mut execution, &mut frame, 0, Event::Go);
    assert!(matches!(commands.last(), Some(Command::At { signal: Signal { event: Event::Go, .. }, .. })));
    let report = run(&machine, json!({}), &mut no_tasks);
    assert!(error(&report).1.contains("maximum number of history events"));
    assert_eq!(report.history.len(), 25_000);
}

#[test]
fn an_output_that_is_too_long_fails_the_state() {
    let machine = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": true}}});
    let report = run(&machine, json!("x".repeat(200_000)), &mut no_tasks);
    assert_eq!(error(&report).0, "States.DataLimitExceeded");
}

fn distributed(more: &Value) -> Value {
    let mut map = json!({"Type": "Map", "End": true, "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {
        "C": {"Type": "Choice", "Default": "Ok",
            "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "Bad"}]},
        "Ok": {"Type": "Pass", "End": true},
        "Bad": {"Type": "Fail", "Error": "Three"},
    }}});
    for (field, value) in more.as_object().into_iter().flatten() {
        map[field] = value.clone();
    }
    json!({"StartAt": "M", "States": {"M": map}})
}

#[test]
fn a_distributed_map_tolerates_as_many_failures_as_it_says() {
    let items = json!([1, 2, 3, 4]);
    for (more, tolerated) in [
        (json!({}), false),
        (json!({"ToleratedFailureCount": 1}), true),
        (json!({"ToleratedFailureCount": 0}), false),
        (json!({"ToleratedFailurePercentage": 25}), true),
        (json!({"ToleratedFailurePercentage": 24.9}), false),
    ] {
        let report = run(&distributed(&more), items.clone(), &mut no_tasks);
        if tolerated {
            assert_eq!(output(&report), json!([1, 2, {"Error": "Three"}, 4]), "{more}");
            assert_eq!(report.children.len(), 4);
        } else {
            assert_eq!(error(&report).0, "States.ExceedToleratedFailureThreshold", "{more}");
            let kinds = types(&report);
            assert_eq!(kinds[kinds.len() - 3..], ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
        }
    }
}

#[test]
fn items_are_batched_by_number_and_by_bytes() {
    let batch = |batcher: Value| {
        let mut machine = distributed(&json!({"ItemBatcher": batcher}));
        machine["States"]["M"]["ItemProcessor"]["States"]["C"] = json!({"Type": "Succeed"});
        for gone in ["Ok", "Bad"] {
            machine["States"]["M"]["ItemProcessor"]["States"].as_object_mut().unwrap().remove(gone);
        }
        output(&run(&machine, json!([1, 2, 3]), &mut no_tasks))
    };
    let expected = json!([{"BatchInput": {"k": 1}, "Items": [1, 2]}, {"BatchInput": {"k": 1}, "Items": [3]}]);
    assert_eq!(batch(json!({"MaxItemsPerBatch": 2, "BatchInput": {"k": 1}})), expected);
    assert_eq!(batch(json!({"MaxInputBytesPerBatch": 1})), json!([{"Items": [1]}, {"Items": [2]}, {"Items": [3]}]));
}

#[test]
fn items_and_results_may_be_elsewhere() {
    let machine = definition(&distributed(&json!({
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Key.$": "$.key"}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Prefix": "out"}},
    })));
    let (mut execution, mut frame) = (execution(), Frame::first(0, "M", json!({"key": "k"}), now()));
    let asked = tell(&machine, &mut execution, &mut frame, 0, Event::Go);
    let Some(Command::ReadItems { turn, reader, .. }) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(reader["Parameters"]["Key"], "k");
    let read = tell(&machine, &mut execution, &mut frame, *turn, Event::ItemsRead { items: vec![json!(8)] });
    let Some(Command::StartChild(child)) = read.last() else { panic!("{read:?}") };
    let parent = child.frame.parent.clone().unwrap();
    let ended = Event::ChildEnded { index: 0, last: 0, outcome: Outcome::Succeeded(json!(9)), in_task: false };
    let asked = tell(&machine, &mut execution, &mut frame, parent.turn, ended);
    let Some(Command::WriteResults { turn, results, .. }) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(results, &json!([9]));
    let written = Event::ResultsWritten { output: json!({"at": "out"}) };
    let end = tell(&machine, &mut execution, &mut frame, *turn, written);
    assert!(matches!(end.last(), Some(Command::End(Ended::Itself(Outcome::Succeeded(_))))), "{end:?}");
}

#[test]
fn a_branch_that_fails_ends_the_others() {
    let machine = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}},
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}},
    ]}}});
    let report = run(&machine, json!({}), &mut no_tasks);
    assert_eq!(error(&report).0, "E");
    assert_eq!(report.now, now(), "nobody waits for the other branch");
    assert!(!types(&report).contains(&"WaitStateExited".to_owned()));
}

#[test]
fn children_see_outer_variables_and_keep_their_own() {
    let machine = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "P"},
        "P": {"Type": "Parallel", "Next": "Z", "Branches": [{"StartAt": "B", "States": {
            "B": {"Type": "Pass", "Assign": {"y": "{% $x + 1 %}"}, "Next": "C"},
            "C": {"Type": "Pass", "Output": "{% [$x, $y] %}", "End": true},
        }}]},
        "Z": {"Type": "Pass", "Output": {"in": "{% $states.input %}", "y": "{% $exists($y) %}"}, "End": true},
    }});
    assert_eq!(output(&run(&machine, json!({}), &mut no_tasks)), json!({"in": [[1, 2]], "y": false}));
}

#[test]
fn the_machines_own_time_ends_it() {
    let machine = json!({"StartAt": "W", "TimeoutSeconds": 5, "States": {
        "W": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let report = run(&machine, json!({}), &mut no_tasks);
    assert_eq!(report.ended, Some(Ended::TimedOut));
    assert_eq!(report.now - now(), TimeDelta::seconds(5));
}

#[test]
fn an_express_execution_ends_after_five_minutes() {
    let machine = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}});
    let report = rehearse(&definition(&machine), &Start { express: true, ..start(json!({})) }, &mut no_tasks);
    assert_eq!((report.ended, report.now - now()), (Some(Ended::TimedOut), TimeDelta::minutes(5)));
}

#[test]
fn a_child_execution_that_runs_out_of_time_has_failed_to_its_parent() {
    let mut machine = distributed(&json!({"ToleratedFailureCount": 1}));
    let processor = &mut machine["States"]["M"]["ItemProcessor"];
    processor["ProcessorConfig"]["ExecutionType"] = json!("EXPRESS");
    processor["States"]["Ok"] = json!({"Type": "Wait", "Seconds": 600, "End": true});
    let report = run(&machine, json!([1]), &mut no_tasks);
    assert_eq!(output(&report), json!([{"Error": "States.Timeout"}]));
    assert_eq!(report.now - now(), TimeDelta::minutes(5));
}

#[test]
fn a_variable_that_wraps_itself_in_a_loop_ends_the_execution_before_it_cannot_be_kept() {
    let machine = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x.$": "States.Array($x)"}, "Next": "B"}}});
    let (_, cause) = error(&run(&machine, json!({}), &mut no_tasks));
    assert!(cause.contains("nests more than 100 deep"), "{cause}");
}
