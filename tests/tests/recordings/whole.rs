//! The recordings, judged as the interpreter's own tests judge them.

use crate::callee::{Told, answers};
use crate::drive::{self, Case, wait, without_http};
use crate::recordings::judge::{Class, Verdict, judge};
use crate::stage::Stage;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many recordings pass today, of those that need nothing but the interpreter. More is welcome: raise it then. Less is a
/// fault.
const INTERPRETER_PASSED: usize = 218;
/// As above, of the recordings whose tasks call functions.
const TASKS_PASSED: usize = 54;

/// Every recording: its area and itself.
pub(crate) fn recordings() -> Option<Vec<(String, Value)>> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = from.ancestors().map(|above| above.join("shared/data/states-language")).find(|path| path.is_dir());
    let Some(folder) = folder else {
        println!("skipped: no recordings beside the repository");
        return None;
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let area = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        all.extend(text.lines().map(|line| (area.clone(), serde_json::from_str(line).unwrap())));
    }
    Some(all)
}

/// Judges a recording by what `stage` makes of it; its starts are added to `cases`.
pub(crate) fn judged(stage: &Stage, test: &Value, cases: &mut Vec<Case>) -> (Class, Verdict) {
    let mut foreign = false;
    let mut run = |start: &Value, create: Option<&Value>, history: &[Value], stops: Option<i64>| {
        let case = Case::of(start, create, history, stops);
        if !answers(&case.definition, history) {
            foreign = true;
            return Err("its tasks call what is not here".to_owned());
        }
        let ran = wait(drive::run(stage, &case, &stage.name(), &Told::new(), None))?;
        cases.push(case);
        Ok(ran.report)
    };
    let (class, verdict) = judge(&without_http(test), &mut run);
    (class, if foreign { Verdict::NotApplicable } else { verdict })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_does_what_the_service_recorded() {
    let Some(all) = recordings() else { return };
    let stage = Stage::start().await;
    let mut counts: BTreeMap<(Class, &str), [usize; 3]> = BTreeMap::new();
    for (area, test) in &all {
        let (class, verdict) = judged(&stage, test, &mut Vec::new());
        if !matches!(class, Class::Interpreter | Class::Tasks) {
            continue;
        }
        let column = match verdict {
            Verdict::Passed => 0,
            Verdict::NotApplicable => 2,
            Verdict::Failed(reason) => {
                println!("FAILED {class:?} {}\n       {reason}", test["id"]);
                1
            }
        };
        counts.entry((class, area)).or_default()[column] += 1;
    }
    println!("{:<14} {:<34} {:>6} {:>6} {:>6}", "class", "area", "passed", "failed", "n/a");
    let mut passed: BTreeMap<Class, usize> = BTreeMap::new();
    for ((class, area), [good, bad, none]) in &counts {
        *passed.entry(*class).or_default() += good;
        println!("{:<14} {area:<34} {good:>6} {bad:>6} {none:>6}", format!("{class:?}"));
    }
    println!("passed: {passed:?}");
    assert!(passed.get(&Class::Interpreter).copied().unwrap_or_default() >= INTERPRETER_PASSED);
    assert!(passed.get(&Class::Tasks).copied().unwrap_or_default() >= TASKS_PASSED);
}
