//! A platform of which everything can be killed or cut off.

use crate::plan::{Engine, Fault, Planned};
use local_emulator::Options;
use octavo_tests::{NodeProcess, Person, World};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// How long the poller waits for the function: what a killed node held is given to another soon after.
const INDEX_TIMEOUT_MS: u64 = 3_000;
/// The last lines of the node that are shown with a failure.
const LINES_SHOWN: usize = 80;

/// An emulator with relays before its engines, whose queue is polled by a node in a process of its own.
pub(crate) struct Platform {
    pub(crate) world: World,
    /// Who asks the console for faults.
    operator: Person,
    node: tokio::sync::Mutex<NodeProcess>,
    variables: Vec<(String, String)>,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let options =
            Options { relays: true, realtime: false, triggers: false, sandboxes_max: 6, ..Options::default() };
        let world = World::alone(options).await;
        let mut variables = world.emulator.node_environment();
        let endpoint = format!("http://{}", world.emulator.lambda().address());
        let queue = format!("index:batch=10:window_ms=0:concurrency=4:timeout_ms={INDEX_TIMEOUT_MS}");
        let more = [
            ("OCTAVO_NODE_QUEUES", queue.as_str()),
            ("OCTAVO_NODE_RELAY", "on"),
            ("OCTAVO_LAMBDA_ENDPOINT", endpoint.as_str()),
            ("OCTAVO_LAMBDA_SIGNING", "off"),
        ];
        variables.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        variables.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let node = NodeProcess::start("one", &variables).await;
        Self { operator: world.stranger(), world, node: tokio::sync::Mutex::new(node), variables }
    }

    /// Lets things happen as planned. Everything is there again at the end.
    pub(crate) async fn suffers(&self, faults: &[Planned]) {
        for planned in faults {
            sleep(planned.after).await;
            self.happens(planned.fault, planned.lasts).await;
        }
    }

    async fn happens(&self, fault: Fault, lasts: Duration) {
        match fault {
            Fault::Function(name) => drop(self.world.emulator.lambda().kill(name)),
            // One that is just being started again has no process to kill.
            Fault::Crash => drop(self.world.emulator.crash_postgres()),
            Fault::Node => {
                let mut node = self.node.lock().await;
                node.kill().await;
                *node = NodeProcess::start("one", &self.variables).await;
            }
            Fault::Cut(engine) => self.switched(engine, "away", Duration::ZERO).await,
            Fault::Away(engine) => self.switched(engine, "away", lasts).await,
            Fault::Hangs(engine) => self.switched(engine, "hang", lasts).await,
        }
    }

    async fn switched(&self, engine: Engine, kind: &str, lasts: Duration) {
        let name = match engine {
            Engine::Postgres => "postgres",
            Engine::Redis => "redis",
            Engine::Search => "elasticsearch",
            Engine::Blobs => "s3",
        };
        let asks = |method, path: &str| self.operator.request(method, path).header("x-octavo-console", "1");
        let fault = asks(Method::POST, "/_octavo/faults").json(&json!({ "provider": name, "kind": kind }));
        self.operator.send(fault).await.expect(201);
        sleep(lasts).await;
        self.operator.send(asks(Method::DELETE, &format!("/_octavo/faults/{name}"))).await.expect(200);
    }

    /// What the node said last.
    pub(crate) async fn logs(&self) -> String {
        let logs = self.node.lock().await.logs();
        let lines: Vec<&str> = logs.lines().collect();
        lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
    }
}
