//! Conversations that the platform's own functions have.

use crate::{Answer, Feature, Prompt};
use async_trait::async_trait;
use octavo_domain_kernel::{FieldFault, PortError, Principal};
use std::time::Duration;
use uuid::Uuid;

/// What a function of the platform asks, in the name of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletionRequest {
    /// In whose name: their tenant's policy, budgets and ledger.
    pub principal: Principal,
    /// What for.
    pub feature: Feature,
    /// A tier, a family or a name.
    pub model: String,
    /// What is asked. Streaming is ignored: the answer comes whole.
    pub prompt: Prompt,
    /// How long it may take.
    pub within: Duration,
    /// Names the request in logs.
    pub request_id: String,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

/// The answer, settled and in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The answer; [`Answer::finish`] says whether it was cut off.
    pub answer: Answer,
    /// Its line in the ledger.
    pub call: Uuid,
    /// Who answered.
    pub provider: String,
    /// Which model, as the catalogue names it.
    pub model: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CompletionError {
    /// The same request will never be answered: it is wrong, blocked, or not allowed.
    #[error("{message}")]
    Refused {
        /// The stable code, `AI_0003`.
        code: &'static str,
        /// For people.
        message: String,
        /// What is wrong.
        fields: Vec<FieldFault>,
    },
    /// Over a rate or a budget, or every provider is busy: it may be answered after so long.
    #[error("{message}")]
    Later {
        /// The stable code.
        code: &'static str,
        /// For people.
        message: String,
        /// When to try again.
        after: Duration,
    },
    /// Something that is needed is away.
    #[error(transparent)]
    Away(#[from] PortError),
}

/// Has conversations with models: what the AI function does for callers, for the platform's own functions.
#[async_trait]
pub trait Completions: Send + Sync {
    /// Answers. The same request by the same tenant within the cache's time is answered once and paid once.
    async fn complete(&self, request: CompletionRequest) -> Result<Completion, CompletionError>;
}
