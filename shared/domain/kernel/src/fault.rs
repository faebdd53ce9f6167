//! What an operation's error must tell the edge. The edge alone turns it into HTTP.

use crate::{PortError, PortErrorKind};
use serde_json::{Map, Value};
use std::time::Duration;

/// A stable error code, `FEATURE_NNNN`, with its title. Each has a page under `infra/errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// For example `DOCUMENTS_0003`. Never reused for another meaning.
    pub name: &'static str,
    /// A short summary that does not change from one occurrence to the next.
    pub title: &'static str,
}

impl Code {
    /// Declares a code. Declared as a constant in the feature's `fault.rs`, once.
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title }
    }
}

/// What kind of refusal or failure this is; the edge maps each to one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The request is malformed: 400.
    Malformed,
    /// The request is understood and cannot be accepted as it is: 422.
    Invalid,
    /// Nobody proved who they are: 401.
    Unauthenticated,
    /// Known, but not allowed: 403.
    Forbidden,
    /// There is no such thing, or it is private that there is: 404.
    NotFound,
    /// The method does not exist here: 405.
    MethodNotAllowed,
    /// The state forbids it: 409.
    Conflict,
    /// It was deleted: 410.
    Gone,
    /// `If-Match` named another version: 412.
    PreconditionFailed,
    /// Over a size limit: 413.
    TooLarge,
    /// The media type is not one that is taken here: 415.
    UnsupportedMediaType,
    /// The byte range lies outside: 416.
    RangeNotSatisfiable,
    /// `If-Match` is required: 428.
    PreconditionRequired,
    /// Over a rate: 429, try again after this long.
    TooManyRequests(Duration),
    /// Something that is needed is away: 503, try again after this long.
    Unavailable(Duration),
    /// Somebody else's service, which is needed, failed: 502.
    BadGateway,
    /// No answer in time: 504.
    Timeout,
    /// A defect of ours: 500.
    Internal,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// Where: a JSON path in the body (`filters.tags[2]`), `header:If-Match`, `query:limit` or `path:id`.
    #[schema(example = "filters.tags[2]")]
    pub field: String,
    /// What is wrong and what was expected.
    #[schema(example = "expected a string of 1 to 64 characters")]
    pub message: String,
}

impl FieldFault {
    /// `field` is wrong as `message` says.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Implemented by every operation's error. `Display` is the problem's detail: it is shown to the caller, so it holds
/// nothing that the caller may not know (or [`Fault::detail`] is overridden); what is for the log only is in `source()`.
pub trait Fault: std::error::Error + Send + Sync + 'static {
    /// What kind of refusal this is.
    fn kind(&self) -> FaultKind;
    /// The stable code.
    fn code(&self) -> Code;
    /// What the caller is told. Only a fault whose `Display` speaks to the log overrides it.
    fn detail(&self) -> String {
        self.to_string()
    }
    /// The parts of the request that are wrong, if it is about such.
    fn fields(&self) -> Vec<FieldFault> {
        Vec::new()
    }
    /// Further members of the problem document, for example the current version.
    fn extensions(&self) -> Map<String, Value> {
        Map::new()
    }
}

const ENGINE_AWAY: Code = Code::new("PLATFORM_0001", "Something that the platform needs is away");
const ENGINE_TIMEOUT: Code = Code::new("PLATFORM_0002", "No answer in time");
const DEFECT: Code = Code::new("PLATFORM_0003", "A defect of the platform");

/// How long a client is asked to wait when an engine is away.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// An operation passes on what a port reports with a `#[error(transparent)]` case; this is what becomes of it.
impl Fault for PortError {
    fn kind(&self) -> FaultKind {
        match self.kind {
            PortErrorKind::Unavailable | PortErrorKind::Conflict => FaultKind::Unavailable(RETRY_AFTER),
            PortErrorKind::Timeout => FaultKind::Timeout,
            PortErrorKind::NotFound | PortErrorKind::Denied | PortErrorKind::Corrupt => FaultKind::Internal,
        }
    }

    fn code(&self) -> Code {
        match self.kind() {
            FaultKind::Unavailable(_) => ENGINE_AWAY,
            FaultKind::Timeout => ENGINE_TIMEOUT,
            _ => DEFECT,
        }
    }

    // The cause names hosts and statements: for the log.
    fn detail(&self) -> String {
        match self.kind() {
            FaultKind::Unavailable(_) => "something that is needed to answer is away; try again shortly".to_owned(),
            FaultKind::Timeout => {
                "something that is needed did not answer in time; whether it took effect is not known".to_owned()
            }
            _ => "the platform could not do this; the request id helps its operators to find out why".to_owned(),
        }
    }
}
