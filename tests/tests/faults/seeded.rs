//! Everything dies at any time while several people create, change, share, unshare and delete documents: no accepted version is
//! lost, the index comes to be as the database is, and nobody is shown what they had lost before they asked.
//!
//! What people do, how patient they are, and what dies when is drawn from a seed, which is printed. `cargo xtask faults --seed N`
//! makes that run again, `--runs R` that and those after it. What a seed cannot repeat is what the machine does: which request
//! meets which fault, and so what is answered. A run is a tenant of its own on one platform, and is judged while the next ones
//! go on.

use crate::judge::judge;
use crate::model::Model;
use crate::people::{People, Writer, watches};
use crate::plan::{PEOPLE, Plan, WRITERS};
use crate::platform::Platform;
use crate::truth;
use futures::FutureExt;
use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use octavo_testing::ids::unique;
use octavo_tests::asked;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::task::JoinError;

/// Runs, where nobody asks for more.
const RUNS: u64 = 4;
/// Runs that are judged at the same time.
const JUDGED_AT_ONCE: usize = 4;

fn number(variable: &str) -> Option<u64> {
    asked(variable).map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number")))
}

/// What came of a run.
struct Ended {
    seed: u64,
    said: String,
    wrong: Vec<String>,
}

/// Lets one run happen; what is judged afterwards is returned, so that the next run can begin.
async fn run(platform: Arc<Platform>, seed: u64) -> impl Future<Output = Ended> + use<> {
    let (plan, began) = (Plan::of(seed), Instant::now());
    // A seed that comes twice, in one process or another, still is a tenant of its own.
    let tenant = format!("run-{seed}-{}", &unique().simple().to_string()[20..]);
    let (people, model) = (People::of(&platform, &tenant), Mutex::new(Model::default()));
    let over = AtomicBool::new(false);
    let working = async {
        let writers = (0..WRITERS).map(|writer| Writer::new(writer, &people, &model).works(&plan.writers[writer]));
        tokio::join!(join_all(writers), platform.suffers(&plan.faults));
        let last = (0..WRITERS).map(|writer| {
            let step = std::slice::from_ref(&plan.last.steps[writer]);
            Writer::new(writer, &people, &model).works(step)
        });
        platform.without(plan.last.fault, join_all(last).map(drop)).await;
        over.store(true, Ordering::SeqCst);
    };
    let watchers = join_all((WRITERS..PEOPLE.len()).map(|watcher| watches(&people, watcher, &model, &over)));
    tokio::join!(working, watchers);
    let (model, took) = (model.into_inner(), began.elapsed());
    async move {
        let judging = Instant::now();
        let truth = truth::read(&platform, &people).await;
        let wrong = judge(&model, &truth);
        let versions: usize = model.documents.values().map(|known| known.versions.len()).sum();
        let doubtful: usize = model.documents.values().map(|known| known.doubtful.len()).sum();
        let cached = model.seen.iter().filter(|seen| seen.how.ends_with("hit")).count();
        let shown: usize = model.seen.iter().map(|seen| seen.documents.len()).sum();
        let faults: Vec<String> = plan.faults.iter().map(|planned| format!("{:?}", planned.fault)).collect();
        let said = format!(
            "seed {seed}: {} documents, {versions} versions, {} in doubt, {} looks ({cached} cached) showed {shown}; {}, at last {:?}; {:.1} s, judged in {:.1} s, {} redriven",
            model.documents.len(),
            model.doubtful.len() + doubtful,
            model.seen.len(),
            faults.join(", "),
            plan.last.fault,
            took.as_secs_f64(),
            judging.elapsed().as_secs_f64(),
            truth.redriven,
        );
        Ended { seed, said, wrong }
    }
}

/// A run of which somebody was told what nobody may be told; what it was stands in the output.
fn broken(seed: u64, error: &JoinError) -> Ended {
    Ended { seed, said: format!("seed {seed}: broken off"), wrong: vec![error.to_string()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_dies_nothing_accepted_is_lost_and_nothing_is_shown_that_was_unshared() {
    let first = number("OCTAVO_TEST_SEED").unwrap_or_else(|| unique().as_u64_pair().0 >> 32);
    let runs = number("OCTAVO_TEST_RUNS").unwrap_or(RUNS);
    println!("OCTAVO_TEST_SEED={first} OCTAVO_TEST_RUNS={runs}");
    let platform = Arc::new(Platform::start().await);
    let began = Instant::now();
    let (mut judged, mut failed) = (FuturesUnordered::new(), Vec::new());
    let mut take = |ended: Ended| {
        println!("{}", ended.said);
        if !ended.wrong.is_empty() {
            println!("seed {} FAILED:\n{}", ended.seed, ended.wrong.join("\n"));
            failed.push(ended.seed);
        }
    };
    for seed in first..first.saturating_add(runs) {
        match tokio::spawn(run(platform.clone(), seed)).await {
            Ok(judging) => {
                judged.push(tokio::spawn(judging).map(move |ended| ended.unwrap_or_else(|error| broken(seed, &error))));
            }
            Err(error) => take(broken(seed, &error)),
        }
        while judged.len() >= JUDGED_AT_ONCE {
            take(judged.next().await.expect("some are judged"));
        }
    }
    while let Some(ended) = judged.next().await {
        take(ended);
    }
    println!("{runs} runs in {:.0} s", began.elapsed().as_secs_f64());
    assert!(failed.is_empty(), "cargo xtask faults --seed {}\nall: {failed:?}\n{}", failed[0], platform.logs().await);
}
