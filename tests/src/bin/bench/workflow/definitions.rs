//! The state machines that are measured.

use serde_json::{Map, Value, json};

/// States of the executions that do nothing outside.
pub(super) const PASS_STATES: usize = 10;
/// The steps of the workflow that peers are compared on.
pub(super) const STEPS: usize = 3;

/// Ten states, `Choice` and `Pass` in turn, in JSONata: a `Choice` compares, a `Pass` computes an output and a variable.
pub(super) fn passes() -> Value {
    let choice = json!({ "Condition": "{% $states.input.n > 1000000 %}", "Next": "Lost" });
    let pass = json!({
        "Type": "Pass",
        "Assign": { "before": "{% $states.input.n %}" },
        "Output": { "n": "{% $states.input.n + 1 %}", "customer": "{% $states.input.customer %}" }
    });
    machine("JSONata", &choice, &pass)
}

/// The same in JSONPath.
pub(super) fn passes_by_path() -> Value {
    let choice = json!({ "Variable": "$.n", "NumericGreaterThan": 1_000_000, "Next": "Lost" });
    let pass = json!({
        "Type": "Pass",
        "Assign": { "before.$": "$.n" },
        "Parameters": { "n.$": "States.MathAdd($.n, 1)", "customer.$": "$.customer" }
    });
    machine("JSONPath", &choice, &pass)
}

/// Ten `Pass` states that hand their input on: what a state costs that computes nothing.
pub(super) fn plain_passes() -> Value {
    let states =
        (0..PASS_STATES).map(|number| (name(number), goes_on(&json!({ "Type": "Pass" }), number, PASS_STATES)));
    json!({ "QueryLanguage": "JSONata", "StartAt": name(0), "States": states.collect::<Map<_, _>>() })
}

/// What an execution of any of these is started with.
pub(super) fn input(number: u64) -> Value {
    json!({ "n": number % 1000, "customer": format!("customer-{}", number % 100) })
}

/// Three tasks in a row, each of which calls `function`, which answers what it is called with.
pub(super) fn three_steps(function: &str) -> Value {
    let state = |number: usize| {
        let answer =
            ["{% $states.input.number + 1 %}", "{% $states.input.number * 2 %}", "{% $states.input.number - 3 %}"];
        let task = json!({ "Type": "Task", "Resource": function, "Arguments": { "number": answer[number] } });
        (name(number), goes_on(&task, number, STEPS))
    };
    json!({ "QueryLanguage": "JSONata", "StartAt": name(0), "States": (0..STEPS).map(state).collect::<Map<_, _>>() })
}

/// One task that calls `function` with what the execution is started with.
pub(super) fn one_task(function: &str) -> Value {
    let task = json!({ "Type": "Task", "Resource": function, "Arguments": "{% $states.input %}", "End": true });
    json!({ "QueryLanguage": "JSONata", "StartAt": "Task", "States": { "Task": task } })
}

fn machine(language: &str, choice: &Value, pass: &Value) -> Value {
    let state = |number: usize| {
        let state = match number % 2 {
            0 => json!({ "Type": "Choice", "Choices": [choice], "Default": name(number + 1) }),
            _ => goes_on(pass, number, PASS_STATES),
        };
        (name(number), state)
    };
    let mut states: Map<String, Value> = (0..PASS_STATES).map(state).collect();
    states.insert("Lost".to_owned(), json!({ "Type": "Fail", "Error": "Lost" }));
    json!({ "QueryLanguage": language, "StartAt": name(0), "States": states })
}

fn name(number: usize) -> String {
    format!("State{number}")
}

/// The state, with the one after it as its next one; the last of `all` ends.
fn goes_on(state: &Value, number: usize, all: usize) -> Value {
    let mut state = state.clone();
    if number + 1 == all {
        state["End"] = json!(true);
    } else {
        state["Next"] = json!(name(number + 1));
    }
    state
}
