//! Prompts and answers in full, for tenants whose policy asks for it.

use super::exchange::Exchange;
use crate::Deps;
use octavo_domain_ai::limits::{Policy, PromptRecord};
use octavo_domain_ai::ports::TRANSCRIPT_BYTES_MAX;
use octavo_domain_ai::{Answer, Call, Part};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What transcripts are sealed for.
pub(crate) const PURPOSE: &str = "ai-transcript";

/// What was asked and answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Transcript {
    /// The request's body as it left: after redaction.
    pub(crate) prompt: Value,
    /// The answer's text as the caller got it; calls of functions as JSON.
    pub(crate) answer: String,
}

/// The prompt to be kept, if the policy asks for it.
pub(crate) fn prompt(policy: &Policy, exchange: &Exchange) -> Option<Value> {
    let (Exchange::Chat { body, .. } | Exchange::Embedding { body }) = exchange;
    (policy.safety.audit == PromptRecord::Full).then(|| Value::Object(body.clone()))
}

/// Keeps a transcript. That it cannot be kept does not undo the call, and is said loudly.
pub(crate) async fn keep(deps: &Deps, call: &Call, prompt: Value, answer: Option<&Answer>) {
    let transcript = Transcript { prompt, answer: answer.map(text).unwrap_or_default() };
    let plain = serde_json::to_vec(&transcript).unwrap_or_default();
    if plain.len() >= TRANSCRIPT_BYTES_MAX {
        tracing::error!(call = %call.id, bytes = plain.len(), "a transcript is too large to be kept");
        return;
    }
    let sealed = deps.sealer.seal(&call.tenant, PURPOSE, &plain);
    if let Err(error) = deps.transcripts.transcript_put(&call.tenant, call.id, &sealed).await {
        tracing::error!(%error, call = %call.id, "a transcript could not be kept");
    }
}

fn text(answer: &Answer) -> String {
    let mut out = String::new();
    for part in &answer.content {
        match part {
            Part::Text { text, .. } | Part::Refusal { text } => out.push_str(text),
            Part::ToolCall { name, arguments, .. } => {
                out.push_str(&format!("\n{name}({arguments})\n"));
            }
            _ => {}
        }
    }
    out
}
