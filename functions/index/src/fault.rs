//! Why a message was not done.

use octavo_domain_kernel::{Code, DocumentId, Fault, FaultKind, PortError};

/// Why a message comes again (or goes to the dead letters at last).
#[derive(Debug, thiserror::Error)]
pub enum IndexFault {
    /// Not a message that this function understands.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// The text of the document's body is not in object storage.
    #[error("the text of document {document} is not there")]
    TextMissing {
        /// Whose text.
        document: DocumentId,
    },
    /// The document or its text cannot be read now.
    #[error("the document cannot be read")]
    Load(#[source] PortError),
    /// The engine did not take the document.
    #[error("the engine did not take the document")]
    Write(#[source] PortError),
    /// The document is in the index, and search was not told so.
    #[error("the search state cannot be written")]
    Settle(#[source] PortError),
}

const UNREADABLE: Code = Code::new("INDEX_0001", "The message cannot be read");
const TEXT_MISSING: Code = Code::new("INDEX_0002", "The text of a document is not there");
const LOAD: Code = Code::new("INDEX_0003", "A document cannot be read for the index");
const WRITE: Code = Code::new("INDEX_0004", "The engine did not take a document");
const SETTLE: Code = Code::new("INDEX_0005", "The search state cannot be written");

impl Fault for IndexFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Unreadable(_) => FaultKind::Malformed,
            Self::TextMissing { .. } => FaultKind::Internal,
            Self::Load(error) | Self::Write(error) | Self::Settle(error) => error.kind(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Unreadable(_) => UNREADABLE,
            Self::TextMissing { .. } => TEXT_MISSING,
            Self::Load(_) => LOAD,
            Self::Write(_) => WRITE,
            Self::Settle(_) => SETTLE,
        }
    }
}
