//! `octavo up`: everything, until it is told to stop.

use crate::demo;
use crate::functions;
use crate::options::{AiKeys, ExternalS3, Functions, Options};
use crate::run_file::RunFile;
use crate::search_engine::Reach;
use crate::{Emulator, TokenRequest};
use anyhow::Context;
use clap::Args;
use octavo_wiring_settings::{Environment, Log, LogFormat};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Start everything, and stop it with Ctrl-C
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The port of the API and the console; 0 takes a free one
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// The port of the realtime node: hubs, rooms, data plane; 0 takes a free one. The one after --port without it
    #[arg(long)]
    realtime_port: Option<u16>,
    /// Keep nothing
    #[arg(long)]
    ephemeral: bool,
    /// Fill a demonstration tenant (a small company with documents, people, approvals under way, a month of AI use), and
    /// open the console as one of its people. A second start with the same data adds nothing
    #[arg(long)]
    demo: bool,
    /// Rebuild a function when its source is saved
    #[arg(long)]
    watch: bool,
    /// Use the functions as they lie beside this program, without building them
    #[arg(long, conflicts_with = "watch")]
    no_build: bool,
    /// Let functions speak with the engines directly: a little faster, but no engine can be switched away
    #[arg(long)]
    direct: bool,
    /// Sandboxes that a function may have
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    sandboxes: u16,
    /// A Lambda function of your own, a program that speaks the Lambda Runtime API under the base URL in
    /// AWS_LAMBDA_RUNTIME_API (it has a path here, as with cargo-lambda): what tasks of workflows invoke. May be
    /// given several times
    #[arg(long = "function", value_name = "NAME=PROGRAM", value_parser = own_function)]
    own_functions: Vec<(String, PathBuf)>,
    /// A PostgreSQL to use instead of the supervised one (a role that may create roles and tables)
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// A Redis or Valkey to use instead of the embedded one
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// An Elasticsearch or OpenSearch to use instead of the embedded one
    #[arg(long, value_name = "URL")]
    elasticsearch: Option<String>,
    /// An S3 to use instead of the embedded one
    #[arg(long, value_name = "URL", requires = "s3_access_key", requires = "s3_secret_key")]
    s3: Option<String>,
    /// The bucket of that S3, which must be there
    #[arg(long, default_value = "octavo")]
    s3_bucket: String,
    /// The access key of that S3
    #[arg(long, env = "AWS_ACCESS_KEY_ID")]
    s3_access_key: Option<String>,
    /// The secret key of that S3
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    s3_secret_key: Option<String>,
    /// Fake AI providers that run elsewhere, instead of those in this process
    #[arg(long, value_name = "URL")]
    ai_upstreams: Option<String>,
}

pub(super) async fn up(data: &Path, arguments: Arguments) -> anyhow::Result<()> {
    octavo_wiring_telemetry::setup(&Log { filter: "warn".to_owned(), format: LogFormat::Text });
    let functions = if arguments.no_build {
        let program = std::env::current_exe().context("this program cannot find itself")?;
        Functions::Folder(program.parent().context("this program lies in no folder")?.to_owned())
    } else {
        Functions::Build
    };
    if functions == Functions::Build {
        // Before the clock starts: what is built once is not start-up time.
        functions::build().await?;
    }
    let started = Instant::now();
    let s3 = match (arguments.s3, arguments.s3_access_key, arguments.s3_secret_key) {
        (Some(endpoint), Some(access_key), Some(secret_key)) => {
            Some(ExternalS3 { endpoint, bucket: arguments.s3_bucket, access_key, secret_key })
        }
        _ => None,
    };
    let emulator = Emulator::start(Options {
        data: (!arguments.ephemeral).then(|| data.to_owned()),
        port: arguments.port,
        realtime_port: arguments.realtime_port.unwrap_or_else(|| beside(arguments.port)),
        postgres: arguments.postgres,
        redis: arguments.redis,
        elasticsearch: arguments.elasticsearch,
        s3,
        ai: ai_keys(),
        variables: variables(),
        ai_upstreams: arguments.ai_upstreams,
        functions,
        own_functions: arguments.own_functions,
        demo: arguments.demo,
        watch: arguments.watch,
        relays: !arguments.direct,
        sandboxes_max: arguments.sandboxes.into(),
        refresh: Duration::from_secs(1),
        ..Options::default()
    })
    .await?;
    screen(&emulator, started.elapsed(), arguments.demo)?;
    let demonstration =
        arguments.demo.then(|| tokio::spawn(demonstrate(emulator.demo(|made| println!("  demo: {made}")))));
    if arguments.ephemeral {
        // Other commands look for an emulator in the data folder, also for one that keeps nothing there.
        std::fs::create_dir_all(data)?;
        emulator.announce(data)?;
    }
    wait_for_the_end().await?;
    if let Some(demonstration) = demonstration {
        demonstration.abort();
    }
    println!("stopping");
    emulator.stop().await;
    RunFile::remove(data);
    Reach::remove(data);
    Ok(())
}

/// `NAME=PROGRAM`.
fn own_function(text: &str) -> Result<(String, PathBuf), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match text.split_once('=') {
        Some((name, program)) if (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !program.is_empty() => {
            Ok((name.to_owned(), program.into()))
        }
        _ => Err("expected NAME=PROGRAM, the name of 1 to 64 letters, digits, - and _".to_owned()),
    }
}

/// The port of the realtime node, if none was named: a second emulator on another port then has another node.
fn beside(port: u16) -> u16 {
    if port == 0 { 0 } else { port.checked_add(1).unwrap_or(0) }
}

/// Real notification providers and what makes texts vectors, where the environment names them as a function's would.
fn variables() -> Vec<(String, String)> {
    let environment = Environment::process();
    let named = [
        "OCTAVO_NOTIFY_PROVIDERS",
        "OCTAVO_NOTIFY_PAGERDUTY_URL",
        "OCTAVO_PUBLIC_URL",
        "OCTAVO_SEARCH_EMBEDDINGS_URL",
        "OCTAVO_SEARCH_EMBEDDINGS_KEY",
        "OCTAVO_SEARCH_EMBEDDINGS_MODEL",
        "OCTAVO_SEARCH_EMBEDDINGS_DIMENSIONS",
        "OCTAVO_SEARCH_EMBEDDINGS_SHORTEN",
        "OCTAVO_SEARCH_EMBEDDINGS_SIMILARITY_MIN",
    ];
    named.into_iter().filter_map(|name| environment.optional(name).map(|value| (name.to_owned(), value))).collect()
}

/// The real providers, by the variables that their own SDKs read.
fn ai_keys() -> AiKeys {
    let environment = Environment::process();
    let azure = environment.optional("AZURE_OPENAI_ENDPOINT").zip(environment.optional("AZURE_OPENAI_API_KEY"));
    AiKeys {
        openai: environment.optional("OPENAI_API_KEY"),
        anthropic: environment.optional("ANTHROPIC_API_KEY"),
        azure,
    }
}

/// Fills the demonstration tenant; that it could not be filled ends nothing else.
async fn demonstrate(filling: impl Future<Output = anyhow::Result<()>>) {
    let started = Instant::now();
    match filling.await {
        Ok(()) => println!("  demo: ready after {:.1} s", started.elapsed().as_secs_f64()),
        Err(error) => println!("  demo: not all of it could be made; the next start goes on there: {error:#}"),
    }
}

fn screen(emulator: &Emulator, took: Duration, demo: bool) -> anyhow::Result<()> {
    println!("Octavo is ready in {:.1} s\n", took.as_secs_f64());
    println!("  {:<14} {}", "console", emulator.url());
    println!("  {:<14} {}/v1", "API", emulator.url());
    println!("  {:<14} {}/openapi.json", "OpenAPI", emulator.url());
    for (name, address) in emulator.addresses() {
        println!("  {name:<14} {address}");
    }
    for (name, address) in emulator.providers().iter().chain(emulator.channels()) {
        println!("  {name:<14} {address}");
    }
    let whose = if demo { demo::host() } else { TokenRequest::new("acme", "ada") };
    let (user, tenant) = (&whose.user, &whose.tenant);
    println!(
        "\n  a token for {user} of {tenant}, good for 12 hours (others: cargo octavo token --tenant T --user U):\n\n{}\n",
        emulator.token(&whose)?
    );
    if demo {
        println!("  The console opens as {user} of {tenant}. It is being filled; what is made is said below.");
    }
    println!("  Ctrl-C stops everything.");
    Ok(())
}

async fn wait_for_the_end() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
