//! Findings: every fault at once, each with its place and what to do.

use chrono::DateTime;
use octavo_domain_workflow::definition::{Code, Finding, parse, refusal, variable_references};
use octavo_domain_workflow::rehearsal::{Start, rehearse};
use proptest::prelude::*;
use serde_json::json;

fn findings(text: &str) -> Vec<Finding> {
    parse(text, false).err().unwrap_or_default()
}

fn told(text: &str) -> Vec<(String, usize, usize)> {
    findings(text).into_iter().map(|finding| (finding.path, finding.line, finding.column)).collect()
}

#[test]
fn a_target_that_is_not_there_is_found_in_its_line_with_the_nearest_name() {
    let text = r#"{
  "StartAt": "Order",
  "States": {
    "Order": { "Type": "Pass", "Next": "Shipp" },
    "Ship": { "Type": "Succeed" }
  }
}"#;
    let found = findings(text);
    assert_eq!(found[0].code, Code::MissingTransitionTarget);
    assert_eq!((found[0].path.as_str(), found[0].line, found[0].column), ("/States/Order/Next", 4, 32));
    assert_eq!(found[0].message, "Missing 'Next' target: Shipp");
    assert_eq!(found[0].hint, "Did you mean 'Ship'?");
    assert_eq!(found[1].path, "/States/Ship");
}

#[test]
fn all_faults_are_found_at_once() {
    let text = r#"{"StartAt":"A","States":{
"A":{"Type":"Task","Resorce":"x","Next":"B"},
"B":{"Type":"Choice","Choices":[]},
"C":{"Type":"Nap"}}}"#;
    let places = told(text);
    for path in ["/States/A/Resorce", "/States/A", "/States/B/Choices", "/States/C/Type"] {
        assert!(places.iter().any(|(found, ..)| found == path), "{path} in {places:?}");
    }
    let field = findings(text).into_iter().find(|finding| finding.path == "/States/A/Resorce").unwrap();
    assert_eq!((field.line, field.column, field.hint.as_str()), (2, 20, "Did you mean 'Resource'?"));
}

#[test]
fn a_refusal_reads_as_the_services() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Timestamp":"2016-12-05T21:29:29","End":true}}}"#;
    assert_eq!(
        refusal(&findings(text)),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A/Timestamp'"
    );
}

#[test]
fn a_field_given_twice_is_a_fault() {
    let text = "{\"StartAt\":\"A\",\n\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}";
    assert_eq!(told(text), [("/StartAt".to_owned(), 2, 1)]);
}

#[test]
fn a_text_that_is_no_json_is_told_with_its_place() {
    let found = findings("{\n  \"StartAt\": ,\n}");
    assert_eq!((found[0].code, found[0].line, found[0].column), (Code::InvalidJsonDescription, 2, 14));
}

#[test]
fn an_express_machine_may_not_wait_for_a_token() {
    let text = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}"#;
    assert!(parse(text, false).is_ok());
    assert_eq!(parse(text, true).unwrap_err()[0].path, "/States/A/Resource");
}

#[test]
fn paths_and_expressions_are_read_when_a_definition_is_made() {
    let path = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"nothing"},"End":true}}}"#;
    assert_eq!(findings(path)[0].path, "/States/A/Parameters");
    let jsonata = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":{"a":["{% 1 + %}"]},"End":true}}}"#;
    assert_eq!(findings(jsonata)[0].path, "/States/A/Output/a/0");
}

#[test]
fn states_inside_of_branches_and_processors_are_checked_too() {
    let text = r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"X","States":{"X":{"Type":"Pass"}}}}}}]}}}"#;
    assert_eq!(told(text), [("/States/P/Branches/0/States/M/ItemProcessor/States/X".to_owned(), 2, 96)]);
}

#[test]
fn a_hostile_text_ends_in_findings() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = format!(
        "{{\"StartAt\":\"A\",\"States\":{{{}}}}}",
        (0..1_000).map(|i| format!("\"{i}\":1")).collect::<Vec<_>>().join(",")
    );
    for text in ["", "null", "[]", "{}", "{\"StartAt\":1,\"States\":[]}", deep.as_str(), wide.as_str()] {
        let found = findings(text);
        assert!(!found.is_empty() && found.len() <= 100, "{}", found.len());
    }
}

#[test]
fn the_variables_that_states_refer_to_are_listed() {
    let text = r#"{"StartAt":"A","States":{
        "A":{"Type":"Pass","Assign":{"x":1,"y":2},"Next":"B"},
        "B":{"Type":"Pass","Parameters":{"a.$":"$x","b.$":"States.Format('$z {}', $y.deep)","c":"$w"},"End":true}}}"#;
    let references = variable_references(text);
    assert_eq!(references.into_iter().collect::<Vec<_>>(), [("B".to_owned(), vec!["x".to_owned(), "y".to_owned()])]);
}

/// A machine of every type, for pieces to be cut out of and put elsewhere.
const WHOLE: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"x.$":"$$.State.Name","y.$":"States.Array($.a, 1)"},
"ResultPath":"$.p","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.p.x","StringEquals":"A","Next":"C"}],"Default":"F"},
"C":{"Type":"Map","ItemsPath":"$.p.y","ItemProcessor":{"StartAt":"D","States":{"D":{"Type":"Wait","Seconds":1,"End":true}}},"Next":"E"},
"E":{"Type":"Parallel","Branches":[{"StartAt":"G","States":{"G":{"QueryLanguage":"JSONata","Type":"Pass","Output":"{% $states.input[0] %}","End":true}}}],
"Catch":[{"ErrorEquals":["States.ALL"],"Next":"F"}],"Next":"H"},"F":{"Type":"Fail","Error":"E"},"H":{"Type":"Succeed"}}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_change_of_a_text_makes_reading_or_running_it_panic(
        edits in prop::collection::vec((0..WHOLE.len(), 0..WHOLE.len(), 0..12_usize), 1..4)
    ) {
        let mut text = WHOLE.to_owned();
        for (from, to, length) in edits {
            let piece: String = WHOLE.chars().skip(from).take(length).collect();
            let at = to.min(text.len());
            text.replace_range(at..(at + length / 2).min(text.len()), &piece);
        }
        if let Ok(definition) = parse(&text, false) {
            let start = Start {
                machine_arn: String::new(),
                name: String::new(),
                role_arn: String::new(),
                input: json!({"a": [1]}),
                express: false,
                now: DateTime::UNIX_EPOCH,
                seed: 1,
                stored: false,
                abort_after_seconds: None,
        mocked: None,
            };
            rehearse(&definition, &start, &mut |_, _| Vec::new());
        }
    }
}
