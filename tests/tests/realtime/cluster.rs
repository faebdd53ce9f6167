//! Two nodes on one Redis.

use local_emulator::{Options, TokenRequest};
use octavo_tests::{NodeProcess, World};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a drain may take.
const DRAIN: Duration = Duration::from_secs(10);
/// Users of a tenant, so that no limit of one user's is met.
const USERS: &[&str] = &["ada", "bob", "eve", "victor", "stranger", "fay", "gil", "hal", "ida", "joe"];
/// How long a brief token is good.
const BRIEF_S: i64 = 4;

/// A platform with two nodes.
pub(crate) struct Cluster {
    /// The engines, the issuer and the documents function.
    pub(crate) world: World,
    variables: Vec<(String, String)>,
    nodes: Vec<NodeProcess>,
}

impl Cluster {
    /// Starts the nodes `one` and `two`.
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// The same on an emulator started as `options` say.
    pub(crate) async fn with(options: Options) -> Self {
        let world = World::with(Options { realtime: false, ..options }).await;
        let mut variables = world.emulator.node_environment();
        let more = [
            ("OCTAVO_NODE_DRAIN_MS", DRAIN.as_millis().to_string()),
            ("OCTAVO_NODE_DRAIN_SPREAD_MS", "1500".to_owned()),
            // Scripts do in a second what people do in an hour.
            ("OCTAVO_NODE_RECORDS_PER_SECOND", "100000".to_owned()),
            ("OCTAVO_NODE_CONNECTIONS_PER_USER", "1000".to_owned()),
        ];
        variables.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let mut cluster = Self { world, variables, nodes: Vec::new() };
        let (one, two) =
            tokio::join!(NodeProcess::start("one", &cluster.variables), NodeProcess::start("two", &cluster.variables),);
        cluster.nodes = vec![one, two];
        cluster
    }

    /// The URL of a node.
    pub(crate) fn url(&self, name: &str) -> &str {
        self.nodes.iter().find(|node| node.name() == name).expect("there is such a node").url()
    }

    /// A node by its name.
    pub(crate) fn node(&mut self, name: &str) -> &mut NodeProcess {
        self.nodes.iter_mut().find(|node| node.name() == name).expect("there is such a node")
    }

    /// Starts a node anew, after its end, at another address.
    pub(crate) async fn restart(&mut self, name: &str) -> String {
        let variables = self.variables.clone();
        let node = self.node(name);
        if node.ended(DRAIN + DRAIN).await.is_none() {
            panic!("node {name} does not end:\n{}", node.logs());
        }
        *node = NodeProcess::start(name, &variables).await;
        node.url().to_owned()
    }

    /// What a script is told; `realtime_under_test.mjs` says what it is.
    pub(crate) fn settings(&self) -> Value {
        let token = |tenant: &str, user: &str| self.world.person(tenant, user).token().to_owned();
        let tokens: Vec<String> = USERS.iter().map(|user| token("acme", user)).collect();
        json!({
            "one": self.url("one"),
            "two": self.url("two"),
            "gateway": self.world.emulator.url(),
            "tokens": tokens,
            "other": token("other", "ada"),
        })
    }

    /// Does what a script asks for; `harness.mjs` says what it may be.
    pub(crate) async fn obey(&mut self, words: &[&str]) -> Value {
        match *words {
            ["kill", name] => self.node(name).kill().await,
            ["terminate", name] => self.node(name).terminate(),
            ["start", name] => return json!(self.restart(name).await),
            ["brief-token"] => return json!(self.brief_token()),
            _ => panic!("nobody knows how to {words:?}"),
        }
        Value::Null
    }

    /// A token that is over in a moment.
    pub(crate) fn brief_token(&self) -> String {
        let mut request = TokenRequest::new("acme", "brief");
        request.lifetime = chrono::TimeDelta::seconds(BRIEF_S);
        self.world.emulator.token(&request).expect("a token can be signed")
    }

    /// What the nodes said, for a failure.
    pub(crate) fn logs(&self) -> String {
        self.nodes.iter().map(|node| format!("-- node {}\n{}\n", node.name(), last(&node.logs()))).collect()
    }
}

/// The end of a log.
fn last(log: &str) -> &str {
    const SHOWN_MAX: usize = 6_000;
    let from = log.len().saturating_sub(SHOWN_MAX);
    let from = (from..=log.len()).find(|at| log.is_char_boundary(*at)).unwrap_or(log.len());
    &log[from..]
}
