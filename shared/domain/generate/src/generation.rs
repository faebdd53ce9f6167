//! Where a generation stands.

use crate::Order;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{ContentHash, DocumentId, GroupId, InvalidIdentifier, Principal, TenantId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A generation: a UUID version 7, so that a later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid, example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7082")]
pub struct GenerationId(pub Uuid);

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for GenerationId {
    type Err = InvalidIdentifier;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The same form as a document's.
        text.parse::<DocumentId>().map(|id| Self(id.0))
    }
}

/// In which phase a generation is: the phase that is under way, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its sources are to be found.
    Queued,
    /// Its outline is to be made.
    Outlining,
    /// Its sections are being written.
    Writing,
    /// All is written; the document is being made.
    Assembling,
    /// There is a document.
    Done,
    /// It cannot go on by itself; it can be retried.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl Status {
    /// Every one.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Outlining, Self::Writing, Self::Assembling, Self::Done, Self::Failed, Self::Cancelled];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Outlining => "outlining",
            Self::Writing => "writing",
            Self::Assembling => "assembling",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens by itself.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl FromStr for Status {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is no status of a generation"))
    }
}

/// Who asked, as they were then; what they may read is looked up again at every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Who.
    pub user: UserId,
    /// What they are called.
    #[serde(default)]
    pub name: Option<String>,
    /// Their groups.
    #[serde(default)]
    pub groups: BTreeSet<GroupId>,
    /// Their roles.
    #[serde(default)]
    pub roles: BTreeSet<String>,
    /// The API key that was used, if one was: it is in the ledger with every call.
    #[serde(default)]
    pub api_key: Option<Uuid>,
}

impl Requester {
    /// As a principal of `tenant` again.
    pub fn principal(&self, tenant: &TenantId) -> Principal {
        Principal {
            tenant: tenant.clone(),
            user: self.user.clone(),
            name: self.name.clone(),
            groups: self.groups.clone(),
            roles: self.roles.clone(),
            api_key: self.api_key,
        }
    }
}

impl From<&Principal> for Requester {
    fn from(principal: &Principal) -> Self {
        Self {
            user: principal.user.clone(),
            name: principal.name.clone(),
            groups: principal.groups.clone(),
            roles: principal.roles.clone(),
            api_key: principal.api_key,
        }
    }
}

/// A document that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What it is cited by, from 1.
    pub number: u32,
    /// Which one.
    pub document: DocumentId,
    /// Which of its versions: later ones are not read.
    pub version: u32,
    /// What it was called then.
    pub title: String,
    /// Names the version's text in object storage.
    pub hash: ContentHash,
    /// Characters of its text.
    pub chars: u64,
    /// Patterns of injected orders that its text shows, for people to see.
    #[serde(default)]
    pub suspicious: Vec<String>,
}

/// A call of a model that was paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Paid {
    /// Its line in the ledger.
    pub call: Uuid,
    /// Who answered.
    #[schema(example = "anthropic")]
    pub provider: String,
    /// Which model.
    #[schema(example = "claude-haiku-5-5")]
    pub model: String,
    /// Tokens of the prompt, if the provider said so.
    pub input_tokens: u64,
    /// Tokens of the answer, if the provider said so.
    pub output_tokens: u64,
}

/// A section: planned, then written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its heading, one line.
    pub heading: String,
    /// What it is to say.
    pub instructions: String,
    /// What was written, in Markdown without the heading; none until then.
    #[serde(default)]
    pub text: Option<String>,
    /// Whether the answer was cut off by its limit of tokens, and ends at the last whole sentence.
    #[serde(default)]
    pub cut: bool,
    /// The call that wrote it.
    #[serde(default)]
    pub paid: Option<Paid>,
}

impl Section {
    /// One that is still to be written.
    pub fn planned(heading: impl Into<String>, instructions: impl Into<String>) -> Self {
        Self { heading: heading.into(), instructions: instructions.into(), text: None, cut: false, paid: None }
    }
}

/// Why a generation failed, or why a step is being tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Trouble {
    /// The stable code, with its page under `/errors`.
    #[schema(example = "AI_0010")]
    pub code: String,
    /// What happened, for people.
    #[schema(example = "the budget month:2026-11 is used up")]
    pub message: String,
}

/// A document in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// Its identifier.
    pub id: GenerationId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who asked, and will own the document.
    pub requester: Requester,
    /// What was asked for.
    pub order: Order,
    /// Counts every change: the fence.
    pub step: i64,
    /// The phase.
    pub status: Status,
    /// The document's title, once it is known.
    pub title: Option<String>,
    /// What is read; none until it was looked for.
    pub sources: Option<Vec<Source>>,
    /// The outline; empty until it is made.
    pub sections: Vec<Section>,
    /// The call that made the outline, if one did.
    pub outlined_by: Option<Paid>,
    /// Failures of the present step so far.
    pub tries: u32,
    /// How often it was begun again after it had failed.
    pub retries: u32,
    /// With [`Status::Failed`] why; before, why the present step is being tried again.
    pub trouble: Option<Trouble>,
    /// The id that the document will have. Drawn at the start, so that making it twice makes one.
    pub document: DocumentId,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When anything of it changed last.
    pub updated_at: DateTime<Utc>,
}

impl Generation {
    /// A new one, at its first step.
    pub fn new(
        id: GenerationId,
        document: DocumentId,
        principal: &Principal,
        order: Order,
        at: DateTime<Utc>,
        traceparent: Option<String>,
    ) -> Self {
        Self {
            id,
            tenant: principal.tenant.clone(),
            requester: Requester::from(principal),
            title: order.title.clone(),
            order,
            step: 1,
            status: Status::Queued,
            sources: None,
            sections: Vec::new(),
            outlined_by: None,
            tries: 0,
            retries: 0,
            trouble: None,
            document,
            traceparent,
            created_at: at,
            updated_at: at,
        }
    }

    /// Everything that was paid for so far, in order.
    pub fn paid(&self) -> impl Iterator<Item = &Paid> {
        self.outlined_by.iter().chain(self.sections.iter().filter_map(|section| section.paid.as_ref()))
    }

    /// Sections that are written.
    pub fn sections_done(&self) -> usize {
        self.sections.iter().filter(|section| section.text.is_some()).count()
    }
}
