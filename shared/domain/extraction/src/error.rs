//! Why there is no text.

use octavo_domain_documents::MediaType;

/// Why a document's text could not be had. Each case is a different thing to tell its author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// It is something else than the formats that are understood.
    #[error("{media_type} is not a format that is taken here")]
    Unsupported {
        /// What it seems to be.
        media_type: String,
    },
    /// It says that it is of this format, and cannot be read as such.
    #[error("it cannot be read as {format}: {detail}")]
    Corrupt {
        /// The format that was expected.
        format: MediaType,
        /// What is wrong.
        detail: String,
    },
    /// It needs a password.
    #[error("it is encrypted; expected {format} that opens without a password")]
    Encrypted {
        /// Its format.
        format: MediaType,
    },
    /// It is larger inside than is taken.
    #[error("expected at most {limit} {unit} inside of it")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What is counted.
        unit: &'static str,
    },
}

impl ExtractError {
    pub(crate) fn corrupt(format: MediaType, detail: impl Into<String>) -> Self {
        Self::Corrupt { format, detail: detail.into() }
    }
}
