//! Conversations of the platform's own functions, through the same gateway.

use crate::gateway::{Ask, Completed, Wishes, complete};
use crate::{AiFault, Deps};
use async_trait::async_trait;
use octavo_domain_ai::Prompt;
use octavo_domain_ai::ports::{Completion, CompletionError, CompletionRequest, Completions};
use octavo_domain_ai::wire::{Dialect, chat};
use octavo_domain_kernel::{Fault, FaultKind};
use std::sync::Arc;
use tokio::time::Instant;

/// The feature of generated documents: its answers are kept for as long as the policy says for generation.
pub const GENERATE_FEATURE: &str = "generate";

/// [`Completions`] through the gateway.
pub struct GatewayCompletions {
    deps: Arc<Deps>,
}

impl GatewayCompletions {
    /// Through the gateway with these ports.
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }
}

#[async_trait]
impl Completions for GatewayCompletions {
    async fn complete(&self, request: CompletionRequest) -> Result<Completion, CompletionError> {
        let began = Instant::now();
        let prompt = Prompt { stream: false, stream_usage: false, ..request.prompt };
        let ask = Ask {
            principal: request.principal,
            dialect: Dialect::Chat,
            feature: request.feature,
            body: chat::encode_request(&prompt, &request.model, true),
            wishes: Wishes::default(),
            began,
            deadline: began + request.within.min(self.deps.options.timeouts.total),
            request_id: request.request_id,
            traceparent: request.traceparent,
            headers: Vec::new(),
        };
        let Completed { answer, call, provider, model } = complete(&self.deps, ask).await.map_err(error)?;
        Ok(Completion { answer, call, provider, model })
    }
}

fn error(fault: AiFault) -> CompletionError {
    let (code, message) = (fault.code().name, fault.detail());
    match fault {
        AiFault::Port(error) => CompletionError::Away(error),
        fault => match fault.kind() {
            FaultKind::TooManyRequests(after) | FaultKind::Unavailable(after) => {
                CompletionError::Later { code, message, after }
            }
            FaultKind::Timeout | FaultKind::BadGateway => {
                CompletionError::Later { code, message, after: std::time::Duration::from_secs(2) }
            }
            _ => CompletionError::Refused { code, message, fields: fault.fields() },
        },
    }
}
