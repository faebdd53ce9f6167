//! How an emulator is started.

use std::path::PathBuf;
use std::time::Duration;

/// How an emulator is started. [`Options::default`] is one for a test: everything embedded, free ports, nothing kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where data is kept; none keeps nothing.
    pub data: Option<PathBuf>,
    /// The port of the HTTP API and the console; 0 takes a free one.
    pub port: u16,
    /// Whether the emulator runs a realtime node itself; tests that start nodes of their own do without.
    pub realtime: bool,
    /// Whether the emulator polls queues, publishes outboxes, rings for what is due and fires schedules itself; tests whose
    /// nodes do that, so that it can be killed, do without.
    pub triggers: bool,
    /// The port of the realtime node; 0 takes a free one.
    pub realtime_port: u16,
    /// A PostgreSQL to use instead of the supervised one: the URL of a role that may create roles and tables.
    pub postgres: Option<String>,
    /// A Redis to use instead of the embedded one.
    pub redis: Option<String>,
    /// An Elasticsearch or OpenSearch to use instead of the embedded one.
    pub elasticsearch: Option<String>,
    /// An S3 to use instead of the embedded one.
    pub s3: Option<ExternalS3>,
    /// AI providers that are the real ones.
    pub ai: AiKeys,
    /// Fake AI providers that run elsewhere, instead of those in this process: the base URL of a `local-emulator-ai` server,
    /// `http://127.0.0.1:9400`. Faults must then be asked for there.
    pub ai_upstreams: Option<String>,
    /// Variables of the functions, in the place of those that the emulator gives them: `OCTAVO_AI_TIMEOUT_MS`.
    pub variables: Vec<(String, String)>,
    /// Where the functions' binaries come from.
    pub functions: Functions,
    /// Lambda functions beside the platform's own, by name, each a program that speaks the Lambda Runtime API: what tasks of
    /// workflows invoke.
    pub own_functions: Vec<(String, PathBuf)>,
    /// Whether this is a demonstration: the console opens as somebody of the demonstration tenant. [`Emulator::demo`] fills it.
    ///
    /// [`Emulator::demo`]: crate::Emulator::demo
    pub demo: bool,
    /// Rebuild functions when their sources are saved.
    pub watch: bool,
    /// Whether relays stand in front of the engines, so that these can be switched away, hanging or slow. Without them functions
    /// speak with the engines directly, each question a little faster: so do tests and measurements.
    pub relays: bool,
    /// How many sandboxes a function may have.
    pub sandboxes_max: usize,
    /// A sandbox that did nothing for so long is ended.
    pub sandbox_idle: Duration,
    /// The longest pause before a message that failed is tried again: production's, of which a test of dead letters has no time
    /// to wait for the end.
    pub retry_max: Duration,
    /// How soon the index shows what was written: its refresh interval.
    pub refresh: Duration,
}

/// An S3 of somebody else's.
#[derive(Debug, Clone)]
pub struct ExternalS3 {
    /// Its address.
    pub endpoint: String,
    /// The bucket, which must be there.
    pub bucket: String,
    /// The access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

/// Keys with real AI providers; one without a key is a fake of this machine.
#[derive(Clone, Default)]
pub struct AiKeys {
    /// OpenAI's key.
    pub openai: Option<String>,
    /// Anthropic's key.
    pub anthropic: Option<String>,
    /// Azure OpenAI's resource and key: its deployments must be called as the models are.
    pub azure: Option<(String, String)>,
}

impl std::fmt::Debug for AiKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AiKeys { openai, anthropic, azure } = self;
        let real = [("openai", openai.is_some()), ("anthropic", anthropic.is_some()), ("azure", azure.is_some())];
        f.debug_list().entries(real.iter().filter(|(_, is)| *is).map(|(name, _)| name)).finish()
    }
}

/// Where the functions' binaries come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Functions {
    /// Built by cargo, once a process, in the profile that this program was built in.
    Build,
    /// Found in this folder, built by somebody else.
    Folder(PathBuf),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            port: 0,
            realtime: true,
            triggers: true,
            realtime_port: 0,
            postgres: None,
            redis: None,
            elasticsearch: None,
            s3: None,
            ai: AiKeys::default(),
            ai_upstreams: None,
            variables: Vec::new(),
            functions: Functions::Build,
            own_functions: Vec::new(),
            demo: false,
            watch: false,
            relays: false,
            sandboxes_max: 4,
            sandbox_idle: Duration::from_secs(300),
            retry_max: Duration::from_secs(900),
            // Production waits 5 s; a test has no time to.
            refresh: Duration::from_millis(200),
        }
    }
}
