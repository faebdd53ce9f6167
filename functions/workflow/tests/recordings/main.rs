//! What the real service answered to its API's clients, beside the repository in `shared/data/states-language`: the routes
//! must answer the same, on a real PostgreSQL. Each recording has a tenant of its own. Counted by area in
//! `infra/workflow-conformance-api.md`.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod compare;
#[allow(dead_code, reason = "shared with the tests of executions, which use all of it")]
#[path = "../executions/house.rs"]
mod house;
#[allow(dead_code, reason = "shared with the tests of executions, which use all of it")]
#[path = "../executions/ports.rs"]
mod ports;
mod replay;
mod scripts;
mod table;

use replay::{Replay, Verdict};
use std::path::{Path, PathBuf};
use table::Table;

/// The areas that are about the API. With others beside them, or more of them, the test only tells.
const AREAS: [&str; 10] = [
    "test_sfn_api",
    "test_sfn_api_activities",
    "test_sfn_api_aliasing",
    "test_sfn_api_express",
    "test_sfn_api_logs",
    "test_sfn_api_map_run",
    "test_sfn_api_tagging",
    "test_sfn_api_validation",
    "test_sfn_api_variable_references",
    "test_sfn_api_versioning",
];
/// How many recordings there are.
const RECORDINGS: usize = 128;
/// How many of them pass today. More is welcome: raise it then. Less is a fault.
const PASSED: usize = 106;

#[tokio::test]
async fn clients_are_answered_as_the_service_recorded_it() {
    let Some(folder) = folder() else {
        println!("skipped: no recordings beside the repository");
        return;
    };
    let house = house::house().await;
    let mut table = Table::default();
    for area in AREAS {
        let Ok(text) = std::fs::read_to_string(folder.join(area).with_extension("jsonl")) else { continue };
        for (at, line) in text.lines().enumerate() {
            let recording: serde_json::Value = serde_json::from_str(line).unwrap();
            let tenant = format!("{}-{at}", area.replace('_', "-"));
            let verdict = Replay::new(house.clone(), &tenant, &recording).run().await;
            if let Verdict::Failed(reason) = &verdict {
                println!("FAILED {}\n       {reason}", recording["id"].as_str().unwrap());
            }
            table.add(area, &recording, &verdict);
        }
    }
    assert!(table.passed() >= PASSED, "{} of {PASSED}", table.passed());
    if table.all() == RECORDINGS {
        assert!(table.surprises().is_empty(), "a recording fails that is not known to");
        table.keep();
    } else {
        println!("{} recordings instead of {RECORDINGS}:\n{}", table.all(), table.text());
    }
}

fn folder() -> Option<PathBuf> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"));
    from.ancestors().map(|above| above.join("shared/data/states-language")).find(|path| path.is_dir())
}
