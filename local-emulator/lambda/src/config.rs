//! How a function is run.

use crate::limits::INIT_TIMEOUT;
use crate::log::OutputTap;
use std::path::PathBuf;
use std::time::Duration;

/// A function: a binary and how it is run.
#[derive(Debug, Clone)]
pub struct FunctionConfig {
    /// Its name; also the binary's, as a rule.
    pub name: String,
    /// A program made with `lambda_runtime`.
    pub binary: PathBuf,
    /// Its own environment variables, beside those that Lambda sets.
    pub env: Vec<(String, String)>,
    /// MiB of resident memory that a sandbox may use.
    pub memory_mb: u32,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// How long a new sandbox may take to ask for its first invocation.
    pub init_timeout: Duration,
    /// Invocations at a time in one sandbox. Above 1 the process is told by `AWS_LAMBDA_MAX_CONCURRENCY`, and has to be
    /// made for it (`lambda_runtime::run_concurrent`).
    pub concurrency: usize,
    /// Sandboxes at a time.
    pub sandboxes_max: usize,
    /// A sandbox that waited so long for an invocation is ended.
    pub idle_timeout: Duration,
    /// The same for one that is not its function's only one: what a rush woke goes when the rush is over.
    pub surplus_timeout: Duration,
    /// The paths that it answers.
    pub routes: Vec<Route>,
    /// Sees its standard output before the log does.
    pub output: Option<OutputTap>,
}

impl FunctionConfig {
    /// 512 MiB, 30 s, 4 sandboxes of one invocation at a time, no routes.
    pub fn new(name: impl Into<String>, binary: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            binary: binary.into(),
            env: Vec::new(),
            memory_mb: 512,
            timeout: Duration::from_secs(30),
            init_timeout: INIT_TIMEOUT,
            concurrency: 1,
            sandboxes_max: 4,
            idle_timeout: Duration::from_secs(300),
            surplus_timeout: Duration::from_secs(20),
            routes: Vec::new(),
            output: None,
        }
    }
}

/// A path that a function answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// As `matchit` reads it: `/v1/documents/{id}`, `{*rest}`.
    pub path: String,
    /// The methods; none stands for all.
    pub methods: Option<Vec<String>>,
}

/// Which web pages of other origins may call (Fetch standard, section 3.2), as API Gateway's CORS configuration says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins; `*` stands for every one.
    pub allow_origins: Vec<String>,
    /// Methods that may be asked for.
    pub allow_methods: Vec<String>,
    /// Request headers that may be sent. `*` stands for every one: a preflight is answered with the names that it asks for.
    pub allow_headers: Vec<String>,
    /// Response headers that the page may read. A name that ends in `*` stands for all that begin so.
    pub expose_headers: Vec<String>,
    /// How long a preflight's answer may be remembered.
    pub max_age: Duration,
}

impl Default for Cors {
    /// Every origin, without credentials: tokens travel in a header that the page must hold itself. Every request header,
    /// because the SDKs of AI providers send many (`x-stainless-*`); and to be read what they look at.
    fn default() -> Self {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        Self {
            allow_origins: list(&["*"]),
            allow_methods: list(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
            allow_headers: list(&[
                "authorization",
                "content-type",
                "idempotency-key",
                "if-match",
                "if-none-match",
                "range",
                "*",
            ]),
            expose_headers: list(&[
                "etag",
                "location",
                "content-range",
                "x-request-id",
                "x-octavo-cache",
                "x-octavo-model",
                "x-octavo-provider",
                "x-ratelimit-*",
                "anthropic-ratelimit-*",
                "request-id",
                "x-should-retry",
                "retry-after",
                "retry-after-ms",
            ]),
            max_age: Duration::from_secs(600),
        }
    }
}
