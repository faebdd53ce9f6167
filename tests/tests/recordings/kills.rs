//! Every recording again, with a process that dies at every write.

use crate::callee::Told;
use crate::crash::Crash;
use crate::drive::{self, Case, Ran};
use crate::recordings::judge::Class;
use crate::same::difference;
use crate::stage::Stage;
use crate::whole::{judged, recordings};
use octavo_tests::asked;

/// Deaths of one case at most, unless `OCTAVO_TEST_ROUNDS` asks for all: those of a long one are drawn evenly over it.
const DEATHS_MAX: u64 = 24;

/// What comes out otherwise each time that it is asked for.
const DRAWN: [&str; 3] = ["States.MathRandom", "$random", "$randomSeeded"];

#[tokio::test(flavor = "multi_thread")]
async fn a_death_at_any_write_leaves_the_same_history() {
    let Some(all) = recordings() else { return };
    let stage = Stage::start().await;
    let whole = asked("OCTAVO_TEST_ROUNDS").is_some();
    let (mut cases, mut points, mut runs, mut deaths) = (0, 0, 0, 0);
    let mut failed = Vec::new();
    for (_, test) in &all {
        let mut starts = Vec::new();
        if !matches!(judged(&stage, test, &mut starts).0, Class::Interpreter | Class::Tasks) {
            continue;
        }
        for case in starts {
            let first = match run(&stage, &case, &Told::new(), None).await {
                Ok(first) => first,
                Err(reason) => {
                    failed.push(format!("{}: {reason}", test["id"]));
                    continue;
                }
            };
            if DRAWN.iter().any(|function| case.definition.contains(function)) {
                continue;
            }
            cases += 1;
            points += first.writes;
            let every = if whole { 1 } else { (first.writes * 2).div_ceil(DEATHS_MAX).max(1) };
            let all = (1..=first.writes).flat_map(|at| [false, true].map(|after| Crash { at, after }));
            // An Express start that is asked for twice is two executions, by its contract.
            let all = all.filter(|crash| !(case.express && crash.at == 1 && crash.after));
            for crash in all.step_by(usize::try_from(every).unwrap_or(1)) {
                runs += 1;
                let found = match run(&stage, &case, &first.told, Some(crash)).await {
                    Ok(second) => {
                        deaths += usize::from(second.died);
                        difference(&first, &second)
                    }
                    Err(reason) => Some(reason),
                };
                if let Some(found) = found {
                    failed.push(format!("{} with {crash:?}: {found}", test["id"]));
                }
            }
        }
    }
    println!("{cases} recorded starts, {points} writes, {runs} runs, {deaths} deaths, {} differ", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(deaths > 0);
}

async fn run(stage: &Stage, case: &Case, told: &Told, crash: Option<Crash>) -> Result<Ran, String> {
    drive::run(stage, case, &stage.name(), told, crash).await
}
