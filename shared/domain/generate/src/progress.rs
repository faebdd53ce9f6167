//! How far a generation is.

use crate::{Generation, GenerationId, Status};
use octavo_domain_kernel::{DocumentId, UserId};
use serde::{Deserialize, Serialize};

/// The kind of the message that tells of progress, for whoever shows it as it happens. It goes into the same transaction as
/// the step, for the requester.
pub const PROGRESS: &str = "generation.progress";

/// Percent once the sources are gathered.
const GATHERED: u64 = 5;
/// Percent once the outline stands.
const OUTLINED: u64 = 10;
/// Percent once every section is written.
const WRITTEN: u64 = 95;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Progress {
    /// Sections that are written.
    #[schema(example = 2)]
    pub sections_done: usize,
    /// Sections in all; 0 until the outline stands.
    #[schema(example = 6)]
    pub sections_total: usize,
    /// Of the whole way, 0 to 100. Never goes back; stays where it was when it fails.
    #[schema(example = 38)]
    pub percent: u8,
}

/// The body of a [`PROGRESS`] message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressBody {
    /// Which generation.
    pub generation: GenerationId,
    /// Who asked for it.
    pub requester: UserId,
    /// What it is called, once that is known.
    pub title: Option<String>,
    /// The document, once it is made.
    pub document: Option<DocumentId>,
    /// Later news has a greater step.
    pub step: i64,
    /// Its phase.
    pub status: Status,
    /// How far it is.
    pub progress: Progress,
}

impl Progress {
    /// Of what is known without the sections themselves. `gathered` is whether the sources were looked for.
    pub fn of(status: Status, gathered: bool, sections_done: usize, sections_total: usize) -> Self {
        let percent = if status == Status::Done {
            100
        } else if sections_total > 0 {
            OUTLINED + (WRITTEN - OUTLINED) * sections_done as u64 / sections_total as u64
        } else if gathered {
            GATHERED
        } else {
            0
        };
        Self { sections_done, sections_total, percent: u8::try_from(percent).unwrap_or(100) }
    }
}

impl Generation {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress::of(self.status, self.sources.is_some(), self.sections_done(), self.sections.len())
    }

    /// What is told of it.
    pub fn progress_body(&self) -> ProgressBody {
        ProgressBody {
            generation: self.id,
            requester: self.requester.user.clone(),
            title: self.title.clone(),
            document: (self.status == Status::Done).then_some(self.document),
            step: self.step,
            status: self.status,
            progress: self.progress(),
        }
    }
}
