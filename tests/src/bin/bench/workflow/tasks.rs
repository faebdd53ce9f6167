//! Tasks: how many a second, each an invocation of a warm function, and how soon the first one of an execution begins.

use super::definitions::{STEPS, one_task, three_steps};
use super::functions::{ECHO, Stamped, Warm};
use super::ours::Library;
use crate::database::Server;
use crate::load::{drive, pace};
use anyhow::Context;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

const IN_FLIGHT: [usize; 3] = [1, 16, 64];
/// A tenth of the starts of the goal for transitions (2,000 executions of ten states), each with a task.
const STARTS_PER_SECOND: f64 = 200.0;

pub(super) async fn measure(server: &Server, binaries: &Path, seconds: u64) -> anyhow::Result<()> {
    let warm = Warm::start(binaries).await?;
    let functions = Stamped::new(warm.caller.clone());
    let library = Library::on(&server.ours("tasks").await?, functions.clone())?;

    println!("\n### Tasks: executions of {STEPS}, each an invocation of a warm function\n");
    println!("Over the Invoke API of the emulated Lambda service, to processes of their own. Goal: 1,500 tasks/s.\n");
    println!("| in flight | tasks/s | executions/s | start to result, p50 | p99 |\n|---|---|---|---|---|");
    let machine = library.machine("three-steps", &three_steps(ECHO)).await?;
    for in_flight in IN_FLIGHT {
        let (library, machine) = (library.clone(), machine.clone());
        let load = drive(in_flight, Duration::from_secs(seconds), move |number| {
            let (library, machine) = (library.clone(), machine.clone());
            async move { run(&library, &machine, number).await }
        });
        let load = load.await?;
        let (tasks, p50, p99) = (load.rate * STEPS as f64, load.figures.ms(0.5), load.figures.ms(0.99));
        println!("| {in_flight} | {tasks:.0} | {:.0} | {p50:.2} ms | {p99:.2} ms |", load.rate);
    }

    println!("\n### Start to first task, {STARTS_PER_SECOND:.0} starts a second\n");
    println!("From the call that starts until the function is about to be invoked. Goal: p50 5 ms, p99 25 ms.\n");
    let machine = library.machine("one-task", &one_task(ECHO)).await?;
    let load = pace(STARTS_PER_SECOND, Duration::from_secs(seconds), move |number| {
        let (library, machine, functions) = (library.clone(), machine.clone(), functions.clone());
        async move {
            let began = Instant::now();
            library.run(&machine, json!({ "first": number })).await?;
            let called = functions.take(number).context("the task was called")?;
            Ok(called.duration_since(began))
        }
    });
    load.await?.figures.line("start to first task");
    warm.stop().await;
    Ok(())
}

/// One execution of three steps, from its start until its result is read.
pub(super) async fn run(library: &Library, machine: &str, number: u64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let output = library.run(machine, json!({ "number": number })).await?;
    let took = began.elapsed();
    let expected = (i64::try_from(number)? + 1) * 2 - 3;
    anyhow::ensure!(output["number"].as_f64() == Some(expected as f64), "three steps of {number} gave {output}");
    Ok(took)
}
