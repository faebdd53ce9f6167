use super::shelf::{Script, definition, output, run, start, task, types};
use octavo_domain_workflow::{mocks::Mocks, rehearsal::Rehearsal};
use serde_json::json;

#[test]
fn a_test_case_answers_its_states_and_others_are_asked() {
    let mut retried = task(Some("B"));
    retried["Retry"] = json!([{"ErrorEquals": ["Card.Declined"], "MaxAttempts": 3}]);
    let machine = definition(&json!({"StartAt": "A", "States": {"A": retried, "B": task(None)}}));
    let file = json!({
        "StateMachines": {"m": {"TestCases": {"declined twice": {"A": "Declined"}}}},
        "MockedResponses": {"Declined": {
            "0-1": {"Throw": {"Error": "Card.Declined", "Cause": "no funds"}}, "2": {"Return": {"paid": true}},
        }},
    });
    let mocks = Mocks::parse(&file.to_string()).unwrap();
    let mut begun = start(json!({}));
    begun.mocked = mocks.case("m", "declined twice").cloned();
    let mut rehearsal = Rehearsal::new(&machine, &begun);
    let mut script = Script::of(&[("B", &["shipped"])]);
    let report = run(&mut rehearsal, &mut script);
    assert_eq!(output(&report), json!("shipped"));
    assert_eq!((script.count("A"), script.count("B")), (0, 1));
    let told = types(&report.history);
    assert_eq!(told.iter().filter(|kind| *kind == "TaskFailed").count(), 2, "{told:?}");
}

#[test]
fn a_call_that_nothing_answers_fails_the_execution() {
    let machine = definition(&json!({"StartAt": "A", "States": {"A": task(Some("A2")), "A2": task(None)}}));
    let file = json!({
        "StateMachines": {"m": {"TestCases": {"c": {"A": "R", "A2": "R"}}}},
        "MockedResponses": {"R": {"0": {"Throw": {"Error": "States.TaskFailed"}}}},
    });
    let mut begun = start(json!({}));
    begun.mocked = Mocks::parse(&file.to_string()).unwrap().case("m", "c").cloned();
    let mut rehearsal = Rehearsal::new(&machine, &begun);
    run(&mut rehearsal, &mut Script::default());
    rehearsal.redrive().unwrap();
    let report = run(&mut rehearsal, &mut Script::default());
    let failed = report.history.last().unwrap().to_wire();
    assert_eq!(failed["executionFailedEventDetails"]["error"], "States.Runtime", "{failed}");
}
