//! An answer in pieces, whatever wire form they came in, and putting them together.

use crate::{Answer, Finish, Part, ProviderFault, Usage};
use std::collections::BTreeMap;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// The first: who answers. The usage is what is known before the first token (Anthropic's input tokens).
    Start {
        /// The provider's id of the answer.
        id: String,
        /// The model, as its provider calls it.
        model: String,
        /// Seconds since 1970; 0 where the form does not say.
        created: i64,
        /// The input's tokens, where they come first.
        usage: Option<Usage>,
    },
    /// More text.
    Text(String),
    /// More of the words with which the model declines.
    Refusal(String),
    /// More of what it thinks.
    Reasoning(String),
    /// The signature of the thought that has just been told.
    ReasoningSignature(String),
    /// A thought that only its provider can read.
    RedactedReasoning(String),
    /// A call begins. Indexes count from 0 in the order in which calls begin; calls may be told in turns (OpenAI).
    ToolCallStart {
        /// Which call.
        index: u32,
        /// Names it to its result.
        id: String,
        /// The function.
        name: String,
    },
    /// More of a call's arguments.
    ToolCallArguments {
        /// Which call.
        index: u32,
        /// A piece of JSON text, cut anywhere.
        json: String,
    },
    /// Why the answer ends. Usage may still follow.
    Finish {
        /// Why.
        reason: Finish,
        /// The text at which it ended.
        stop_sequence: Option<String>,
    },
    /// What has been used so far; the last one counts. Never a sum to be added up.
    Usage(Usage),
    /// The provider failed in mid-stream. Nothing follows.
    Error(ProviderFault),
    /// The provider said that this is all (`[DONE]`, `message_stop`). A stream without it was cut.
    End,
}

/// Puts the pieces of an answer together.
#[derive(Debug, Clone, Default)]
pub struct Assembly {
    answer: Answer,
    calls: BTreeMap<u32, usize>,
    ended: bool,
    error: Option<ProviderFault>,
}

impl Assembly {
    /// Takes the next piece.
    pub fn push(&mut self, event: &StreamEvent) {
        let content = &mut self.answer.content;
        match event {
            StreamEvent::Start { id, model, created, usage } => {
                self.answer.id.clone_from(id);
                self.answer.model.clone_from(model);
                self.answer.created = *created;
                if usage.is_some() {
                    self.answer.usage = *usage;
                }
            }
            StreamEvent::Text(more) => match content.last_mut() {
                Some(Part::Text { text, .. }) => text.push_str(more),
                _ if more.is_empty() => {}
                _ => content.push(Part::text(more)),
            },
            StreamEvent::Refusal(more) => match content.last_mut() {
                Some(Part::Refusal { text }) => text.push_str(more),
                _ if more.is_empty() => {}
                _ => content.push(Part::Refusal { text: more.clone() }),
            },
            StreamEvent::Reasoning(more) => match content.last_mut() {
                Some(Part::Reasoning { text, signature: None }) => text.push_str(more),
                _ => content.push(Part::Reasoning { text: more.clone(), signature: None }),
            },
            StreamEvent::ReasoningSignature(proof) => match content.last_mut() {
                Some(Part::Reasoning { signature, .. }) => signature.get_or_insert_default().push_str(proof),
                _ => content.push(Part::Reasoning { text: String::new(), signature: Some(proof.clone()) }),
            },
            StreamEvent::RedactedReasoning(data) => content.push(Part::RedactedReasoning { data: data.clone() }),
            StreamEvent::ToolCallStart { index, id, name } => {
                self.calls.insert(*index, content.len());
                content.push(Part::ToolCall { id: id.clone(), name: name.clone(), arguments: String::new() });
            }
            StreamEvent::ToolCallArguments { index, json } => {
                let position = self.calls.get(index).copied();
                if let Some(Part::ToolCall { arguments, .. }) = position.and_then(|position| content.get_mut(position))
                {
                    arguments.push_str(json);
                }
            }
            StreamEvent::Finish { reason, stop_sequence } => {
                self.answer.finish = Some(*reason);
                self.answer.stop_sequence.clone_from(stop_sequence);
            }
            StreamEvent::Usage(usage) => self.answer.usage = Some(*usage),
            StreamEvent::Error(fault) => self.error = Some(fault.clone()),
            StreamEvent::End => self.ended = true,
        }
    }

    /// The answer as far as it has come.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The same, for good.
    pub fn into_answer(self) -> Answer {
        self.answer
    }

    /// The failure that ended it, if one did.
    pub fn error(&self) -> Option<&ProviderFault> {
        self.error.as_ref()
    }

    /// Whether the provider said that this is all, and why it ended. Anything else was cut or failed.
    pub fn is_complete(&self) -> bool {
        self.ended && self.error.is_none() && self.answer.finish.is_some()
    }
}
