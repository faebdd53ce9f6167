//! What the tasks of one execution are told.

use crate::machine::Event;
use crate::scope::error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A test case, with how often each of its states has been called by now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MockCase {
    /// The answers by state; each is for the calls from its first to its last number.
    pub(super) states: BTreeMap<String, Vec<Numbered>>,
    #[serde(default)]
    calls: BTreeMap<String, u32>,
}

/// An answer, and the calls that it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Numbered {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) answer: MockAnswer,
}

/// What a call is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MockAnswer {
    /// `Return`: the task's output.
    Return(Value),
    /// `Throw`.
    Throw {
        /// `Error`.
        error: String,
        /// `Cause`.
        cause: Option<String>,
    },
}

impl MockCase {
    /// The states that it answers.
    pub fn states(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    /// What the next call of this state's task is told; none where the case does not name the state.
    pub fn answer(&mut self, state: &str) -> Option<Vec<Event>> {
        let numbered = self.states.get(state)?;
        let calls = self.calls.entry(state.to_owned()).or_default();
        let call = *calls;
        *calls = call.saturating_add(1);
        let found = numbered.iter().find(|numbered| (numbered.first..=numbered.last).contains(&call));
        let told = match found.map(|numbered| &numbered.answer) {
            Some(MockAnswer::Return(output)) => Event::TaskSucceeded { output: output.clone() },
            Some(MockAnswer::Throw { error, cause }) => {
                Event::TaskFailed { error: Some(error.clone()), cause: cause.clone() }
            }
            None => {
                let cause =
                    format!("The mocked response of the state '{state}' says nothing of the call number {call}");
                Event::TaskFailed { error: Some(error::RUNTIME.to_owned()), cause: Some(cause) }
            }
        };
        Some(vec![Event::TaskStarted { worker: None }, told])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_call_is_told_what_its_number_says_and_one_too_many_fails() {
        let answer = |first, last, answer| Numbered { first, last, answer };
        let thrown = MockAnswer::Throw { error: "E".to_owned(), cause: None };
        let answers = vec![answer(0, 1, thrown), answer(2, 2, MockAnswer::Return(json!(7)))];
        let mut case = MockCase { states: BTreeMap::from([("S".to_owned(), answers)]), calls: BTreeMap::new() };
        assert_eq!(case.answer("other"), None);
        let mut told = || case.answer("S").and_then(|mut events| events.pop());
        let failed = Some(Event::TaskFailed { error: Some("E".to_owned()), cause: None });
        assert_eq!(told(), failed);
        assert_eq!(told(), failed);
        assert_eq!(told(), Some(Event::TaskSucceeded { output: json!(7) }));
        assert!(matches!(told(), Some(Event::TaskFailed { error: Some(error), .. }) if error == "States.Runtime"));
    }
}
