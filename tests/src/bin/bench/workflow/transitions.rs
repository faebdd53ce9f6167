//! Transitions a second: executions of ten `Pass` and `Choice` states, through the library operation that starts them.

use super::definitions::{PASS_STATES, input, passes, passes_by_path};
use super::functions::InProcess;
use super::ours::Library;
use crate::database::Server;
use crate::load::drive;
use octavo_domain_workflow::engine::Status;
use std::sync::Arc;
use std::time::Duration;

const IN_FLIGHT: [usize; 4] = [1, 16, 32, 64];

pub(super) async fn measure(server: &Server, seconds: u64) -> anyhow::Result<()> {
    let database = server.ours("transitions").await?;
    let library = Library::on(&database, Arc::new(InProcess))?;
    println!("\n### Transitions: executions of {PASS_STATES} Pass and Choice states\n");
    println!(
        "Each is one start, which returns when the whole execution is durable; {seconds} s. Goal: 20,000 transitions/s.\n"
    );
    println!("| states | in flight | transitions/s | executions/s | p50 | p99 |\n|---|---|---|---|---|---|");
    for (language, definition) in [("JSONata", passes()), ("JSONPath", passes_by_path())] {
        let machine = library.machine(&format!("passes-{language}"), &definition).await?;
        for in_flight in IN_FLIGHT {
            let (library, machine) = (library.clone(), machine.clone());
            let load = drive(in_flight, Duration::from_secs(seconds), move |number| {
                let (library, machine) = (library.clone(), machine.clone());
                async move {
                    let began = std::time::Instant::now();
                    let started = library.start(&machine, input(number)).await?;
                    let took = began.elapsed();
                    anyhow::ensure!(started.status == Status::Succeeded, "{} is {:?}", started.arn, started.status);
                    Ok(took)
                }
            });
            let load = load.await?;
            let (p50, p99) = (load.figures.ms(0.5), load.figures.ms(0.99));
            let transitions = load.rate * PASS_STATES as f64;
            println!("| {language} | {in_flight} | {transitions:.0} | {:.0} | {p50:.2} ms | {p99:.2} ms |", load.rate);
        }
    }
    Ok(())
}
