//! A platform of which everything can be killed or cut off.

use crate::plan::{Engine, Fault, Planned};
use local_emulator::Options;
use octavo_tests::{NodeProcess, Person, World};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// How long the poller waits for the function: what a killed node held is given to another soon after.
const INDEX_TIMEOUT_MS: u64 = 5_000;
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
            Fault::Cut(engine) => self.switched(engine, "away", sleep(Duration::ZERO)).await,
            Fault::Away(engine) => self.switched(engine, "away", sleep(lasts)).await,
            Fault::Hangs(engine) => self.switched(engine, "hang", sleep(lasts)).await,
        }
    }

    /// Lets something happen that lasts for as long as somebody works.
    pub(crate) async fn without(&self, fault: Fault, work: impl Future<Output = ()>) {
        match fault {
            Fault::Away(engine) => self.switched(engine, "away", work).await,
            Fault::Hangs(engine) => self.switched(engine, "hang", work).await,
            _ => {
                self.happens(fault, Duration::ZERO).await;
                work.await;
            }
        }
    }

    async fn switched(&self, engine: Engine, kind: &str, meanwhile: impl Future<Output = ()>) {
        let name = match engine {
            Engine::Postgres => "postgres",
            Engine::Redis => "redis",
            Engine::Search => "elasticsearch",
            Engine::Blobs => "s3",
        };
        let fault = self.asks(Method::POST, "faults").json(&json!({ "provider": name, "kind": kind }));
        self.operator.send(fault).await.expect(201);
        meanwhile.await;
        self.operator.send(self.asks(Method::DELETE, &format!("faults/{name}"))).await.expect(200);
    }

    /// Gives back what went to the dead letters of the index's queue, as who operates a platform does when its function was
    /// killed or too slow as often as a message is tried; how many that were.
    pub(crate) async fn redrives(&self) -> u64 {
        let answer = self.operator.send(self.asks(Method::POST, "dead/index/redrive")).await;
        // Another run may have let Redis be away.
        if answer.status >= 500 {
            return 0;
        }
        answer.expect(200).json()["redriven"].as_u64().expect("a number of messages")
    }

    /// Whether messages of the index's queue are still on their way, of whichever run; so it is where nobody can say.
    pub(crate) async fn is_indexing(&self) -> bool {
        let queues = self.operator.send(self.asks(Method::GET, "queues")).await.expect(200).json();
        let queues = queues["items"].as_array().expect("queues are listed");
        let depth = &queues.iter().find(|queue| queue["name"] == "index").expect("there is an index")["depth"];
        ["ready", "in_flight", "delayed"].iter().any(|count| depth[count] != 0)
    }

    fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.operator.request(method, &format!("/_octavo/{path}")).header("x-octavo-console", "1")
    }

    /// What the node said last.
    pub(crate) async fn logs(&self) -> String {
        let logs = self.node.lock().await.logs();
        let lines: Vec<&str> = logs.lines().collect();
        lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
    }
}
