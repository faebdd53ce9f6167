//! At the callers: the emulator as a process of its own with the functions' release binaries, asked over HTTP as the stock
//! clients ask.

use super::callers::Callers;
use super::definitions::{PASS_STATES, STEPS, input, one_task, passes, three_steps};
use super::functions::ECHO;
use crate::ai::Target;
use crate::figures::Figures;
use crate::load::{Load, drive, pace};
use crate::process::Process;
use anyhow::Context;
use bytes::Bytes;
use futures::future::try_join_all;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tokio::process::Command;

const IN_FLIGHT: [usize; 3] = [1, 16, 64];
/// A tenth of the starts of the goal for transitions, each with a task.
const STARTS_PER_SECOND: f64 = 200.0;
/// Executions whose tasks are counted.
const EXECUTIONS: u64 = 3_000;
/// Those who start them.
const CALLERS: usize = 64;
/// They end by then.
const END_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Sandboxes of a function on two cores.
const SANDBOXES: &str = "2";
const STAMP: &str = "arn:aws:lambda:us-east-1:000000000000:function:stamp";

pub(super) async fn measure(binaries: &Path, seconds: u64) -> anyhow::Result<()> {
    let api = Api::start(binaries).await?;
    println!("\n### At the callers, over HTTP\n");
    println!(
        "Through the emulated API gateway, the Lambda Runtime API, the function `workflow`; where there are tasks, also through"
    );
    println!("the queue, its poller, the function `step` and the Invoke API. Signed tokens are verified.\n");
    println!(
        "| executions of {PASS_STATES} Pass and Choice states, in flight | transitions/s | executions/s | p50 | p99 |"
    );
    println!("|---|---|---|---|---|");
    let machine = api.machine("passes", &passes()).await?;
    for in_flight in IN_FLIGHT {
        let load = api.starts(&machine, in_flight, seconds).await?;
        let (p50, p99) = (load.figures.ms(0.5), load.figures.ms(0.99));
        let transitions = load.rate * PASS_STATES as f64;
        println!("| {in_flight} | {transitions:.0} | {:.0} | {p50:.2} ms | {p99:.2} ms |", load.rate);
    }

    let machine = api.machine("three-steps", &three_steps(ECHO)).await?;
    let took = api.tasks(&machine).await?;
    let rate = (EXECUTIONS * STEPS as u64) as f64 / took.as_secs_f64();
    println!(
        "\nTasks: {EXECUTIONS} executions of {STEPS} were started {CALLERS} at a time and over after {:.1} s: {rate:.0} tasks/s.\n",
        took.as_secs_f64()
    );

    let machine = api.machine("one-task", &one_task(STAMP)).await?;
    let figures = api.first_tasks(&machine, seconds).await?;
    figures.line(&format!(
        "start to first task, {STARTS_PER_SECOND:.0} starts a second, from the request until the function runs"
    ));
    api.stop().await
}

/// The emulator, and connections for each operation that is called.
struct Api {
    process: Process,
    create: Callers,
    start: Callers,
    describe: Callers,
    list: Callers,
    _data: tempfile::TempDir,
}

impl Api {
    async fn start(binaries: &Path) -> anyhow::Result<Arc<Self>> {
        let (program, data) = (binaries.join("octavo"), tempfile::tempdir()?);
        let mut command = Command::new(&program);
        command.arg("--data").arg(data.path()).args(["up", "--port", "0", "--no-build", "--sandboxes", SANDBOXES]);
        for name in ["echo", "stamp"] {
            command.args(["--function", &format!("{name}={}", binaries.join("examples").join(name).display())]);
        }
        let (process, _) =
            Process::until(&mut command, |line| line.contains("Ctrl-C")).await.context("the emulator")?;
        let run: Value = serde_json::from_slice(&std::fs::read(data.path().join("run.json"))?)?;
        let url = run["url"].as_str().context("the emulator says where it is")?;
        let authorization = format!("Bearer {}", token(&program, data.path()).await?);
        let operation = |name: &str| {
            Callers::new(Target {
                name: name.to_owned(),
                address: url.trim_start_matches("http://").to_owned(),
                path: "/v1/states".to_owned(),
                headers: vec![
                    ("authorization".to_owned(), authorization.clone()),
                    ("x-amz-target".to_owned(), format!("AWSStepFunctions.{name}")),
                ],
            })
        };
        Ok(Arc::new(Self {
            process,
            create: operation("CreateStateMachine"),
            start: operation("StartExecution"),
            describe: operation("DescribeExecution"),
            list: operation("ListExecutions"),
            _data: data,
        }))
    }

    /// Makes a state machine; its ARN.
    async fn machine(&self, name: &str, definition: &Value) -> anyhow::Result<String> {
        let role = "arn:aws:iam::000000000000:role/bench";
        let request = json!({ "name": name, "definition": definition.to_string(), "roleArn": role });
        let made = ask(&self.create, &request).await?.0;
        Ok(made["stateMachineArn"].as_str().context("a state machine has an ARN")?.to_owned())
    }

    /// Starts an execution; its ARN, and how long that took.
    async fn begin(&self, machine: &str, input: &Value) -> anyhow::Result<(String, Duration)> {
        let request = json!({ "stateMachineArn": machine, "input": input.to_string() });
        let (begun, took) = ask(&self.start, &request).await?;
        Ok((begun["executionArn"].as_str().context("an execution has an ARN")?.to_owned(), took))
    }

    /// Executions that are over with their start.
    async fn starts(self: &Arc<Self>, machine: &str, in_flight: usize, seconds: u64) -> anyhow::Result<Load> {
        let (api, machine) = (self.clone(), machine.to_owned());
        let call = move |number| {
            let (api, machine) = (api.clone(), machine.clone());
            async move { Ok(api.begin(&machine, &input(number)).await?.1) }
        };
        drive(in_flight, Duration::from_secs(seconds), call).await
    }

    /// How long it takes until so many executions, started as fast as may be, have ended.
    async fn tasks(self: &Arc<Self>, machine: &str) -> anyhow::Result<Duration> {
        let (began, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let callers = (0..CALLERS).map(|_| async {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= EXECUTIONS {
                    return anyhow::Ok(());
                }
                self.begin(machine, &json!({ "number": number })).await?;
            }
        });
        try_join_all(callers).await?;
        let running = json!({ "stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 1 });
        while ask(&self.list, &running).await?.0["executions"] != json!([]) {
            anyhow::ensure!(began.elapsed() < END_MAX, "the executions do not end");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let took = began.elapsed();
        let failed = json!({ "stateMachineArn": machine, "statusFilter": "FAILED", "maxResults": 1 });
        anyhow::ensure!(ask(&self.list, &failed).await?.0["executions"] == json!([]), "some executions failed");
        Ok(took)
    }

    /// From the request that starts an execution until its function runs, by the machine's clock.
    async fn first_tasks(self: &Arc<Self>, machine: &str, seconds: u64) -> anyhow::Result<Figures> {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let (api, machine, all) = (self.clone(), machine.to_owned(), begun.clone());
        let call = move |number| {
            let (api, machine, begun) = (api.clone(), machine.clone(), all.clone());
            async move {
                let at = SystemTime::UNIX_EPOCH.elapsed()?;
                let (arn, took) = api.begin(&machine, &json!({ "number": number })).await?;
                begun.lock().push((arn, at));
                Ok(took)
            }
        };
        pace(STARTS_PER_SECOND, Duration::from_secs(seconds), call).await?;
        let mut figures = Figures::new();
        let begun = std::mem::take(&mut *begun.lock());
        for (arn, at) in begun {
            let asked = Instant::now();
            let called = loop {
                let seen = ask(&self.describe, &json!({ "executionArn": arn })).await?.0;
                if seen["status"] == "SUCCEEDED" {
                    let output: Value = serde_json::from_str(seen["output"].as_str().context("it has an output")?)?;
                    break output["called_us"].as_u64().context("the function says when it was called")?;
                }
                anyhow::ensure!(
                    seen["status"] == "RUNNING" && asked.elapsed() < END_MAX,
                    "{arn} is {}",
                    seen["status"]
                );
                tokio::time::sleep(LOOK_AGAIN).await;
            };
            figures.add(Duration::from_micros(called).saturating_sub(at));
        }
        Ok(figures)
    }

    async fn stop(self: Arc<Self>) -> anyhow::Result<()> {
        Arc::into_inner(self).context("nobody calls any more")?.process.end().await
    }
}

/// A token of somebody who may define workflows.
async fn token(program: &Path, data: &Path) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.arg("--data").arg(data).args(["token", "--tenant", "acme", "--user", "ada", "--role", "workflows"]);
    let output = command.output().await?;
    anyhow::ensure!(output.status.success(), "there is no token");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn ask(operation: &Callers, request: &Value) -> anyhow::Result<(Value, Duration)> {
    let answer = operation.ask(Bytes::from(request.to_string())).await?;
    Ok((serde_json::from_slice(&answer.body)?, answer.took))
}
