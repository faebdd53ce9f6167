//! What is not claimed, and the page with the counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::run::{Outcome, Refusal};

/// Something of the real server that this engine does not claim, and how its refusals are recognised.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unclaimed {
    pub(crate) feature: String,
    pub(crate) why: String,
    /// APIs by their names.
    #[serde(default)]
    apis: Vec<String>,
    /// Patterns of what the engine says when it refuses.
    #[serde(default)]
    refused: Vec<String>,
    /// Tests by folder, file and title, whose answers lack a part that is not claimed: there is no refusal to tell by.
    #[serde(default)]
    tests: Vec<String>,
}

/// One test's outcome, judged.
#[derive(Debug)]
pub(crate) enum Verdict {
    Passed,
    /// By a feature that is not claimed, or by the suite's own word.
    NotApplicable(String),
    Failed(String),
}

pub(crate) struct Judged {
    pub(crate) folder: String,
    /// File and title.
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
}

pub(crate) struct Rules(Vec<(Unclaimed, Vec<regex::Regex>)>);

impl Rules {
    pub(crate) fn read() -> Self {
        let list: Vec<Unclaimed> = serde_json::from_str(include_str!("not_claimed.json")).unwrap();
        let compile = |rule: Unclaimed| {
            let patterns = rule.refused.iter().map(|text| regex::Regex::new(text).unwrap()).collect();
            (rule, patterns)
        };
        Self(list.into_iter().map(compile).collect())
    }

    /// The feature that a refusal is about: only a refusal makes a test not applicable, never a wrong answer.
    fn of(&self, refusal: &Refusal) -> Option<&str> {
        let names = |(rule, patterns): &&(Unclaimed, Vec<regex::Regex>)| {
            rule.apis.contains(&refusal.api) || patterns.iter().any(|pattern| pattern.is_match(&refusal.said))
        };
        self.0.iter().find(names).map(|(rule, _)| rule.feature.as_str())
    }

    fn by_name(&self, test: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(rule, _)| rule.tests.iter().any(|name| name == test))
            .map(|(rule, _)| rule.feature.as_str())
    }

    /// `test`: folder, file and title.
    pub(crate) fn judge(&self, test: &str, outcome: Outcome) -> Verdict {
        match outcome {
            Outcome::Passed => Verdict::Passed,
            Outcome::Skipped(why) => Verdict::NotApplicable(why),
            Outcome::Stopped { why, refusal } => match refusal.as_ref().and_then(|refusal| self.of(refusal)) {
                Some(feature) => Verdict::NotApplicable(feature.to_owned()),
                None => match self.by_name(test) {
                    Some(feature) => Verdict::NotApplicable(feature.to_owned()),
                    None => Verdict::Failed(why),
                },
            },
        }
    }

    fn why(&self, feature: &str) -> &str {
        self.0.iter().find(|(rule, _)| rule.feature == feature).map_or("", |(rule, _)| &rule.why)
    }
}

/// In a table, one line and no column borders.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let cut: String = line.chars().take(240).collect();
    if cut.len() < line.len() { format!("{cut}...") } else { cut }
}

const HEAD: &str = "# OpenSearch's own REST tests

The YAML tests that OpenSearch publishes for its REST API (`org.opensearch:rest-api-spec` 2.19.0, Apache-2.0, fetched from
Maven and not kept here) against the embedded search engine. Every test is run. It is *not applicable* only where the first
thing that goes wrong is a request that the engine refuses, by name, for a feature that is listed below as not claimed, or
where the suite leaves it out by its own word; an answer that differs is a failure, whatever the test is about, unless the test
is listed by its name (`local-emulator/elasticsearch/tests/opensearch/not_claimed.json`), with the reason.

Written by the test that also fails when this page is not what it finds:

    export OCTAVO_TEST_OPENSEARCH_REST_SPEC=$(.ci/engines/opensearch-rest-tests.sh target/engines/opensearch-rest-tests)
    OCTAVO_WRITE_TABLES=1 cargo test -p local-emulator-elasticsearch --test opensearch

";

pub(crate) fn page(rules: &Rules, judged: &[Judged]) -> String {
    let mut folders: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut features: BTreeMap<&str, usize> = BTreeMap::new();
    let mut total = [0; 3];
    for one in judged {
        let column = match &one.verdict {
            Verdict::Passed => 0,
            Verdict::Failed(_) => 1,
            Verdict::NotApplicable(why) => {
                *features.entry(why).or_default() += 1;
                2
            }
        };
        folders.entry(&one.folder).or_default()[column] += 1;
        total[column] += 1;
    }
    let mut page = HEAD.to_owned();
    let [passed, failed, not] = total;
    let _ = writeln!(page, "| | passed | failed | not applicable |\n|---|---|---|---|");
    let _ = writeln!(page, "| all | {passed} | {failed} | {not} |");
    for (folder, [passed, failed, not]) in folders {
        let _ = writeln!(page, "| {folder} | {passed} | {failed} | {not} |");
    }
    let _ = writeln!(page, "\n## Failed\n");
    if failed == 0 {
        let _ = writeln!(page, "None.");
    } else {
        let _ = writeln!(page, "| test | what went wrong |\n|---|---|");
        for one in judged {
            if let Verdict::Failed(why) = &one.verdict {
                let _ = writeln!(page, "| {}/{} | {} |", one.folder, cell(&one.name), cell(why));
            }
        }
    }
    let _ = writeln!(page, "\n## Not applicable\n\n| not claimed | tests | why |\n|---|---|---|");
    let mut by_count: Vec<_> = features.into_iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    for (feature, count) in by_count {
        let _ = writeln!(page, "| {} | {count} | {} |", cell(feature), cell(rules.why(feature)));
    }
    page
}
