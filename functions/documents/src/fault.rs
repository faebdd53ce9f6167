//! What can be wrong with a request to this function, beyond what the edge finds.

use octavo_domain_documents::Access;
use octavo_domain_extraction::ExtractError;
use octavo_domain_kernel::{Code, Fault, FaultKind, FieldFault};
use octavo_wiring_edge::EntityTag;
use serde_json::{Map, Value, json};

/// A refusal of this function.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsFault {
    /// There is none, or whoever asks may not know of it: not told apart.
    #[error("there is no such document")]
    NotFound,
    /// The document has no version of this number (any more).
    #[error("the document has no version {number}")]
    VersionNotFound {
        /// What was asked for.
        number: u32,
    },
    /// Readable, but not to be changed in this way by this principal.
    #[error("this needs to be the document's {needed}")]
    Forbidden {
        /// `owner` or `editor`.
        needed: &'static str,
    },
    /// Deleted; only its owner is told.
    #[error("the document is deleted; its owner can restore it")]
    Deleted,
    /// `If-Match` names another revision than the present one.
    #[error("the document is at another revision than If-Match names")]
    Stale {
        /// The present one.
        current: i64,
    },
    /// A replacement without `If-Match`.
    #[error("If-Match is needed, so that nobody's change is overwritten unseen")]
    IfMatchMissing,
    /// Others kept changing the document.
    #[error("the document is being changed by others; try again")]
    Contended,
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// A body whose text cannot be had.
    #[error("{source}")]
    Body {
        /// Where the body stood: `file`, `content` or `body`.
        field: &'static str,
        /// Why.
        source: ExtractError,
    },
    /// A body over the limit.
    #[error("expected at most {limit} bytes")]
    BodyTooLarge {
        /// Where the body stood.
        field: &'static str,
        /// Bytes.
        limit: usize,
    },
}

impl DocumentsFault {
    pub(crate) fn forbidden(needed: Access) -> Self {
        Self::Forbidden { needed: if needed == Access::Owner { "owner" } else { "owner or editor" } }
    }
}

const NOT_FOUND: Code = Code::new("DOCUMENTS_0001", "There is no such document");
const VERSION_NOT_FOUND: Code = Code::new("DOCUMENTS_0002", "The document has no such version");
const FORBIDDEN: Code = Code::new("DOCUMENTS_0003", "The document may be read and not be changed like this");
const DELETED: Code = Code::new("DOCUMENTS_0004", "The document is deleted");
const STALE: Code = Code::new("DOCUMENTS_0005", "The document is at another revision");
const IF_MATCH_MISSING: Code = Code::new("DOCUMENTS_0006", "If-Match is needed");
const CONTENDED: Code = Code::new("DOCUMENTS_0007", "The document is being changed by others");
const KEY_REUSED: Code = Code::new("DOCUMENTS_0008", "The idempotency key was used for another request");
const FORMAT_UNSUPPORTED: Code = Code::new("DOCUMENTS_0009", "The file is of a format that is not taken");
const BODY_UNREADABLE: Code = Code::new("DOCUMENTS_0010", "The file cannot be read");
const BODY_ENCRYPTED: Code = Code::new("DOCUMENTS_0011", "The file is encrypted");
const BODY_TOO_LARGE: Code = Code::new("DOCUMENTS_0012", "The file is too large");

impl Fault for DocumentsFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound | Self::VersionNotFound { .. } => FaultKind::NotFound,
            Self::Forbidden { .. } => FaultKind::Forbidden,
            Self::Deleted => FaultKind::Gone,
            Self::Stale { .. } => FaultKind::PreconditionFailed,
            Self::IfMatchMissing => FaultKind::PreconditionRequired,
            Self::Contended => FaultKind::Conflict,
            Self::IdempotencyKeyReused => FaultKind::Invalid,
            Self::Body { source, .. } => match source {
                ExtractError::Unsupported { .. } => FaultKind::UnsupportedMediaType,
                ExtractError::Corrupt { .. } | ExtractError::Encrypted { .. } => FaultKind::Invalid,
                ExtractError::TooLarge { .. } => FaultKind::TooLarge,
            },
            Self::BodyTooLarge { .. } => FaultKind::TooLarge,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::VersionNotFound { .. } => VERSION_NOT_FOUND,
            Self::Forbidden { .. } => FORBIDDEN,
            Self::Deleted => DELETED,
            Self::Stale { .. } => STALE,
            Self::IfMatchMissing => IF_MATCH_MISSING,
            Self::Contended => CONTENDED,
            Self::IdempotencyKeyReused => KEY_REUSED,
            Self::Body { source, .. } => match source {
                ExtractError::Unsupported { .. } => FORMAT_UNSUPPORTED,
                ExtractError::Corrupt { .. } => BODY_UNREADABLE,
                ExtractError::Encrypted { .. } => BODY_ENCRYPTED,
                ExtractError::TooLarge { .. } => BODY_TOO_LARGE,
            },
            Self::BodyTooLarge { .. } => BODY_TOO_LARGE,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::NotFound => vec![FieldFault::new("path:id", "expected a document that you may read")],
            Self::VersionNotFound { .. } => {
                vec![FieldFault::new("path:number", "expected the number of a version that is kept")]
            }
            Self::Stale { current } => {
                vec![FieldFault::new("header:If-Match", format!("expected the present entity tag, \"r{current}\""))]
            }
            Self::IfMatchMissing => {
                vec![FieldFault::new("header:If-Match", "expected the document's entity tag, or * for whichever it is")]
            }
            Self::IdempotencyKeyReused => {
                vec![FieldFault::new("header:Idempotency-Key", "expected a new key for a new request")]
            }
            Self::Body { field, source: ExtractError::Unsupported { media_type } } => {
                vec![FieldFault::new(*field, format!("expected Markdown, HTML, text, PDF or DOCX, got {media_type}"))]
            }
            Self::Body { field, source } => vec![FieldFault::new(*field, source.to_string())],
            Self::BodyTooLarge { field, limit } => {
                vec![FieldFault::new(*field, format!("expected at most {limit} bytes"))]
            }
            Self::Forbidden { .. } | Self::Deleted | Self::Contended => Vec::new(),
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        match self {
            Self::Stale { current } => {
                let tag = EntityTag(*current).header();
                let members = json!({ "current_revision": current, "current_etag": tag.to_str().unwrap_or_default() });
                members.as_object().cloned().unwrap_or_default()
            }
            _ => Map::new(),
        }
    }
}
