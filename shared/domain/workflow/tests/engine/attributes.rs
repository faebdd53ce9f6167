use super::shelf::{Script, definition, run, start};
use octavo_domain_workflow::{definition::parse, rehearsal::Rehearsal};
use serde_json::{Value, json};

#[test]
fn attributes_come_from_the_input_and_follow_the_path_s_own_variables() {
    let machine = definition(&json!({
        "QueryLanguage": "JSONata",
        "SearchAttributes": {
            "customer": "{% $states.input.customer.id %}", "total": "{% $sum($states.input.lines) %}",
            "missing": "{% $states.input.nothing %}", "list": "{% $states.input.lines %}", "kind": "order",
            "status": "new", "long": "{% $pad('', 300, 'x') %}",
        },
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"status": "paid", "other": 1, "total": {"not": "fit"}}, "Next": "P"},
            "P": {"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "B", "States": {"B": {"Type": "Pass", "Assign": {"kind": "inner"}, "End": true}}},
            ]},
        },
    }));
    let input = json!({"customer": {"id": "c1"}, "lines": [1, 2.5]});
    let mut rehearsal = Rehearsal::new(&machine, &start(input));
    run(&mut rehearsal, &mut Script::default());
    let attributes = Value::Object(rehearsal.attributes());
    assert_eq!(attributes, json!({"customer": "c1", "kind": "order", "status": "paid"}));
}

#[test]
fn paths_and_functions_are_evaluated_in_the_other_language() {
    let machine = definition(&json!({
        "SearchAttributes": {"a": "$.a", "b": "States.Format('{}!', $.a)", "name": "$$.Execution.Name", "n": 7},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}},
    }));
    let rehearsal = Rehearsal::new(&machine, &start(json!({"a": "x"})));
    assert_eq!(Value::Object(rehearsal.attributes()), json!({"a": "x", "b": "x!", "name": "e", "n": 7}));
}

#[test]
fn what_is_wrong_with_them_is_found() {
    let with = |attributes: Value| {
        let text = json!({
            "QueryLanguage": "JSONata", "SearchAttributes": attributes,
            "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}},
        });
        parse(&text.to_string(), false).unwrap_err().into_iter().map(|finding| finding.path).collect::<Vec<_>>()
    };
    assert_eq!(with(json!([])), ["/SearchAttributes"]);
    assert_eq!(with(json!({"1a": "x"})), ["/SearchAttributes/1a"]);
    assert_eq!(with(json!({"a": {}})), ["/SearchAttributes/a"]);
    assert_eq!(with(json!({"a": "{% 1 + %}"})), ["/SearchAttributes/a"]);
    let many: serde_json::Map<String, Value> = (0..21).map(|index| (format!("a{index}"), json!(1))).collect();
    assert_eq!(with(Value::Object(many)), ["/SearchAttributes"]);
}
