//! The emulator: engines, functions, event sources and console, started and stopped together.

use crate::engines::{self, Addresses, Engines, secret};
use crate::functions::{self, Function};
use crate::issuer::{AUDIENCE, ISSUER, Issuer, TokenRequest};
use crate::metrics::{BreakerGauges, Metrics};
use crate::notify::{self, Notify};
use crate::options::{Functions, Options};
use crate::providers::{self, Providers};
use crate::relays::Relays;
use crate::run_file::RunFile;
use crate::search_engine::{Reach, SearchEngine};
use crate::switches::Switches;
use crate::triggers::Triggers;
use crate::{console, demo, lock, realtime};
use anyhow::Context;
use axum::body::Body as AxumBody;
use http_body_util::BodyExt;
use local_emulator_lambda::{Body, Cors, Fallback, FunctionConfig, Gateway, Lambda, OutputTap, Watcher, full};
use octavo_adapters_elasticsearch::{ElasticsearchIndex, Options as IndexOptions};
use octavo_adapters_redis::{Redis, RedisQueue, RedisSchedules};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::Clock;
use octavo_domain_realtime::REALTIME_QUEUE;
use realtime_node::Node;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tower::ServiceExt;

/// A connection of PostgreSQL holds 3 to 4 MiB there, and is made anew in a few milliseconds.
const DATABASE_IDLE_MS: &str = "10000";
/// For so long a function believes which indices there are: one question a second to an engine of this machine is nothing, and a
/// reindex need not wait for longer.
const BELIEVED: Duration = Duration::from_secs(1);

/// What the console looks at.
pub(crate) struct Parts {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) lambda: Lambda,
    pub(crate) queue: Arc<RedisQueue>,
    pub(crate) index: ElasticsearchIndex,
    pub(crate) addresses: Addresses,
    pub(crate) providers: Providers,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) breakers: BreakerGauges,
    pub(crate) embedded: [bool; 4],
    /// Where the engines themselves are, in the same order, to show.
    pub(crate) engines_shown: [String; 4],
    /// What stands in front of them.
    pub(crate) relays: Relays,
    pub(crate) switches: Switches,
    pub(crate) watch: console::Watch,
    pub(crate) queues: Vec<String>,
    pub(crate) triggers: OnceCell<Triggers>,
    pub(crate) demo: demo::Setting,
    /// Where browsers reach the realtime node, if there is one.
    pub(crate) realtime_url: OnceCell<String>,
    /// Where mail and other messages go, and what it got.
    pub(crate) notify: OnceCell<Notify>,
    pub(crate) refresh: Duration,
    pub(crate) realtime_keys: String,
    /// How it was started, without secrets.
    pub(crate) shown: Vec<(&'static str, String)>,
}

/// A running platform on free ports of this machine. Stops when it is dropped; [`Emulator::stop`] waits for the end.
pub struct Emulator {
    // Dropped in this order: what uses an engine goes before it.
    _watching: console::Watching,
    _watcher: Option<Watcher>,
    node: Option<Node>,
    parts: Arc<Parts>,
    gateway: Gateway,
    engines: Engines,
    run_file: Option<PathBuf>,
    _lock: Option<lock::Lock>,
    _temporary: Option<tempfile::TempDir>,
}

impl Emulator {
    /// Starts everything. Fails with what could not be started and why; then nothing is left running.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        if options.functions == Functions::Build {
            functions::build().await?;
        }
        let temporary = if options.data.is_none() { Some(tempfile::tempdir()?) } else { None };
        let folder = match (&options.data, &temporary) {
            (Some(data), _) => data.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => anyhow::bail!("there is no folder to work in"),
        };
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let lock = if options.data.is_some() { Some(lock::Lock::take(&folder)?) } else { None };
        let issuer = Arc::new(if options.data.is_some() { Issuer::of_folder(&folder)? } else { Issuer::ephemeral()? });
        // What cargo knows of the functions takes as long as an engine takes to start.
        let source = options.functions.clone();
        let discovered = tokio::task::spawn_blocking(move || functions::discover(&source));
        let (engines, providers, discovered) =
            tokio::join!(engines::start(&options, &folder), providers::start(&options, &folder), discovered);
        let ((engines, mut addresses), providers, functions) = (engines?, providers?, discovered??);
        let engines_shown = [
            addresses.database_shown.clone(),
            console::without_credentials(&addresses.redis),
            console::without_credentials(addresses.elasticsearch.as_str()),
            console::without_credentials(&addresses.s3.endpoint),
        ];
        let relays = if options.relays { Relays::before(&mut addresses).await? } else { Relays::default() };

        let lambda = Lambda::start(local_emulator_lambda::Options::default()).await?;
        let queue = Arc::new(RedisQueue::new(Redis::new(&addresses.redis)?));
        let fires = Arc::new(RedisSchedules::new(Redis::new(&addresses.redis)?));
        let breakers = BreakerGauges::new(Redis::new(&addresses.redis)?, &providers.catalogue)?;
        let index_options = IndexOptions {
            refresh_interval: options.refresh,
            vectors: providers::vectors(&providers, &options)?,
            believed: BELIEVED,
            ..IndexOptions::new(addresses.elasticsearch.clone())
        };
        let index = ElasticsearchIndex::new(index_options, Arc::new(SystemIds));
        let parts = Arc::new(Parts {
            issuer,
            lambda: lambda.clone(),
            queue: queue.clone(),
            index,
            embedded: [
                engines.postgres.is_some(),
                engines.redis.is_some(),
                engines.elasticsearch.is_some(),
                engines.s3.is_some(),
            ],
            queues: functions
                .iter()
                .filter(|function| function.queue.is_some())
                .map(|function| function.name.clone())
                .chain([REALTIME_QUEUE.to_owned()])
                .collect(),
            engines_shown,
            relays,
            switches: Switches::default(),
            watch: console::Watch::default(),
            addresses,
            providers,
            metrics: Arc::default(),
            breakers,
            triggers: OnceCell::new(),
            demo: demo::Setting::of(&options),
            realtime_url: OnceCell::new(),
            notify: OnceCell::new(),
            refresh: options.refresh,
            realtime_keys: realtime::keys(&folder)?,
            shown: console::shown(&options),
        });
        let listen = SocketAddr::from(([127, 0, 0, 1], options.port));
        let gateway = lambda.http(listen, Cors::default(), fallback(parts.clone())).await.with_context(|| {
            format!("port {} is taken: another emulator? (--port takes another one, 0 a free one)", options.port)
        })?;
        let jwks_url = format!("http://{}/.well-known/jwks.json", gateway.address());
        let _ = parts.notify.set(notify::start(&options, &folder, &format!("http://{}", gateway.address())).await?);
        let cursor_key = cursor_key(&folder)?;
        let node = match options.realtime {
            true => Some(realtime::start(&options, &parts.addresses, &jwks_url, &parts.realtime_keys).await?),
            false => None,
        };
        if let Some(node) = &node {
            let _ = parts.realtime_url.set(format!("http://{}", node.address()));
        }
        for function in &functions {
            lambda.add_function(config(function, &parts, &jwks_url, &cursor_key, &options));
        }
        for (name, binary) in &options.own_functions {
            anyhow::ensure!(binary.is_file(), "function {name}: {} is no program", binary.display());
            let taken = functions.iter().any(|function| function.name == *name);
            anyhow::ensure!(!taken, "function {name}: the platform has one of that name");
            let mut config = FunctionConfig::new(name, binary);
            config.sandboxes_max = options.sandboxes_max;
            config.idle_timeout = options.sandbox_idle;
            lambda.add_function(config);
        }
        gateway.reload_routes();
        // The index exists before the first function asks for it.
        if let Some(otherwise) = parts.index.make().await.context("the search index cannot be made")? {
            tracing::warn!("{otherwise}: `cargo octavo reindex`; until then nothing is found by its meaning");
        }
        let schedules = functions.iter().flat_map(|function| function.schedules.clone()).collect();
        if options.triggers {
            let triggers =
                Triggers::start(&functions, schedules, &lambda, &queue, &fires, &parts.addresses, options.retry_max)?;
            let _ = parts.triggers.set(triggers);
        }
        let watcher = if options.watch { Some(functions::watch(&functions)?) } else { None };
        let mut emulator = Self {
            _watching: console::Watch::start(&parts),
            _watcher: watcher,
            node,
            parts,
            gateway,
            engines,
            run_file: None,
            _lock: lock,
            _temporary: temporary,
        };
        if let Some(data) = &options.data {
            emulator.announce(data)?;
            emulator.run_file = Some(data.clone());
        }
        Ok(emulator)
    }

    /// Writes into `data` where it is, so that other commands find it.
    pub(crate) fn announce(&self, data: &Path) -> anyhow::Result<()> {
        self.reach()?.write(data)?;
        RunFile { pid: std::process::id(), url: self.url() }.write(data)
    }

    fn reach(&self) -> anyhow::Result<Reach> {
        Reach::of(self.parts.index.options(), self.parts.embedded[2], &self.parts.addresses)
    }

    /// Its index, for tools and tests.
    ///
    /// # Errors
    /// Where an engine's address is none.
    pub fn search_engine(&self) -> anyhow::Result<SearchEngine> {
        self.reach()?.open()
    }

    /// The address of the API and the console, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.gateway.address())
    }

    /// The address of the realtime node, without a slash at its end.
    pub fn realtime_url(&self) -> &str {
        self.parts.realtime_url.get().map_or("", String::as_str)
    }

    /// A token of this emulator's issuer.
    pub fn token(&self, request: &TokenRequest) -> anyhow::Result<String> {
        self.parts.issuer.token(request, SystemClock.now())
    }

    /// Fills the demonstration tenant ([`crate::demo`]) with what is missing of it, and tells `say` what it made. It is filled
    /// beside whatever else goes on, and needs the emulator to run until it is done.
    pub fn demo<F: Fn(&str) + Send + Sync>(&self, say: F) -> impl Future<Output = anyhow::Result<()>> + Send + use<F> {
        demo::fill(self.parts.clone(), self.url(), say)
    }

    /// What a further realtime node on this emulator's engines is told, but for its name and its address.
    pub fn node_environment(&self) -> Vec<(String, String)> {
        let jwks_url = format!("{}/.well-known/jwks.json", self.url());
        realtime::environment(&self.parts.addresses, &jwks_url, &self.parts.realtime_keys)
    }

    /// The Lambda service, for its faults and records.
    pub fn lambda(&self) -> &Lambda {
        &self.parts.lambda
    }

    /// Names and addresses of what runs, to show.
    pub fn addresses(&self) -> Vec<(&'static str, String)> {
        let addresses = &self.parts.addresses;
        vec![
            ("realtime", self.realtime_url().to_owned()),
            ("Lambda", format!("http://{} (Invoke API)", self.parts.lambda.address())),
            ("PostgreSQL", addresses.database.clone()),
            ("Redis", addresses.redis.clone()),
            ("Elasticsearch", addresses.elasticsearch.to_string()),
            (
                "S3",
                format!("{} (bucket {}, key {})", addresses.s3.endpoint, addresses.s3.bucket, addresses.s3.access_key),
            ),
        ]
    }

    /// The fake AI providers, for their faults and records.
    pub fn fakes(&self) -> &local_emulator_ai::Server {
        &self.parts.providers.fakes
    }

    /// Where the AI providers are, to show.
    pub fn providers(&self) -> &[(String, String)] {
        &self.parts.providers.shown
    }

    /// The fake notification providers, for their faults and what they got.
    ///
    /// # Panics
    /// Never: a running emulator has them.
    pub fn sent(&self) -> &local_emulator_notify::Server {
        &self.parts.notify.get().expect("they were started with the emulator").fakes
    }

    /// Where messages to people go, to show.
    pub fn channels(&self) -> &[(String, String)] {
        self.parts.notify.get().map_or(&[], |notify| &notify.shown)
    }

    /// Kills the supervised PostgreSQL's processes, as a crash would; it is started again. False if it is not ours.
    pub fn crash_postgres(&self) -> bool {
        self.engines.postgres.as_ref().is_some_and(crash)
    }

    /// Stops everything and waits for the end.
    pub async fn stop(mut self) {
        if let Some(node) = self.node.take() {
            node.drain().await;
        }
        if let Some(triggers) = self.parts.triggers.get() {
            triggers.stop().await;
        }
        self.parts.lambda.shutdown().await;
        let Engines { postgres, redis, elasticsearch, s3 } = std::mem::take(&mut self.engines);
        if let Some(server) = redis {
            server.shutdown().await;
        }
        if let Some(server) = elasticsearch {
            server.shutdown().await;
        }
        if let Some(server) = s3 {
            server.shutdown().await;
        }
        if let Some(server) = postgres
            && let Err(error) = server.stop().await
        {
            tracing::warn!(%error, "PostgreSQL did not stop by itself");
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for function in self.parts.lambda.functions() {
            self.parts.lambda.kill(&function.name);
        }
        if let Some(data) = &self.run_file {
            RunFile::remove(data);
            Reach::remove(data);
        }
    }
}

fn crash(server: &local_emulator_postgres::Server) -> bool {
    let pid = std::fs::read_to_string(server.data().join("cluster/postmaster.pid")).unwrap_or_default();
    let Some(pid) = pid.lines().next().and_then(|pid| pid.trim().parse().ok()) else { return false };
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).is_ok()
}

/// How a function is run here: what production's environment gives, this machine's gives alike.
fn config(function: &Function, parts: &Parts, jwks_url: &str, cursor_key: &str, options: &Options) -> FunctionConfig {
    let addresses = &parts.addresses;
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut config = FunctionConfig::new(&function.name, &function.binary);
    config.routes = function.declared.routes.clone();
    config.memory_mb = function.declared.memory_mb.unwrap_or(config.memory_mb);
    config.timeout = function.declared.timeout.unwrap_or(config.timeout);
    config.concurrency = function.concurrency;
    config.sandboxes_max = options.sandboxes_max;
    config.idle_timeout = options.sandbox_idle;
    let metrics = parts.metrics.clone();
    config.output = Some(OutputTap::new(move |line| metrics.take(line)));
    config.env = vec![
        set("OCTAVO_DATABASE_URL", &addresses.database),
        set("OCTAVO_DATABASE_IDLE_MS", DATABASE_IDLE_MS),
        set("OCTAVO_REDIS_URL", &addresses.redis),
        set("OCTAVO_ELASTICSEARCH_URL", addresses.elasticsearch.as_str()),
        set("OCTAVO_ELASTICSEARCH_REFRESH_MS", &options.refresh.as_millis().to_string()),
        set("OCTAVO_ELASTICSEARCH_BELIEVED_MS", &BELIEVED.as_millis().to_string()),
        set("OCTAVO_BLOBS_ENDPOINT", &addresses.s3.endpoint),
        set("OCTAVO_BLOBS_BUCKET", &addresses.s3.bucket),
        set("OCTAVO_BLOBS_ACCESS_KEY", &addresses.s3.access_key),
        set("OCTAVO_BLOBS_SECRET_KEY", &addresses.s3.secret_key),
        set("OCTAVO_TOKENS_ISSUER", ISSUER),
        set("OCTAVO_TOKENS_AUDIENCE", AUDIENCE),
        set("OCTAVO_TOKENS_JWKS_URL", jwks_url),
        set("OCTAVO_CURSOR_KEY", cursor_key),
        set("OCTAVO_REALTIME_QUEUE", "on"),
        set("OCTAVO_REALTIME_KEYS", &parts.realtime_keys),
        // Without a node of the emulator's own nobody is sent anywhere.
        set("OCTAVO_REALTIME_URL", parts.realtime_url.get().map_or("http://127.0.0.1:9", String::as_str)),
        set("OCTAVO_LAMBDA_ENDPOINT", &format!("http://{}", parts.lambda.address())),
        set("OCTAVO_LAMBDA_SIGNING", "off"),
        // Whatever a person of this machine adds to its Lambda, and what listens on this machine, may do tasks.
        set("OCTAVO_WORKFLOW_FUNCTIONS", "*"),
        set("OCTAVO_WORKFLOW_HTTP_HOSTS", "*, http://127.0.0.1:*, http://localhost:*"),
        set("OCTAVO_LOG", "info,tower=warn,hyper=warn"),
    ];
    config.env.extend(parts.providers.env.iter().cloned());
    config.env.extend(parts.notify.get().into_iter().flat_map(|notify| notify.env.iter().cloned()));
    config.env.retain(|(name, _)| options.variables.iter().all(|(given, _)| given != name));
    config.env.extend(options.variables.iter().cloned());
    config.env.extend(function.declared.env.iter().cloned());
    config
}

/// Kept with the data, so that a cursor outlives a restart.
fn cursor_key(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("cursor.key");
    if !path.exists() {
        std::fs::write(&path, secret())?;
    }
    Ok(std::fs::read_to_string(path)?)
}

/// What no function answers, the console's router answers.
fn fallback(parts: Arc<Parts>) -> Fallback {
    let router = console::router(parts);
    Arc::new(move |request| {
        let router = router.clone();
        Box::pin(async move {
            let response = match router.oneshot(request.map(AxumBody::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (head, body) = response.into_parts();
            // The console's answers are small and there: collected, they need no bounds on their body's type.
            let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let answer: hyper::Response<Body> = hyper::Response::from_parts(head, full(bytes));
            answer
        })
    })
}
