//! `infra/workflow-conformance.md`: what the recordings say of the interpreter, for people.

use super::judge::{Class, Verdict};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// Set to write the table anew.
const WRITE: &str = "OCTAVO_WRITE_CONFORMANCE";

const HEAD: &str = "\
# What the recordings say of the interpreter

Definitions, inputs, whole histories and answers that the real Step Functions service gave, recorded by the LocalStack project
and kept beside the repository (`shared/data/states-language`); `shared/domain/workflow/tests/recordings` runs them through the
engine's own rules, in memory, and compares everything but what differs every time. Written by the test
`executions_go_as_the_service_recorded_them`, which also fails when fewer pass than here; to write it anew:

    OCTAVO_WRITE_CONFORMANCE=1 cargo test -p octavo-domain-workflow --test recordings

Recordings of the API itself (tags, versions, lists and the like) are judged elsewhere: `workflow-conformance-api.md`.

";

/// Why a recording is not passed, by a part of its id.
const MISSES: [(&str, &str); 4] = [
    (
        "test_lambda_invoke_with_retry_extended_input",
        "Recorded before the service's context object had `RedriveCount`, which newer recordings show.",
    ),
    (
        "test_lambda_service_invoke_with_retry_extended_input",
        "Recorded before the service's context object had `RedriveCount`, which newer recordings show.",
    ),
    (
        "test_service_lambda_map_timeout",
        "Four tasks time out at the same moment. The service told all four before the first failure ended the `Map`; here each \
         moment's timers are taken one after the other, and the first one ends it.",
    ),
    (
        "test_map_state_lambda",
        "Tasks of child executions: the recorded history is the parent's, and does not say what they answered.",
    ),
];

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    none: usize,
}

/// All verdicts, as they come.
#[derive(Default)]
pub(crate) struct Table {
    areas: BTreeMap<(Class, String), Counts>,
    failed: Vec<(String, String)>,
    none: BTreeMap<(Class, &'static str), Vec<String>>,
}

impl Table {
    pub(crate) fn add(&mut self, class: Class, area: &str, test: &Value, verdict: Verdict) {
        let counts = self.areas.entry((class, area.to_owned())).or_default();
        let id = test["id"].as_str().unwrap_or_default().to_owned();
        match verdict {
            Verdict::Passed => counts.passed += 1,
            Verdict::Failed(reason) => {
                counts.failed += 1;
                self.failed.push((id, reason));
            }
            Verdict::NotApplicable => {
                counts.none += 1;
                self.none.entry((class, absence(class, test))).or_default().push(id);
            }
        }
    }

    pub(crate) fn passed(&self, class: Class) -> usize {
        self.areas.iter().filter(|((of, _), _)| *of == class).map(|(_, counts)| counts.passed).sum()
    }

    /// How many recordings were judged or found not to be for this.
    pub(crate) fn all(&self) -> usize {
        self.areas.values().map(|Counts { passed, failed, none }| passed + failed + none).sum()
    }

    /// What failed and is not known to, with the difference.
    pub(crate) fn surprises(&self) -> Vec<&(String, String)> {
        self.failed.iter().filter(|(id, _)| miss(id).is_none()).collect()
    }

    /// Writes the table anew, or tells whether it is as it should be.
    #[expect(clippy::disallowed_methods, reason = "a test asks whether to write")]
    pub(crate) fn keep(&self) {
        let path = repository().join("infra/workflow-conformance.md");
        let text = self.text();
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, text).expect("the table is written");
            return;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{} is not what the recordings say: run this test with {WRITE}=1", path.display());
    }

    pub(crate) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let classes = [
            (
                Class::Interpreter,
                "Only the interpreter",
                "No state calls anything: outputs, errors and whole histories.",
            ),
            (Class::Tasks, "With tasks", "Tasks are answered as the recorded history says that they were."),
            (Class::TestState, "One state alone", "`TestState`: answers, inspection data, refusals."),
            (
                Class::Refusals,
                "Definitions that are refused",
                "`CreateStateMachine` and `ValidateStateMachineDefinition`.",
            ),
        ];
        for (class, title, about) in classes {
            let of = || self.areas.iter().filter(move |((other, _), _)| *other == class);
            let sum = |count: fn(&Counts) -> usize| of().map(|(_, counts)| count(counts)).sum::<usize>();
            let (passed, failed, none) = (sum(|c| c.passed), sum(|c| c.failed), sum(|c| c.none));
            let _ = writeln!(text, "## {title}\n\n{about}\n");
            let _ = writeln!(text, "| area | passed | failed | not applicable |\n|---|---|---|---|");
            for ((_, area), Counts { passed, failed, none }) in of() {
                let _ = writeln!(text, "| {area} | {passed} | {failed} | {none} |");
            }
            let _ = writeln!(text, "| **all** | **{passed}** | **{failed}** | **{none}** |\n");
        }
        text.push_str("## Failed\n\n");
        for (id, reason) in &self.failed {
            let _ = writeln!(text, "- `{id}`: {}", miss(id).unwrap_or(reason));
        }
        text.push_str("\n## Not applicable\n\n");
        for ((class, reason), ids) in self.none.iter().filter(|((class, _), _)| *class != Class::Other) {
            let _ = writeln!(text, "- {} ({:?}): {reason}", ids.len(), class);
        }
        let other: usize =
            self.none.iter().filter(|((class, _), _)| *class == Class::Other).map(|(_, ids)| ids.len()).sum();
        let _ = writeln!(text, "- {other} (Other): The API itself, or steps that the recording does not have.");
        text
    }
}

fn miss(id: &str) -> Option<&'static str> {
    MISSES.iter().find(|(part, _)| id.ends_with(part)).map(|(_, reason)| *reason)
}

/// Why a recording cannot be judged here.
fn absence(class: Class, test: &Value) -> &'static str {
    let text = test["steps"].to_string();
    let starts = || test["steps"].as_array().into_iter().flatten().filter(|step| step["call"] == "start");
    let histories = test["expected"].as_object().into_iter().flatten().any(|(_, value)| value["events"].is_array());
    if class == Class::TestState {
        "The client refuses it before the service sees it."
    } else if text.contains("ItemReader") {
        "Items are read from an object that the recording does not have."
    } else if class == Class::Refusals || starts().all(|start| start["definition"].as_str().unwrap_or("").is_empty()) {
        "The recording does not have the definition."
    } else if histories {
        "The recording does not say what the tasks answered."
    } else {
        "The recording has nothing of the execution's way."
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("the crate is in the repository").to_owned()
}
