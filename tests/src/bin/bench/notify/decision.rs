//! From a decision until the workflow's next function runs.

use super::emulated::{Emulated, Person};
use crate::figures::Figures;
use crate::load::pace;
use anyhow::Context;
use futures::{StreamExt, TryStreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

const STAMP: &str = "arn:aws:lambda:us-east-1:000000000000:function:stamp";
const ASK: &str = "arn:aws:states:::approvals:request.waitForTaskToken";
const DECISIONS_PER_SECOND: f64 = 20.0;
/// Of those that are decided one after the other, the first are not counted.
const ALONE: u64 = 60;
const ALONE_WARM_UP: u64 = 10;
/// A pace may hand out some more than its rate says.
const SPARE: u64 = 10;
/// Workflows that are started at a time.
const STARTS: usize = 8;
/// Everything is asked, or ended, by then.
const WAIT_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(super) async fn measure(binaries: &Path, seconds: u64) -> anyhow::Result<()> {
    let paced = (DECISIONS_PER_SECOND * seconds as f64) as u64 + SPARE;
    let house = Arc::new(House::start(binaries, paced + ALONE).await?);
    println!("\n### From a decision until the next task\n");
    println!(
        "Workflows of an approval and a task. From `POST /v1/approvals/ID/decision` until the task's function runs, by the"
    );
    println!("machine's clock; tokens are verified, the requester is told besides. Goal: p50 10 ms.\n");
    println!(
        "| decisions | until it is answered, p50 | p99 | until the next function runs, p50 | p90 | p99 |\n|---|---|---|---|---|---|"
    );

    let (mut answered, mut ran) = (Figures::new(), Figures::new());
    for number in paced..paced + ALONE {
        let (at, took) = house.decide(number).await?;
        let until = house.ran(number).await?.saturating_sub(at);
        if number >= paced + ALONE_WARM_UP {
            answered.add(took);
            ran.add(until);
        }
    }
    row("one after the other", &answered, &ran);

    let decided = Arc::new(Mutex::new(Vec::new()));
    let (deciding, kept) = (house.clone(), decided.clone());
    let call = move |number| {
        let (house, kept) = (deciding.clone(), kept.clone());
        async move {
            let (at, took) = house.decide(number).await?;
            kept.lock().push((number, at));
            Ok(took)
        }
    };
    let load = pace(DECISIONS_PER_SECOND, Duration::from_secs(seconds), call).await?;
    let mut ran = Figures::new();
    let decided = std::mem::take(&mut *decided.lock());
    for (number, at) in decided {
        ran.add(house.ran(number).await?.saturating_sub(at));
    }
    row(&format!("{DECISIONS_PER_SECOND:.0} a second"), &load.figures, &ran);
    Arc::into_inner(house).context("nobody decides any more")?.emulated.stop().await
}

fn row(name: &str, answered: &Figures, ran: &Figures) {
    let [a50, a99] = [0.5, 0.99].map(|quantile| answered.ms(quantile));
    let [r50, r90, r99] = [0.5, 0.9, 0.99].map(|quantile| ran.ms(quantile));
    println!("| {name} | {a50:.1} ms | {a99:.1} ms | {r50:.1} ms | {r90:.1} ms | {r99:.1} ms |");
}

/// An emulator with workflows that wait, each for the decision of its number.
struct House {
    emulated: Emulated,
    ada: Person,
    bob: Person,
    executions: HashMap<u64, String>,
    approvals: HashMap<u64, String>,
}

impl House {
    async fn start(binaries: &Path, workflows: u64) -> anyhow::Result<Self> {
        let emulated = Emulated::start(binaries, None).await?;
        let (ada, bob) = (emulated.person("ada", &["workflows"]).await?, emulated.person("bob", &[]).await?);
        let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Ask", "States": {
            "Ask": { "Type": "Task", "Resource": ASK, "Next": "Stamp",
                "Arguments": { "Title": "{% $states.input.title %}", "Approvers": ["user:bob"] } },
            "Stamp": { "Type": "Task", "Resource": STAMP, "Arguments": {}, "End": true },
        } });
        let role = "arn:aws:iam::000000000000:role/bench";
        let request = json!({ "name": "asks", "definition": definition.to_string(), "roleArn": role });
        let machine = emulated.states(&ada, "CreateStateMachine", &request).await?["stateMachineArn"].clone();
        let (house, who, machine) = (&emulated, &ada, &machine);
        let start = |number: u64| async move {
            let input = json!({ "title": format!("Number {number}") }).to_string();
            let request = json!({ "stateMachineArn": machine, "input": input });
            let begun = house.states(who, "StartExecution", &request).await?;
            let arn = begun["executionArn"].as_str().context("an execution has an ARN")?.to_owned();
            anyhow::Ok((number, arn))
        };
        let executions =
            futures::stream::iter((0..workflows).map(start)).buffer_unordered(STARTS).try_collect().await?;
        let began = Instant::now();
        let approvals = loop {
            let found = waiting(&emulated, &bob).await?;
            if found.len() as u64 == workflows {
                break found;
            }
            anyhow::ensure!(began.elapsed() < WAIT_MAX, "only {} of {workflows} workflows ask", found.len());
            tokio::time::sleep(LOOK_AGAIN * 10).await;
        };
        Ok(Self { emulated, ada, bob, executions, approvals })
    }

    /// Approves it: when it was asked to, by the machine's clock, and how long the answer took.
    async fn decide(&self, number: u64) -> anyhow::Result<(Duration, Duration)> {
        let id = self.approvals.get(&number).context("it is asked")?;
        let (at, began) = (SystemTime::UNIX_EPOCH.elapsed()?, Instant::now());
        self.emulated
            .post(&self.bob, &format!("/v1/approvals/{id}/decision"), &json!({ "verdict": "approve" }))
            .await?;
        Ok((at, began.elapsed()))
    }

    /// When its next function ran.
    async fn ran(&self, number: u64) -> anyhow::Result<Duration> {
        let arn = self.executions.get(&number).context("it was started")?;
        let asked = Instant::now();
        loop {
            let seen = self.emulated.states(&self.ada, "DescribeExecution", &json!({ "executionArn": arn })).await?;
            if seen["status"] == "SUCCEEDED" {
                let output: Value = serde_json::from_str(seen["output"].as_str().context("it has an output")?)?;
                let called = output["called_us"].as_u64().context("the function says when it was called")?;
                return Ok(Duration::from_micros(called));
            }
            let runs = seen["status"] == "RUNNING" && asked.elapsed() < WAIT_MAX;
            anyhow::ensure!(runs, "{arn} is {}: {}", seen["status"], seen["cause"]);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// What waits for somebody, by the number in its title.
async fn waiting(emulated: &Emulated, person: &Person) -> anyhow::Result<HashMap<u64, String>> {
    let (mut found, mut more) = (HashMap::new(), String::new());
    loop {
        let page = emulated.get(person, &format!("/v1/approvals?box=mine&limit=200{more}")).await?;
        for approval in page["approvals"].as_array().context("a page has approvals")? {
            let title = approval["title"].as_str().and_then(|title| title.strip_prefix("Number "));
            let id = approval["id"].as_str().context("an approval has an id")?;
            found.insert(title.context("it is one of ours")?.parse()?, id.to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return Ok(found) };
        more = format!("&cursor={cursor}");
    }
}
