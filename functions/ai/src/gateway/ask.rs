//! What a caller asks.

use crate::AiFault;
use http::HeaderName;
use octavo_domain_ai::Feature;
use octavo_domain_ai::wire::Dialect;
use octavo_domain_kernel::{FieldFault, Principal};
use octavo_wiring_edge::{EdgeFault, Request};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::time::Instant;

/// What the caller uses AI for, for the ledger.
const FEATURE: HeaderName = HeaderName::from_static("x-octavo-feature");
/// What the caller wishes of the cache: `off`, `refresh` or `no-tool-calls`; several separated by commas.
const CACHE: HeaderName = HeaderName::from_static("x-octavo-cache");
/// Seconds that the answer may be kept.
const CACHE_TTL: HeaderName = HeaderName::from_static("x-octavo-cache-ttl");
/// Milliseconds that the caller waits.
const TIMEOUT: HeaderName = HeaderName::from_static("x-octavo-timeout-ms");
/// Features of Anthropic's that are not released; they go to Anthropic with the request.
const ANTHROPIC_BETA: HeaderName = HeaderName::from_static("anthropic-beta");
/// Longest time that an answer may be kept.
const TTL_MAX: u64 = 86_400;

/// What a caller wishes of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// Whether a kept answer will do.
    pub(crate) read: bool,
    /// Whether the answer may be kept.
    pub(crate) write: bool,
    /// Whether it may be kept also if it calls functions.
    pub(crate) tool_calls: bool,
    /// How long, instead of what the policy says.
    pub(crate) ttl: Option<Duration>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { read: true, write: true, tool_calls: true, ttl: None }
    }
}

/// A caller's request, before it is understood.
pub(crate) struct Ask {
    pub(crate) principal: Principal,
    /// The form that the caller speaks.
    pub(crate) dialect: Dialect,
    pub(crate) feature: Feature,
    pub(crate) body: Map<String, Value>,
    pub(crate) wishes: Wishes,
    pub(crate) began: Instant,
    pub(crate) deadline: Instant,
    pub(crate) request_id: String,
    pub(crate) traceparent: Option<String>,
    /// For providers of the caller's form.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Ask {
    /// What `request` asks. `total` is how long a call may take at most.
    pub(crate) fn read(request: &Request, dialect: Dialect, feature: &str, total: Duration) -> Result<Self, AskFault> {
        let began = Instant::now();
        let principal = request.principal().map_err(AskFault::Edge)?.clone();
        let body = match request.json::<Value>().map_err(AskFault::Edge)? {
            Value::Object(body) => body,
            _ => return Err(AskFault::Edge(EdgeFault::invalid("body", "expected a JSON object"))),
        };
        let text = |name: &HeaderName| request.header(name).map_err(AskFault::Edge);
        let feature = match text(&FEATURE)? {
            Some(given) => given.to_owned().try_into().map_err(|expected: String| wrong(&FEATURE, expected))?,
            None => feature.to_owned().try_into().map_err(|expected: String| wrong(&FEATURE, expected))?,
        };
        let mut wishes = Wishes::default();
        for wish in text(&CACHE)?.unwrap_or_default().split(',').map(str::trim).filter(|wish| !wish.is_empty()) {
            match wish {
                "off" => (wishes.read, wishes.write) = (false, false),
                "refresh" => wishes.read = false,
                "no-tool-calls" => wishes.tool_calls = false,
                _ => return Err(wrong(&CACHE, "expected off, refresh or no-tool-calls".to_owned())),
            }
        }
        if let Some(seconds) = text(&CACHE_TTL)? {
            let seconds = seconds.parse().ok().filter(|seconds| (1..=TTL_MAX).contains(seconds));
            let expected = || wrong(&CACHE_TTL, format!("expected 1 to {TTL_MAX} seconds"));
            wishes.ttl = Some(Duration::from_secs(seconds.ok_or_else(expected)?));
        }
        let mut timeout = total;
        if let Some(given) = text(&TIMEOUT)? {
            let given: u64 = given
                .parse()
                .ok()
                .filter(|given| *given > 0)
                .ok_or_else(|| wrong(&TIMEOUT, "expected a number of milliseconds, at least 1".to_owned()))?;
            timeout = timeout.min(Duration::from_millis(given));
        }
        let beta = text(&ANTHROPIC_BETA)?.map(|value| ("anthropic-beta", value.to_owned()));
        Ok(Self {
            principal,
            dialect,
            feature,
            body,
            wishes,
            began,
            deadline: began + timeout,
            request_id: request.request_id.clone(),
            traceparent: request.traceparent(),
            headers: beta.into_iter().collect(),
        })
    }
}

/// Why a request is none.
#[derive(Debug)]
pub(crate) enum AskFault {
    Edge(EdgeFault),
    Ai(AiFault),
}

impl From<AskFault> for octavo_wiring_edge::Problem {
    fn from(fault: AskFault) -> Self {
        match fault {
            AskFault::Edge(fault) => fault.into(),
            AskFault::Ai(fault) => fault.into(),
        }
    }
}

fn wrong(name: &HeaderName, expected: String) -> AskFault {
    AskFault::Ai(AiFault::Invalid(vec![FieldFault::new(format!("header:{name}"), expected)]))
}
