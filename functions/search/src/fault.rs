//! Why a search is refused or fails.

use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use octavo_domain_search::{InvalidCursor, TooMuchHidden};
use std::time::Duration;

/// How long a client is asked to wait for an engine that is away.
const ENGINE_RETRY_AFTER: Duration = Duration::from_secs(2);
/// How long a client is asked to wait for the index to catch up: about a refresh.
const INDEX_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchFault {
    /// Parts of the request are not acceptable.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldFault>),
    /// The cursor is not one of this search.
    #[error("{source}")]
    Cursor {
        /// Where it stood: `cursor` or `query:cursor`.
        field: &'static str,
        /// What is wrong with it.
        source: InvalidCursor,
    },
    /// The engine is away.
    #[error("the search engine is away; try again shortly")]
    EngineAway(#[source] PortError),
    /// What may be seen is not known now, so nothing is shown.
    #[error("who may see what cannot be told now; try again shortly")]
    StateAway(#[source] PortError),
    /// More was unshared than the index has learnt of yet.
    #[error("the index is behind what was unshared; try again shortly")]
    IndexBehind(#[source] TooMuchHidden),
    /// The engine does not do what is asked of it: a defect.
    #[error(transparent)]
    Engine(PortError),
}

impl SearchFault {
    /// What the index reported.
    pub(crate) fn index(error: PortError) -> Self {
        if error.is_retryable() { Self::EngineAway(error) } else { Self::Engine(error) }
    }
}

fn summary(fields: &[FieldFault]) -> String {
    match fields {
        [one] => format!("{}: {}", one.field, one.message),
        several => format!("{} parts of the search are not acceptable", several.len()),
    }
}

const INVALID: Code = Code::new("SEARCH_0001", "The search is not acceptable");
const CURSOR: Code = Code::new("SEARCH_0002", "The cursor does not continue this search");
const ENGINE_AWAY: Code = Code::new("SEARCH_0003", "The search engine is away");
const STATE_AWAY: Code = Code::new("SEARCH_0004", "Permissions cannot be read now");
const INDEX_BEHIND: Code = Code::new("SEARCH_0005", "The index is behind what was unshared");

impl Fault for SearchFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Invalid(_) => FaultKind::Invalid,
            Self::Cursor { .. } => FaultKind::Malformed,
            Self::EngineAway(_) | Self::StateAway(_) => FaultKind::Unavailable(ENGINE_RETRY_AFTER),
            Self::IndexBehind(_) => FaultKind::Unavailable(INDEX_RETRY_AFTER),
            Self::Engine(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => INVALID,
            Self::Cursor { .. } => CURSOR,
            Self::EngineAway(_) => ENGINE_AWAY,
            Self::StateAway(_) => STATE_AWAY,
            Self::IndexBehind(_) => INDEX_BEHIND,
            Self::Engine(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Engine(error) => error.detail(),
            fault => fault.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Cursor { field, source } => vec![FieldFault::new(*field, source.to_string())],
            _ => Vec::new(),
        }
    }
}
