//! Everything dies while hundreds of executions run: workers, the node that polls and rings for them, PostgreSQL, Redis with
//! all that it knew. None is lost or stands still, no effect is done twice, no timer is missed.
//!
//! Which dies when is drawn from a seed, which is printed; `OCTAVO_TEST_SEED` asks for one again, `OCTAVO_TEST_ROUNDS` for
//! more rounds. An effect is one where a function's line in a file has a new idempotency key: a call that comes twice with
//! the same key is one that an idempotent service tells from another.

use crate::desk::Desk;
use crate::load::{Load, Started};
use local_emulator::Options;
use octavo_testing::ids::unique;
use octavo_tests::{NodeProcess, RestartableRedis, asked};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long things die, in one round.
const DYING: Duration = Duration::from_secs(12);
/// Executions of one round.
const EXECUTIONS: usize = 200;

/// Executions of a restart.
const RESTARTED: usize = 40;

/// SplitMix64: small, even, and the same everywhere.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// What dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Step,
    Workflow,
    Node,
    Postgres,
    Redis,
}

impl Death {
    /// Workers die often, engines now and then.
    const DRAWN: [Self; 10] = [
        Self::Step,
        Self::Step,
        Self::Step,
        Self::Workflow,
        Self::Workflow,
        Self::Node,
        Self::Node,
        Self::Postgres,
        Self::Redis,
        Self::Redis,
    ];
}

/// A platform whose queues are polled, and whose bells are rung, by a node that can be killed.
struct Mortal {
    desk: Desk,
    redis: RestartableRedis,
    node: NodeProcess,
    variables: Vec<(String, String)>,
    deaths: Vec<Death>,
}

impl Mortal {
    async fn start() -> Self {
        let redis = RestartableRedis::start().await;
        let options = Options {
            redis: Some(redis.url()),
            realtime: false,
            triggers: false,
            sandboxes_max: 8,
            ..Options::default()
        };
        let desk = Desk::alone(options).await;
        let mut variables = desk.world.emulator.node_environment();
        let endpoint = format!("http://{}", desk.world.emulator.lambda().address());
        let more = [
            ("OCTAVO_NODE_QUEUES", "index,step:batch=10:window_ms=0:concurrency=8:timeout_ms=900000"),
            ("OCTAVO_NODE_RELAY", "on"),
            ("OCTAVO_NODE_BELL", "on"),
            ("OCTAVO_LAMBDA_ENDPOINT", endpoint.as_str()),
            ("OCTAVO_LAMBDA_SIGNING", "off"),
        ];
        variables.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        variables.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let node = NodeProcess::start("one", &variables).await;
        Self { desk, redis, node, variables, deaths: Vec::new() }
    }

    async fn die(&mut self, death: Death) {
        self.deaths.push(death);
        let lambda = self.desk.world.emulator.lambda();
        match death {
            Death::Step => drop(lambda.kill("step")),
            Death::Workflow => drop(lambda.kill("workflow")),
            Death::Postgres => assert!(self.desk.world.emulator.crash_postgres()),
            Death::Redis => {
                self.redis.end().await;
                sleep(Duration::from_millis(300)).await;
                self.redis.begin().await;
            }
            Death::Node => {
                self.node.kill().await;
                self.node = NodeProcess::start("one", &self.variables).await;
            }
        }
    }

    /// Lets things die for a while.
    async fn dying(&mut self, seeded: &mut Seeded) {
        let until = Instant::now() + DYING;
        while Instant::now() < until {
            let death = Death::DRAWN[usize::try_from(seeded.below(10)).unwrap_or_default()];
            self.die(death).await;
            sleep(Duration::from_millis(200 + seeded.below(1_300))).await;
        }
    }

    fn logs(&self) -> String {
        format!("{}\n{}", self.desk.logs(), self.node.logs())
    }
}

fn number(variable: &str) -> Option<u64> {
    asked(variable).map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_dies_no_execution_is_lost_and_no_effect_is_done_twice() {
    let seed = number("OCTAVO_TEST_SEED").unwrap_or_else(|| unique().as_u64_pair().0 >> 32);
    let rounds = number("OCTAVO_TEST_ROUNDS").unwrap_or(1);
    println!("OCTAVO_TEST_SEED={seed}");
    let mut seeded = Seeded(seed);
    let mut mortal = Mortal::start().await;
    let load = Load::prepare(&mortal.desk).await;
    for round in 0..rounds {
        let begun = Instant::now();
        let started = {
            let starting = load.start(EXECUTIONS, round);
            tokio::join!(starting, mortal.dying(&mut seeded)).0
        };
        let Started { executions, .. } = &started;
        println!("round {round}: {} executions, died: {:?}", executions.len(), std::mem::take(&mut mortal.deaths));
        let found = load.judge(started).await;
        println!("round {round}: {found} after {:?}", begun.elapsed());
        assert!(found.wrong.is_empty(), "seed {seed}: {}\n{}", found.wrong.join("\n"), mortal.logs());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_that_is_ended_goes_on_with_everything_when_it_is_started_again() {
    let data = tempfile::tempdir().unwrap();
    let options = || Options { data: Some(data.path().to_owned()), sandboxes_max: 8, ..Options::default() };
    let desk = Desk::with(options()).await;
    let load = Load::prepare(&desk).await;
    let started = load.start(RESTARTED, 0).await;
    drop(load);
    // In the middle of waits, tasks and maps.
    let desk = desk.again(options()).await;
    let load = Load::prepare(&desk).await;
    let found = load.judge(started).await;
    println!("{found}");
    assert!(found.wrong.is_empty(), "{}\n{}", found.wrong.join("\n"), desk.logs());
}
