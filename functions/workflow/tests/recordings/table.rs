//! `infra/workflow-conformance-api.md`: what the recordings say of the API, for people.

use crate::replay::Verdict;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Set to write the table anew.
const WRITE: &str = "OCTAVO_WRITE_CONFORMANCE";

const HEAD: &str = "\
# What the recordings say of the API

Requests and answers of the real Step Functions service's API, recorded by the LocalStack project and kept beside the
repository (`shared/data/states-language`); `functions/workflow/tests/recordings` sends the requests to the function's own
routes, on a real PostgreSQL, and compares the answers, error texts too. Where the recording client stopped in the middle of a
test, the rest of its requests is supplied by `scripts.rs`; answers never are. Written by the test
`clients_are_answered_as_the_service_recorded_it`, which also fails when fewer pass than here; to write it anew:

    OCTAVO_WRITE_CONFORMANCE=1 cargo test -p octavo-workflow --test recordings

What the recordings say of the interpreter is in `workflow-conformance.md`.

| area | passed | failed | not applicable |
|---|---|---|---|
";

/// Why a recording is not passed, by a part of its id.
const MISSES: [(&str, &str); 2] = [
    (
        "test_validate_state_machine_definition_not_a_definition[NOT_A_DEF]",
        "The text of the service's JSON reader about a text that is no JSON; ours says it in its own words, with line and column.",
    ),
    (
        "test_deleted_log_group",
        "Log groups are not looked up: a configuration is kept and shown, and no logs are sent there.",
    ),
];

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    none: usize,
}

#[derive(Default)]
pub(crate) struct Table {
    areas: BTreeMap<&'static str, Counts>,
    failed: Vec<String>,
    none: BTreeMap<&'static str, Vec<String>>,
}

impl Table {
    pub(crate) fn add(&mut self, area: &'static str, recording: &Value, verdict: &Verdict) {
        let counts = self.areas.entry(area).or_default();
        let id = recording["id"].as_str().unwrap_or_default();
        let id = id.rsplit("::").next().unwrap_or_default().to_owned();
        match verdict {
            Verdict::Passed => counts.passed += 1,
            Verdict::Failed(_) => {
                counts.failed += 1;
                self.failed.push(id);
            }
            Verdict::NotApplicable(why) => {
                counts.none += 1;
                self.none.entry(why).or_default().push(id);
            }
        }
    }

    pub(crate) fn passed(&self) -> usize {
        self.areas.values().map(|counts| counts.passed).sum()
    }

    pub(crate) fn all(&self) -> usize {
        self.areas.values().map(|Counts { passed, failed, none }| passed + failed + none).sum()
    }

    /// What failed and is not known to.
    pub(crate) fn surprises(&self) -> Vec<&String> {
        self.failed.iter().filter(|id| miss(id).is_none()).collect()
    }

    /// Writes the table anew, or tells whether it is as it should be.
    #[expect(clippy::disallowed_methods, reason = "a switch of this test alone")]
    pub(crate) fn keep(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/workflow-conformance-api.md");
        let text = self.text();
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, text).unwrap();
            return;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "the table is not what the recordings say: run this test with {WRITE}=1");
    }

    pub(crate) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let mut all = Counts::default();
        for (area, Counts { passed, failed, none }) in &self.areas {
            let _ = writeln!(text, "| {area} | {passed} | {failed} | {none} |");
            (all.passed, all.failed, all.none) = (all.passed + passed, all.failed + failed, all.none + none);
        }
        let _ = writeln!(text, "| **all** | **{}** | **{}** | **{}** |", all.passed, all.failed, all.none);
        if !self.failed.is_empty() {
            text.push_str("\n## Failed\n\n");
            for id in &self.failed {
                let _ = writeln!(text, "- `{id}`: {}", miss(id).unwrap_or("not known why"));
            }
        }
        if !self.none.is_empty() {
            text.push_str("\n## Not applicable\n\n");
            for (why, ids) in &self.none {
                let names: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
                let _ = writeln!(text, "- {why}: {}", names.join(", "));
            }
        }
        text
    }
}

fn miss(id: &str) -> Option<&'static str> {
    MISSES.iter().find(|(part, _)| id.contains(part)).map(|(_, why)| *why)
}
