//! What a fault is, in Rust and in JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault, and which requests get it.
///
/// In JSON: `{"provider": "openai", "kind": "status", "status": 429, "retry_after_ms": 200, "times": 2}`. Without
/// `times`, `every` and `percent` every matching request gets it until it is removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// `openai`, `anthropic`, `azure`, the name of a compatible provider, or `*` for all.
    #[serde(default = "any")]
    pub provider: String,
    /// Only requests for this model (on Azure, this deployment).
    #[serde(default)]
    pub model: Option<String>,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// After this many requests it is spent.
    #[serde(default)]
    pub times: Option<u64>,
    /// Only each k-th matching request.
    #[serde(default)]
    pub every: Option<u64>,
    /// Only this share of matching requests, 0 to 100, drawn by `seed` and the request's place among those that match.
    #[serde(default)]
    pub percent: Option<f64>,
    /// The seed of `percent` and of a latency's jitter.
    #[serde(default)]
    pub seed: u64,
}

fn any() -> String {
    "*".to_owned()
}

/// What happens to a request.
///
/// `chunks` counts server-sent events. An answer that is no stream has none: where it is cut or hangs, half of its
/// body was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// An error in the provider's own shape, or with the given body.
    Status {
        /// HTTP status, 400 to 599.
        status: u16,
        /// `retry-after-ms`
        #[serde(default)]
        retry_after_ms: Option<u64>,
        /// `retry-after`, in seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
        /// Instead of the provider's error object.
        #[serde(default)]
        body: Option<Value>,
    },
    /// The answer takes its time. It may come together with another fault.
    Latency {
        /// Until the first byte of the answer.
        #[serde(default)]
        first_token_ms: u64,
        /// Before each further event of a stream; for an answer that is no stream, added for each of its tokens.
        #[serde(default)]
        per_token_ms: u64,
        /// Each of these waits is longer by up to this much.
        #[serde(default)]
        jitter_ms: u64,
    },
    /// The request is accepted and never answered; it ends when the client leaves.
    Hang,
    /// The stream stops after some events and stays open.
    HangAfter {
        /// Events that are sent before.
        chunks: usize,
    },
    /// The connection is closed in the middle, without a proper end.
    Cut {
        /// Events that are sent before.
        chunks: usize,
    },
    /// Status 200, and the whole body is the provider's error object.
    #[serde(rename = "error_in_200")]
    ErrorIn200,
    /// The provider's error event after some events, and then the end. An answer that is no stream becomes a 500.
    ErrorInStream {
        /// Events that are sent before.
        chunks: usize,
    },
    /// JSON that ends in the middle: the event after `chunks` others, or the body.
    Malformed {
        /// Events that are sent before; none: the first event is broken.
        #[serde(default)]
        chunks: Option<usize>,
    },
    /// Status 200 with no body, or a stream without events.
    Empty,
    /// The usage says exactly this. It may come together with another fault.
    Usage {
        /// OpenAI's `prompt_tokens`, Anthropic's `input_tokens`.
        input: u64,
        /// Output tokens.
        output: u64,
        /// Input tokens read from the cache.
        #[serde(default)]
        cached: u64,
    },
    /// The connection is closed at once, without a byte of an answer.
    RefuseConnection,
}

/// Why a fault was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// The JSON is not a fault.
    #[error("not a fault: {0}")]
    Shape(String),
    /// A key that no fault, or not one of this kind, has.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A value beyond its range.
    #[error("{0}")]
    Range(&'static str),
    /// The server keeps no more faults.
    #[error("there are too many faults: remove some")]
    TooMany,
}

impl Fault {
    /// A fault for every request to a provider (`*` for all providers).
    #[must_use]
    pub fn new(provider: impl Into<String>, kind: FaultKind) -> Self {
        Self { provider: provider.into(), model: None, kind, times: None, every: None, percent: None, seed: 0 }
    }

    /// Only for this model.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Only the first `times` requests that match.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only each `every`-th request that matches.
    #[must_use]
    pub fn every(mut self, every: u64) -> Self {
        self.every = Some(every);
        self
    }

    /// Only `percent` of the requests that match, drawn by `seed`.
    #[must_use]
    pub fn percent(mut self, percent: f64, seed: u64) -> Self {
        self.percent = Some(percent);
        self.seed = seed;
        self
    }

    /// Reads a fault as `POST /_faults` takes it. Keys that it does not know are refused.
    ///
    /// # Errors
    /// [`InvalidFault`], but never `TooMany`.
    pub fn from_json(json: &Value) -> Result<Self, InvalidFault> {
        let fault = Self::deserialize(json).map_err(|error| InvalidFault::Shape(error.to_string()))?;
        fault.validate()?;
        let known = serde_json::to_value(&fault).map_err(|error| InvalidFault::Shape(error.to_string()))?;
        let unknown =
            json.as_object().into_iter().flat_map(|object| object.keys()).find(|key| known.get(*key).is_none());
        unknown.map_or(Ok(fault), |key| Err(InvalidFault::UnknownKey(key.clone())))
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        if self.percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            return Err(InvalidFault::Range("`percent` is from 0 to 100"));
        }
        if self.every == Some(0) {
            return Err(InvalidFault::Range("`every` is at least 1"));
        }
        match self.kind {
            FaultKind::Status { status, .. } if !(400..=599).contains(&status) => {
                Err(InvalidFault::Range("`status` is from 400 to 599"))
            }
            _ => Ok(()),
        }
    }
}

/// A fault that the server has, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultState {
    /// Its number, by which it is removed.
    pub id: u64,
    /// Requests that matched.
    pub matched: u64,
    /// Requests that got it.
    pub fired: u64,
    /// Whether it has fired as often as it was to.
    pub spent: bool,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
}
