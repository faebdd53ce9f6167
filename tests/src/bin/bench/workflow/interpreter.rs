//! The interpreter alone: no store, one thread.

use super::definitions::{PASS_STATES, input, passes, passes_by_path, plain_passes};
use crate::figures::Figures;
use anyhow::Context;
use chrono::{DateTime, Utc};
use octavo_domain_workflow::definition::{Definition, parse};
use octavo_domain_workflow::machine::{Command, Event, Execution, FIRST_FRAME, Frame, Signal, Wake, advance};
use serde_json::Value;
use std::time::{Duration, Instant};

const EXECUTIONS: usize = 20_000;
const WARM_UP: usize = 2_000;

pub(super) fn measure() -> anyhow::Result<()> {
    println!("\n### The interpreter alone\n");
    println!("{EXECUTIONS} executions of {PASS_STATES} states each, on one thread. Goal: 5 µs a Pass state.\n");
    println!("| states | µs a state, p50 | p99 | events of an execution |\n|---|---|---|---|");
    for (what, definition) in [
        ("Pass that hands its input on", plain_passes()),
        ("Choice and Pass in turn, JSONata", passes()),
        ("Choice and Pass in turn, JSONPath", passes_by_path()),
    ] {
        let definition = parse(&definition.to_string(), false).map_err(|findings| anyhow::anyhow!("{findings:?}"))?;
        let (mut figures, mut events) = (Figures::new(), 0);
        for number in 0..WARM_UP + EXECUTIONS {
            let took;
            (took, events) = run(&definition, input(number as u64))?;
            if number >= WARM_UP {
                figures.add(took);
            }
        }
        let us = |quantile: f64| figures.ms(quantile) * 1000.0 / PASS_STATES as f64;
        println!("| {what} | {:.2} | {:.2} | {events} |", us(0.5), us(0.99));
    }
    Ok(())
}

/// One execution, from its start to its end in one wake; how long it took and how many events it has.
fn run(definition: &Definition, input: Value) -> anyhow::Result<(Duration, u64)> {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let mut execution = execution(&input, now);
    let start_at = &definition.lists.first().context("a definition has states")?.start_at;
    let mut frame = Frame::first(0, start_at, input, now);
    let go = Signal { frame: FIRST_FRAME, turn: frame.turn, event: Event::Go };
    let wake = Wake { now, chance: &|| 0, token: &String::new, child_state: &|_| None };
    let began = Instant::now();
    let commands = advance(definition, &mut execution, &mut frame, go, &wake);
    let took = began.elapsed();
    let ended = commands.iter().any(|command| matches!(command, Command::End(_)));
    anyhow::ensure!(ended, "the execution is not over after one wake");
    Ok((took, execution.events))
}

fn execution(input: &Value, now: DateTime<Utc>) -> Execution {
    Execution {
        arn: "arn:aws:states:us-east-1:000000000000:execution:passes:bench".to_owned(),
        name: "bench".to_owned(),
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:passes".to_owned(),
        machine_name: "passes".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/bench".to_owned(),
        input: input.clone(),
        started_at: now,
        redrive_count: 0,
        express: false,
        events: 0,
        frames: FIRST_FRAME,
        mocked: None,
    }
}
