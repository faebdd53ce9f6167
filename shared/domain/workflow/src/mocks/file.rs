//! Reading the file, and everything that is wrong with it.

use super::case::{MockAnswer, MockCase, Numbered};
use crate::definition::{Code, Finding, locate};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest file, in bytes.
pub const MOCKS_BYTES_MAX: usize = 1024 * 1024;

/// The highest number of a call: a range is no way to make a state answer for ever.
const CALL_MAX: u32 = 1_000_000;

/// Test cases by state machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mocks {
    machines: BTreeMap<String, BTreeMap<String, MockCase>>,
}

impl Mocks {
    /// Reads a file. Everything wrong is found at once, with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        let whole = |code, message: String, line, column| {
            vec![Finding { path: String::new(), line, column, code, message, hint: String::new() }]
        };
        if text.len() > MOCKS_BYTES_MAX {
            let message = format!("The file is longer than {MOCKS_BYTES_MAX} bytes");
            return Err(whole(Code::SchemaValidationFailed, message, 1, 1));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            whole(Code::InvalidJsonDescription, error.to_string(), error.line().max(1), error.column().max(1))
        })?;
        let mut reader = Reader { findings: Vec::new() };
        let mocks = reader.file(&value);
        if reader.findings.is_empty() {
            return Ok(mocks);
        }
        let (places, _) = locate(text);
        for finding in &mut reader.findings {
            if let Some(place) = places.get(finding.path.trim_end_matches('/')) {
                (finding.line, finding.column) = (place.line, place.column);
            }
        }
        Err(reader.findings)
    }

    /// The state machines that have test cases.
    pub fn machines(&self) -> impl Iterator<Item = &str> {
        self.machines.keys().map(String::as_str)
    }

    /// The names of a state machine's test cases.
    pub fn cases(&self, machine: &str) -> impl Iterator<Item = &str> {
        self.machines.get(machine).into_iter().flat_map(|cases| cases.keys().map(String::as_str))
    }

    /// A test case of a state machine.
    pub fn case(&self, machine: &str, case: &str) -> Option<&MockCase> {
        self.machines.get(machine)?.get(case)
    }
}

struct Reader {
    findings: Vec<Finding>,
}

impl Reader {
    fn wrong(&mut self, path: &str, message: impl Into<String>, hint: &str) {
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        let (code, hint) = (Code::SchemaValidationFailed, hint.to_owned());
        self.findings.push(Finding { path, line: 1, column: 1, code, message: message.into(), hint });
    }

    fn object<'v>(&mut self, value: Option<&'v Value>, path: &str) -> Option<&'v Map<String, Value>> {
        let found = value.and_then(Value::as_object);
        if found.is_none() {
            self.wrong(path, "Expected value of type object", "");
        }
        found
    }

    fn known(&mut self, of: &Map<String, Value>, path: &str, names: &[&str]) {
        for name in of.keys().filter(|name| !names.contains(&name.as_str())) {
            let hint = format!("One of: {}.", names.join(", "));
            self.wrong(&format!("{path}/{}", escaped(name)), format!("Field '{name}' is not supported"), &hint);
        }
    }

    fn file(&mut self, value: &Value) -> Mocks {
        let Some(whole) = self.object(Some(value), "") else { return Mocks::default() };
        self.known(whole, "", &["StateMachines", "MockedResponses"]);
        let mut responses = BTreeMap::new();
        for (id, response) in self.object(whole.get("MockedResponses"), "/MockedResponses").into_iter().flatten() {
            let at = format!("/MockedResponses/{}", escaped(id));
            responses.insert(id.as_str(), self.response(response, &at));
        }
        let mut machines = BTreeMap::new();
        for (name, machine) in self.object(whole.get("StateMachines"), "/StateMachines").into_iter().flatten() {
            let at = format!("/StateMachines/{}", escaped(name));
            let Some(machine) = self.object(Some(machine), &at) else { continue };
            self.known(machine, &at, &["TestCases"]);
            let at = format!("{at}/TestCases");
            let mut cases = BTreeMap::new();
            for (case, states) in self.object(machine.get("TestCases"), &at).into_iter().flatten() {
                let at = format!("{at}/{}", escaped(case));
                cases.insert(case.clone(), self.case(states, &at, &responses));
            }
            machines.insert(name.clone(), cases);
        }
        Mocks { machines }
    }

    fn case(&mut self, states: &Value, at: &str, responses: &BTreeMap<&str, Vec<Numbered>>) -> MockCase {
        let mut case = MockCase::default();
        for (state, id) in self.object(Some(states), at).into_iter().flatten() {
            let at = format!("{at}/{}", escaped(state));
            match id.as_str().map(|id| (id, responses.get(id))) {
                Some((_, Some(response))) => drop(case.states.insert(state.clone(), response.clone())),
                Some((id, None)) => {
                    self.wrong(&at, format!("There is no mocked response '{id}'"), "Add it to MockedResponses.");
                }
                None => self.wrong(&at, "Expected value of type string", "The name of a mocked response."),
            }
        }
        case
    }

    fn response(&mut self, response: &Value, at: &str) -> Vec<Numbered> {
        let mut answers: Vec<Numbered> = Vec::new();
        for (calls, answer) in self.object(Some(response), at).into_iter().flatten() {
            let at = format!("{at}/{}", escaped(calls));
            let Some((first, last)) = range(calls) else {
                let hint = "A number from 0, or a range such as 1-2.";
                self.wrong(&at, format!("'{calls}' is no number of a call"), hint);
                continue;
            };
            if answers.iter().any(|other| first <= other.last && other.first <= last) {
                self.wrong(&at, "A call is answered twice", "Let the ranges be apart.");
            }
            if let Some(answer) = self.answer(answer, &at) {
                answers.push(Numbered { first, last, answer });
            }
        }
        answers.sort_by_key(|numbered| numbered.first);
        let mut next = 0;
        for numbered in &answers {
            if numbered.first > next {
                self.wrong(
                    at,
                    format!("Nothing answers the call number {next}"),
                    "Number the calls from 0 without gaps.",
                );
                break;
            }
            next = numbered.last.saturating_add(1);
        }
        if answers.is_empty() && self.findings.is_empty() {
            self.wrong(at, "Value cannot be empty", "Answer at least the call number 0.");
        }
        answers
    }

    fn answer(&mut self, answer: &Value, at: &str) -> Option<MockAnswer> {
        let of = self.object(Some(answer), at)?;
        self.known(of, at, &["Return", "Throw"]);
        match (of.get("Return"), of.get("Throw")) {
            (Some(output), None) => Some(MockAnswer::Return(output.clone())),
            (None, Some(thrown)) => {
                let at = format!("{at}/Throw");
                let thrown = self.object(Some(thrown), &at)?;
                self.known(thrown, &at, &["Error", "Cause"]);
                let text = |name: &str| thrown.get(name).and_then(Value::as_str).map(str::to_owned);
                if text("Error").is_none() {
                    self.wrong(&at, "These fields are required: [Error]", "");
                }
                if thrown.get("Cause").is_some_and(|cause| !cause.is_string()) {
                    self.wrong(&format!("{at}/Cause"), "Expected value of type string", "");
                }
                Some(MockAnswer::Throw { error: text("Error")?, cause: text("Cause") })
            }
            _ => {
                self.wrong(at, "One of these fields is required: [Return, Throw]", "");
                None
            }
        }
    }
}

/// `2`, or `1-2`.
fn range(calls: &str) -> Option<(u32, u32)> {
    let number = |text: &str| -> Option<u32> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number <= CALL_MAX)
    };
    let (first, last) = match calls.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(calls)?, number(calls)?),
    };
    (first <= last).then_some((first, last))
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_read() {
        let text = json!({
            "StateMachines": {"m": {"TestCases": {"happy": {"A": "good"}, "sad": {"A": "bad"}}}},
            "MockedResponses": {
                "good": {"0": {"Return": {"x": 1}}},
                "bad": {"0-1": {"Throw": {"Error": "E", "Cause": "c"}}, "2": {"Return": null}},
            },
        });
        let mocks = Mocks::parse(&text.to_string()).unwrap();
        assert_eq!(mocks.cases("m").collect::<Vec<_>>(), ["happy", "sad"]);
        assert_eq!(mocks.case("m", "sad").unwrap().states["A"].len(), 2);
        assert!(mocks.case("m", "other").is_none() && mocks.case("n", "happy").is_none());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let text = r#"{
  "StateMachines": {"m": {"TestCases": {"c": {"A": "nothing", "B": 1}}}},
  "MockedResponses": {
    "r": {"1": {"Return": 1}},
    "s": {"x": {"Return": 1}, "2-1": {"Return": 1}},
    "t": {"0": {"Return": 1, "Throw": {}}, "4": {"Throw": {"Cause": 2}}, "1-3": {"Return": 1}, "2": {"Return": 1}},
    "u": {"0": {"Returns": 1}}
  }
}"#;
        let findings = Mocks::parse(text).unwrap_err();
        let told: Vec<(usize, &str)> =
            findings.iter().map(|finding| (finding.line, finding.message.as_str())).collect();
        for expected in [
            (2, "There is no mocked response 'nothing'"),
            (2, "Expected value of type string"),
            (4, "Nothing answers the call number 0"),
            (5, "'x' is no number of a call"),
            (5, "'2-1' is no number of a call"),
            (6, "One of these fields is required: [Return, Throw]"),
            (6, "A call is answered twice"),
            (6, "These fields are required: [Error]"),
            (7, "Field 'Returns' is not supported"),
        ] {
            // What answers a call twice is found in the order of the text's keys.
            assert!(told.contains(&expected), "{expected:?} in {told:?}");
        }
        assert_eq!(Mocks::parse("{").unwrap_err()[0].code, Code::InvalidJsonDescription);
    }
}
