//! `octavo workflow` without an emulator: definitions checked, drawn, rehearsed and tried out, as a person does it.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const OCTAVO: &str = env!("CARGO_BIN_EXE_octavo");

const ORDERS: &str = r#"{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": { "FunctionName": "charge", "Payload.$": "$" },
      "OutputPath": "$.Payload",
      "Retry": [{ "ErrorEquals": ["Card.Busy"], "IntervalSeconds": 5, "MaxAttempts": 2 }],
      "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Not charged" }],
      "Next": "Paid?"
    },
    "Paid?": {
      "Type": "Choice",
      "Choices": [{ "Variable": "$.status", "StringEquals": "paid", "Next": "Done" }],
      "Default": "Not charged"
    },
    "Done": { "Type": "Succeed" },
    "Not charged": { "Type": "Fail", "Error": "Order.NotCharged", "Cause": "no money" }
  }
}
"#;

const MOCKS: &str = r#"{
  "StateMachines": { "orders": { "TestCases": { "busy": { "Charge": "BusyTwice" }, "declined": { "Charge": "Declined" } } } },
  "MockedResponses": {
    "BusyTwice": { "0-1": { "Throw": { "Error": "Card.Busy", "Cause": "try again" } }, "2": { "Return": { "Payload": { "status": "paid" }, "StatusCode": 200 } } },
    "Declined": { "0": { "Throw": { "Error": "Card.Declined", "Cause": "no funds" } } }
  }
}
"#;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write("orders.json", ORDERS);
        desk.write("mocks.json", MOCKS);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs it in the folder.
    fn workflow(&self, arguments: &[&str]) -> Said {
        let data: &Path = self.folder.path();
        let mut command = Command::new(OCTAVO);
        command.current_dir(data).arg("--data").arg(data).arg("workflow").args(arguments);
        command.stdin(Stdio::null()).output().expect("the command can be started").into()
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    error: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), error: text(&output.stderr) }
    }
}

#[test]
fn a_definition_is_checked_with_the_place_of_each_fault() {
    let desk = Desk::new();
    let said = desk.workflow(&["check", "orders.json"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "orders.json: 4 states, nothing wrong\n"));

    desk.write(
        "wrong.json",
        &ORDERS.replace("\"Next\": \"Done\"", "\"Next\": \"Dona\"").replace("Resource", "Resorce"),
    );
    let said = desk.workflow(&["check", "orders.json", "wrong.json"]);
    assert_eq!(said.code, Some(1));
    let place = "wrong.json:15:69: MISSING_TRANSITION_TARGET: Missing 'Next' target: Dona at /States/Paid?/Choices/0/Next\n    Did you mean 'Done'?\n";
    assert!(said.out.contains(place), "{}", said.out);
    assert!(
        said.out.contains("wrong.json:6:7: SCHEMA_VALIDATION_FAILED: Field 'Resorce' is not supported"),
        "{}",
        said.out
    );
    assert!(said.error.ends_with(" faults\n"), "{}", said.error);
}

#[test]
fn a_text_that_is_no_json_is_told_where_it_breaks() {
    let desk = Desk::new();
    desk.write("broken.json", "{\n  \"StartAt\": \"A\"\n  \"States\": {}\n}\n");
    let said = desk.workflow(&["check", "broken.json"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.starts_with("broken.json:3:3: INVALID_JSON_DESCRIPTION: "), "{}", said.out);
    let said = desk.workflow(&["check", "none.json"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""));
    assert!(said.error.starts_with("octavo: cannot read none.json: "), "{}", said.error);
}

#[test]
fn an_express_definition_may_not_wait() {
    let desk = Desk::new();
    desk.write("wait.json", &ORDERS.replace("lambda:invoke", "lambda:invoke.waitForTaskToken"));
    assert_eq!(desk.workflow(&["check", "wait.json"]).code, Some(0));
    let said = desk.workflow(&["check", "--express", "--json", "wait.json"]);
    assert_eq!(said.code, Some(1));
    let found: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&found["wait.json"][0]["path"], &found["wait.json"][0]["line"]),
        (&"/States/Charge/Resource".into(), &6.into())
    );
}

#[test]
fn a_graph_is_text_that_others_draw() {
    let desk = Desk::new();
    let said = desk.workflow(&["graph", "orders.json"]);
    assert_eq!(said.code, Some(0), "{}", said.error);
    for line in [
        "flowchart TD",
        "  s2[\"Charge\"]",
        "  s3{{\"Paid?\"}}",
        "  s2 -. \"States.ALL\" .-> s5",
        "  s3 -- \"$.status = #34;paid#34;\" --> s4",
    ] {
        assert!(said.out.lines().any(|known| known == line), "{line} in {}", said.out);
    }
}

#[test]
fn a_rehearsal_answers_tasks_from_a_test_case() {
    let desk = Desk::new();
    let said =
        desk.workflow(&["run", "orders.json", "--mocks", "mocks.json", "--case", "busy", "--input", "{\"order\": 7}"]);
    assert_eq!(said.code, Some(0), "{}", said.error);
    assert!(said.out.ends_with("\n{\n  \"status\": \"paid\"\n}\n"), "{}", said.out);
    let row = |text: &str| said.out.lines().filter(|line| line.contains(text)).count();
    assert_eq!((row("TaskFailed"), row("TaskScheduled"), row("TaskSucceeded")), (2, 3, 1), "{}", said.out);
    // The second try waits twice as long as the first, and nobody waits for it here.
    assert!(said.out.lines().any(|line| line.contains("15.0") && line.contains("TaskSucceeded")), "{}", said.out);

    let said = desk.workflow(&["run", "orders.json", "--mocks", "mocks.json", "--case", "declined"]);
    assert_eq!((said.code, said.error.as_str()), (Some(1), "octavo: FAILED: Order.NotCharged: no money\n"));
    assert!(said.out.contains("Card.Declined: no funds"), "{}", said.out);
}

#[test]
fn a_rehearsal_says_what_it_lacks() {
    let desk = Desk::new();
    let said = desk.workflow(&["run", "orders.json"]);
    assert_eq!(said.code, Some(1));
    assert!(said.error.contains("nothing answers for Charge (arn:aws:states:::lambda:invoke)"), "{}", said.error);
    let said = desk.workflow(&["run", "orders.json", "--mocks", "mocks.json", "--case", "lost"]);
    assert!(said.error.contains("no case lost, but busy, declined"), "{}", said.error);
    let said = desk.workflow(&["run", "orders.json", "--mocks", "mocks.json", "--case", "busy", "--name", "others"]);
    assert!(said.error.contains("no state machine others, but orders"), "{}", said.error);
    desk.write("bad.json", "{\"StateMachines\": {}, \"Mocked\": {}}");
    let said = desk.workflow(&["run", "orders.json", "--mocks", "bad.json", "--case", "busy"]);
    assert!(said.out.starts_with("bad.json:1:"), "{}", said.out);
    let said = desk.workflow(&["run", "orders.json", "--input", "{"]);
    assert!(said.error.contains("--input"), "{}", said.error);
}

#[test]
fn one_state_is_tried_with_a_given_answer() {
    let desk = Desk::new();
    let charge = |more: &[&str]| {
        desk.workflow(
            &[&["test-state", "orders.json", "--state", "Charge", "--input", "{\"order\": 7}"], more].concat(),
        )
    };
    let said = charge(&["--result", "{\"Payload\": {\"status\": \"paid\"}, \"StatusCode\": 200}"]);
    assert_eq!(said.code, Some(0), "{}", said.error);
    assert!(said.out.contains("SUCCEEDED, goes on with Paid?\n{\"status\":\"paid\"}\n"), "{}", said.out);
    assert!(
        said.out.contains("afterParameters: {\"FunctionName\":\"charge\",\"Payload\":{\"order\":7}}"),
        "{}",
        said.out
    );
    assert!(charge(&["--error", "Card.Busy"]).out.contains("RETRIABLE"));
    assert!(charge(&["--error", "Card.Busy", "--tried", "2"]).out.contains("CAUGHT_ERROR, goes on with Not charged"));
    let said = charge(&[]);
    assert!(
        said.error.contains("it would call arn:aws:states:::lambda:invoke: say what that answers"),
        "{}",
        said.error
    );
    let said = desk.workflow(&["test-state", "orders.json", "--state", "Charg", "--input", "{}"]);
    assert_eq!(said.code, Some(1));
}
