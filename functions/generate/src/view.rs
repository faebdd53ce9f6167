//! Generations as clients see them.

use chrono::{DateTime, Utc};
use octavo_domain_generate::{Generation, GenerationId, Paid, Progress, Section, Source, Status, Summary, Trouble};
use octavo_domain_kernel::DocumentId;
use serde::Serialize;

/// Where a section stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SectionStatus {
    /// Still to come.
    Planned,
    /// Being written.
    Writing,
    /// Written.
    Written,
}

/// A section of the outline.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct SectionView {
    /// From 1.
    #[schema(example = 1)]
    pub(crate) number: usize,
    /// Its heading.
    #[schema(example = "Findings")]
    pub(crate) heading: String,
    /// What it is to say.
    pub(crate) instructions: String,
    /// Where it stands.
    pub(crate) status: SectionStatus,
    /// What is written, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// Whether it was cut off by the limit of tokens, and ends at the last whole sentence.
    pub(crate) cut: bool,
}

/// A document that is read.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct SourceView {
    /// What it is cited by.
    #[schema(example = 1)]
    pub(crate) number: u32,
    /// Which document.
    pub(crate) document_id: DocumentId,
    /// Which version of it.
    #[schema(example = 3)]
    pub(crate) version: u32,
    /// What it was called then.
    #[schema(example = "Harvest log")]
    pub(crate) title: String,
    /// Patterns of injected orders that its text shows, for example `ignore_instructions`. It is read all the same, as
    /// material and never as instructions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) suspicious: Vec<String>,
}

/// What was used so far.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct UsageView {
    /// Calls whose answers are in the document, in order. The ledger has each under its id.
    pub(crate) calls: Vec<Paid>,
    /// Tokens of their prompts.
    #[schema(example = 18_400)]
    pub(crate) input_tokens: u64,
    /// Tokens of their answers.
    #[schema(example = 2_100)]
    pub(crate) output_tokens: u64,
}

/// A document in the making.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct GenerationView {
    /// Its identifier.
    pub(crate) id: GenerationId,
    /// Its phase.
    pub(crate) status: Status,
    /// The document's title, once it is known.
    #[schema(example = "Report: the persimmon harvest")]
    pub(crate) title: Option<String>,
    /// How far it is.
    pub(crate) progress: Progress,
    /// Its sections; none until they are planned.
    pub(crate) outline: Vec<SectionView>,
    /// What is read; none until it was looked for.
    pub(crate) sources: Vec<SourceView>,
    /// What was used so far.
    pub(crate) usage: UsageView,
    /// The model as it was asked for.
    #[schema(example = "auto")]
    pub(crate) model: String,
    /// The template that it is made by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "report")]
    pub(crate) template: Option<String>,
    /// The document, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document_id: Option<DocumentId>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Trouble>,
    /// Why the present step is being tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delayed_by: Option<Trouble>,
    /// How often it was retried by hand.
    #[schema(example = 0)]
    pub(crate) retries: u32,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub(crate) updated_at: DateTime<Utc>,
}

/// A generation in a listing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = GenerationSummaryView)]
pub(crate) struct SummaryView {
    /// Its identifier.
    pub(crate) id: GenerationId,
    /// Its phase.
    pub(crate) status: Status,
    /// The document's title, once it is known.
    pub(crate) title: Option<String>,
    /// How far it is.
    pub(crate) progress: Progress,
    /// The document, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document_id: Option<DocumentId>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Trouble>,
    /// When it was asked for.
    pub(crate) created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub(crate) updated_at: DateTime<Utc>,
}

impl GenerationView {
    pub(crate) fn of(generation: &Generation) -> Self {
        let current = generation.sections.iter().position(|section| section.text.is_none());
        let section = |(place, section): (usize, &Section)| SectionView {
            number: place + 1,
            heading: section.heading.clone(),
            instructions: section.instructions.clone(),
            status: match (&section.text, generation.status) {
                (Some(_), _) => SectionStatus::Written,
                (None, Status::Writing) if current == Some(place) => SectionStatus::Writing,
                (None, _) => SectionStatus::Planned,
            },
            text: section.text.clone(),
            cut: section.cut,
        };
        let source = |source: &Source| SourceView {
            number: source.number,
            document_id: source.document,
            version: source.version,
            title: source.title.clone(),
            suspicious: source.suspicious.clone(),
        };
        let calls: Vec<Paid> = generation.paid().cloned().collect();
        let (error, delayed_by) = match generation.status {
            Status::Failed => (generation.trouble.clone(), None),
            _ => (None, generation.trouble.clone()),
        };
        Self {
            id: generation.id,
            status: generation.status,
            title: generation.title.clone(),
            progress: generation.progress(),
            outline: generation.sections.iter().enumerate().map(section).collect(),
            sources: generation.sources.iter().flatten().map(source).collect(),
            usage: UsageView {
                input_tokens: calls.iter().map(|paid| paid.input_tokens).sum(),
                output_tokens: calls.iter().map(|paid| paid.output_tokens).sum(),
                calls,
            },
            model: generation.order.model.clone(),
            template: generation.order.template.clone(),
            document_id: (generation.status == Status::Done).then_some(generation.document),
            error,
            delayed_by,
            retries: generation.retries,
            created_at: generation.created_at,
            updated_at: generation.updated_at,
        }
    }
}

impl SummaryView {
    pub(crate) fn of(summary: &Summary) -> Self {
        Self {
            id: summary.id,
            status: summary.status,
            title: summary.title.clone(),
            progress: summary.progress,
            document_id: (summary.status == Status::Done).then_some(summary.document),
            error: summary.trouble.clone().filter(|_| summary.status == Status::Failed),
            created_at: summary.created_at,
            updated_at: summary.updated_at,
        }
    }
}
