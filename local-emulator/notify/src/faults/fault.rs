//! What a fault is, in Rust and in JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault, and which messages get it.
///
/// In JSON: `{"provider": "twilio", "to": "+4366*", "kind": "reject", "status": 400, "code": "21610", "times": 2}`. Without
/// `times`, `every` and `percent` every message that matches gets it until it is removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// `smtp`, `ses`, `sendgrid`, `postmark`, `twilio`, `slack`, `pagerduty`, `webhook`, or `*` for all.
    #[serde(default = "any")]
    pub provider: String,
    /// Only messages to such a recipient; `*` in it stands for anything.
    #[serde(default)]
    pub to: Option<String>,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// At which point of an SMTP session; the other providers have one point only. Without it, what rejects does so at
    /// `rcpt`, where recipients are refused, and the rest happens at `message`.
    #[serde(default)]
    pub at: Option<Stage>,
    /// After this many messages it is spent.
    #[serde(default)]
    pub times: Option<u64>,
    /// Only each k-th message that matches.
    #[serde(default)]
    pub every: Option<u64>,
    /// Only this share of the messages that match, 0 to 100, drawn by `seed` and the message's place among those that match.
    #[serde(default)]
    pub percent: Option<f64>,
    /// The seed of `percent`.
    #[serde(default)]
    pub seed: u64,
}

fn any() -> String {
    "*".to_owned()
}

/// Before or after the message was taken (and written down).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// It is not taken.
    #[default]
    Before,
    /// It is taken, and its sender is not told.
    After,
}

/// Points of an SMTP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Instead of the greeting.
    Connect,
    /// At EHLO or HELO.
    Ehlo,
    /// At AUTH.
    Auth,
    /// At MAIL.
    Mail,
    /// At RCPT.
    Rcpt,
    /// At DATA, before the message.
    Data,
    /// After the dot.
    Message,
}

/// What happens to a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// It is refused, in the provider's own shape.
    Reject {
        /// HTTP status or SMTP reply, 400 to 599.
        status: u16,
        /// The provider's code: Twilio's `21610`, Postmark's `406`, SES's `MessageRejected`, SMTP's `5.1.1`. What it says with
        /// this status mostly, without one.
        #[serde(default)]
        code: Option<String>,
        /// What it says.
        #[serde(default)]
        message: Option<String>,
        /// Instead of the provider's error object.
        #[serde(default)]
        body: Option<Value>,
    },
    /// It is refused because there were too many, in the provider's own shape (429; SMTP: 451).
    RateLimit {
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// It takes this much longer. A sender that does not wait for the answer changes nothing: the message is taken. It may
    /// come together with another fault.
    Delay {
        /// How long.
        ms: u64,
    },
    /// It is never answered; the connection stays open.
    Hang {
        /// Whether it is taken.
        #[serde(default)]
        when: When,
    },
    /// The connection is closed without an answer.
    Close {
        /// Whether it is taken.
        #[serde(default)]
        when: When,
    },
    /// It is taken, and nothing is told of it later, unless somebody asks for it.
    Quiet,
    /// It is taken, and bounces later: the provider calls back. (SMTP has nobody to call.)
    Bounce {
        /// How much later.
        #[serde(default)]
        after_ms: u64,
        /// For good, or for now only.
        #[serde(default = "yes")]
        hard: bool,
        /// The provider's code: Twilio's `30005`; for mails the extended status, `5.1.1`.
        #[serde(default)]
        code: Option<String>,
    },
}

fn yes() -> bool {
    true
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
    /// A fault for every message to a provider (`*` for all providers).
    #[must_use]
    pub fn new(provider: impl Into<String>, kind: FaultKind) -> Self {
        let provider = provider.into();
        Self { provider, to: None, kind, at: None, times: None, every: None, percent: None, seed: 0 }
    }

    /// Only to such a recipient.
    #[must_use]
    pub fn to(mut self, pattern: impl Into<String>) -> Self {
        self.to = Some(pattern.into());
        self
    }

    /// At this point of an SMTP session.
    #[must_use]
    pub fn at(mut self, stage: Stage) -> Self {
        self.at = Some(stage);
        self
    }

    /// Only the first `times` messages that match.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only each `every`-th message that matches.
    #[must_use]
    pub fn every(mut self, every: u64) -> Self {
        self.every = Some(every);
        self
    }

    /// Only `percent` of the messages that match, drawn by `seed`.
    #[must_use]
    pub fn percent(mut self, percent: f64, seed: u64) -> Self {
        self.percent = Some(percent);
        self.seed = seed;
        self
    }

    /// Reads a fault as `POST /_control/faults` takes it. Keys that it does not know are refused.
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

    pub(super) fn validate(&self) -> Result<(), InvalidFault> {
        if self.percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            return Err(InvalidFault::Range("`percent` is from 0 to 100"));
        }
        if self.every == Some(0) {
            return Err(InvalidFault::Range("`every` is at least 1"));
        }
        match self.kind {
            FaultKind::Reject { status, .. } if !(400..=599).contains(&status) => {
                Err(InvalidFault::Range("`status` is from 400 to 599"))
            }
            _ => Ok(()),
        }
    }

    /// At which point of an SMTP session it strikes.
    pub(super) fn stage(&self) -> Stage {
        self.at.unwrap_or(match self.kind {
            FaultKind::Reject { .. } | FaultKind::RateLimit { .. } => Stage::Rcpt,
            _ => Stage::Message,
        })
    }
}

/// A fault that the server has, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultState {
    /// Its number, by which it is removed.
    pub id: u64,
    /// Messages that matched.
    pub matched: u64,
    /// Messages that got it.
    pub fired: u64,
    /// Whether it has fired as often as it was to.
    pub spent: bool,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
}
