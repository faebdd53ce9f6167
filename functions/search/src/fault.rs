//! Why a search is refused or fails.

use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault, PortError};
use octavo_domain_search::{InvalidCursor, InvalidSearchId, SAVED_MAX, TooMuchHidden};
use serde_json::{Map, Value, json};
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
    /// The document that others shall be like is not in the index, or is not one that this person may read.
    #[error("there is no such document in the index that you may read")]
    NotIndexed,
    /// Meaning is asked for, and nothing is configured that could tell it.
    #[error("hybrid searches are not configured here; search by words")]
    HybridOff {
        /// Where it stood: `mode` or `query:mode`.
        field: &'static str,
    },
    /// The engine does not do what is asked of it: a defect.
    #[error(transparent)]
    Engine(PortError),
    /// There is none, or none of this person.
    #[error("there is no such saved search of yours")]
    NotSaved,
    /// Another role is needed.
    #[error("this needs the role {role}")]
    RoleMissing {
        /// Which.
        role: &'static str,
    },
    /// Somebody else changed it meanwhile.
    #[error("it was changed meanwhile: the present revision is {current}")]
    Changed {
        /// The present revision; 0 where there is none.
        current: i64,
    },
    /// Whoever changes it must say what they saw.
    #[error("If-Match is needed: the entity tag of what was read")]
    RevisionNeeded,
    /// The search id is not one of this person, or is over.
    #[error("{0}")]
    SearchId(InvalidSearchId),
    /// There are as many as a person may have.
    #[error("there are {SAVED_MAX} saved searches already")]
    TooManySaved,
    /// Others run the saved search at the same time, again and again.
    #[error("the saved search is being run already; try again shortly")]
    RunMeanwhile,
    /// Not a message that this function understands.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// What is needed is away.
    #[error(transparent)]
    Port(#[from] PortError),
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
const NOT_INDEXED: Code = Code::new("SEARCH_0006", "There is no such document in the index");
const HYBRID_OFF: Code = Code::new("SEARCH_0007", "Hybrid search is not configured");
const NOT_SAVED: Code = Code::new("SEARCH_0010", "There is no such saved search");
const ROLE_MISSING: Code = Code::new("SEARCH_0011", "Another role is needed");
const CHANGED: Code = Code::new("SEARCH_0012", "It was changed meanwhile");
const REVISION_NEEDED: Code = Code::new("SEARCH_0013", "If-Match is needed");
const SEARCH_ID: Code = Code::new("SEARCH_0014", "The search id is not accepted");
const TOO_MANY_SAVED: Code = Code::new("SEARCH_0015", "There are too many saved searches");
const RUN_MEANWHILE: Code = Code::new("SEARCH_0016", "The saved search is being run already");
const UNREADABLE: Code = Code::new("SEARCH_0017", "The message cannot be read");

impl Fault for SearchFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Invalid(_) | Self::HybridOff { .. } => FaultKind::Invalid,
            Self::Cursor { .. } => FaultKind::Malformed,
            Self::EngineAway(_) | Self::StateAway(_) => FaultKind::Unavailable(ENGINE_RETRY_AFTER),
            Self::IndexBehind(_) => FaultKind::Unavailable(INDEX_RETRY_AFTER),
            Self::NotSaved | Self::NotIndexed => FaultKind::NotFound,
            Self::RoleMissing { .. } => FaultKind::Forbidden,
            Self::Changed { .. } => FaultKind::PreconditionFailed,
            Self::RevisionNeeded => FaultKind::PreconditionRequired,
            Self::SearchId(_) => FaultKind::Invalid,
            Self::TooManySaved | Self::RunMeanwhile => FaultKind::Conflict,
            Self::Unreadable(_) => FaultKind::Malformed,
            Self::Engine(error) | Self::Port(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => INVALID,
            Self::Cursor { .. } => CURSOR,
            Self::EngineAway(_) => ENGINE_AWAY,
            Self::StateAway(_) => STATE_AWAY,
            Self::IndexBehind(_) => INDEX_BEHIND,
            Self::NotIndexed => NOT_INDEXED,
            Self::HybridOff { .. } => HYBRID_OFF,
            Self::NotSaved => NOT_SAVED,
            Self::RoleMissing { .. } => ROLE_MISSING,
            Self::Changed { .. } => CHANGED,
            Self::RevisionNeeded => REVISION_NEEDED,
            Self::SearchId(_) => SEARCH_ID,
            Self::TooManySaved => TOO_MANY_SAVED,
            Self::RunMeanwhile => RUN_MEANWHILE,
            Self::Unreadable(_) => UNREADABLE,
            Self::Engine(error) | Self::Port(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Engine(error) | Self::Port(error) => error.detail(),
            fault => fault.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Cursor { field, source } => vec![FieldFault::new(*field, source.to_string())],
            Self::HybridOff { field } => {
                vec![FieldFault::new(*field, "expected words: hybrid searches are not configured here")]
            }
            Self::SearchId(invalid) => vec![FieldFault::new("search_id", invalid.to_string())],
            Self::Changed { .. } | Self::RevisionNeeded => {
                vec![FieldFault::new("header:If-Match", "expected the entity tag of the present revision")]
            }
            _ => Vec::new(),
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        match self {
            Self::Changed { current } => Map::from_iter([("current_revision".to_owned(), json!(current))]),
            _ => Map::new(),
        }
    }
}
