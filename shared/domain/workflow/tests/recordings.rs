//! Recorded definitions, inputs and histories of the real service, beside the repository in
//! `shared/data/states-language`: the interpreter must do the same. Counted by area in `infra/workflow-conformance.md`.

mod recordings {
    pub(crate) mod compare;
    pub(crate) mod judge;
    pub(crate) mod states;
    pub(crate) mod table;
    pub(crate) mod tasks;
}

use recordings::{
    judge::{Class, judge, rehearsed},
    states,
    table::Table,
};
use std::path::{Path, PathBuf};

/// How many recordings there are. With others beside them the test only tells.
const RECORDINGS: usize = 623;
/// How many recordings pass today, by what they need. More is welcome: raise it then. Less is a fault.
const PASSED: [(Class, usize); 4] =
    [(Class::Interpreter, 218), (Class::Tasks, 112), (Class::TestState, 99), (Class::Refusals, 19)];

#[test]
fn executions_go_as_the_service_recorded_them() {
    let Some(folder) = folder() else {
        println!("skipped: no recordings beside the repository");
        return;
    };
    let mut names: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    names.sort();
    let mut table = Table::default();
    for path in names {
        let area = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let test: serde_json::Value = serde_json::from_str(line).unwrap();
            let (class, verdict) = match states::judge(&test) {
                Some(verdict) => (Class::TestState, verdict),
                None => judge(&test, &mut rehearsed),
            };
            table.add(class, &area, &test, verdict);
        }
    }
    for (id, reason) in table.surprises() {
        println!("FAILED {id}\n       {reason}");
    }
    for (class, least) in PASSED {
        assert!(table.passed(class) >= least, "{class:?}: {} of {least}", table.passed(class));
    }
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
