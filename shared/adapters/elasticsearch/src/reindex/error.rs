//! Why a reindex did not go on.

use octavo_domain_kernel::PortError;

/// Why a reindex did not go on. What was done stays: it goes on from there, or is aborted.
#[derive(Debug, thiserror::Error)]
pub enum ReindexError {
    /// The engine, or the database that is told of the swap.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Somebody else is at work.
    #[error("another process is at work on this reindex")]
    Busy,
    /// Somebody else took the work over meanwhile.
    #[error("another process has taken this reindex over")]
    Lost,
    /// What was asked for is not possible now.
    #[error("{0}")]
    NotNow(String),
    /// A document cannot be carried over.
    #[error("document {id} cannot be carried over: {reason}")]
    Refused {
        /// The engine's id.
        id: String,
        /// What its source lacks, or what the engine says.
        reason: String,
    },
    /// The new index does not hold what the old one holds.
    #[error("the new index differs in {count} documents, among them {}", ids.join(", "))]
    Differs {
        /// How many.
        count: usize,
        /// The engine's ids of the first of them.
        ids: Vec<String>,
    },
    /// Whoever watched said so.
    #[error("stopped")]
    Stopped,
}
