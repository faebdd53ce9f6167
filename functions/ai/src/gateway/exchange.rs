//! What goes to a provider and how its answer is read, in the form that the provider speaks.

use super::ask::Ask;
use bytes::Bytes;
use octavo_domain_ai::ports::ServerSentEvent;
use octavo_domain_ai::routing::Candidate;
use octavo_domain_ai::wire::{Decoded, Dialect, chat, messages};
use octavo_domain_ai::{Answer, Finish, ProviderFault, StreamEvent};
use serde_json::{Map, Value};

/// What is asked of a provider.
pub(crate) enum Exchange {
    /// A conversation.
    Chat {
        /// The caller's form.
        dialect: Dialect,
        /// The caller's body, after redaction.
        body: Map<String, Value>,
        /// The same, understood.
        decoded: Box<Decoded>,
    },
    /// Texts into vectors.
    Embedding {
        /// The caller's body, after redaction.
        body: Map<String, Value>,
    },
}

/// A request to one provider.
pub(crate) struct Outgoing {
    pub(crate) path: &'static str,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Exchange {
    /// Whether the answer is to come in pieces.
    pub(crate) fn streams(&self) -> bool {
        match self {
            Self::Chat { decoded, .. } => decoded.prompt.stream,
            Self::Embedding { .. } => false,
        }
    }

    /// Whether provider and caller speak the same form, so that the answer goes through as it is.
    pub(crate) fn is_native(&self, speaks_messages: bool) -> bool {
        match self {
            Self::Chat { dialect: Dialect::Chat, .. } => !speaks_messages,
            Self::Chat { dialect: Dialect::Messages, .. } => speaks_messages,
            Self::Chat { dialect: Dialect::Responses, .. } => false,
            Self::Embedding { .. } => true,
        }
    }

    /// The request for `candidate`.
    pub(crate) fn outgoing(&self, ask: &Ask, candidate: &Candidate, speaks_messages: bool) -> Outgoing {
        let (model, sampling) = (candidate.upstream_model.as_str(), candidate.spec.capabilities.sampling);
        let native = self.is_native(speaks_messages);
        let map = |map: Map<String, Value>| serde_json::to_vec(&map).unwrap_or_default().into();
        let headers = if native && speaks_messages { ask.headers.clone() } else { Vec::new() };
        match self {
            Self::Embedding { body } => {
                let body = chat::embeddings::forward(body, model).apply(body);
                Outgoing { path: "embeddings", body, headers }
            }
            Self::Chat { body, decoded, .. } => match (speaks_messages, native) {
                (false, true) => Outgoing {
                    path: "chat/completions",
                    body: chat::forward(body, model, sampling).apply(body),
                    headers,
                },
                (false, false) => {
                    let body = map(chat::encode_request(&decoded.prompt, model, sampling));
                    Outgoing { path: "chat/completions", body, headers }
                }
                (true, true) => {
                    Outgoing { path: "messages", body: messages::forward(body, model, sampling).apply(body), headers }
                }
                (true, false) => {
                    let (most, can) = (candidate.spec.output_tokens_max, &candidate.spec.capabilities);
                    let body = map(messages::encode_request(&decoded.prompt, model, most, can));
                    Outgoing { path: "messages", body, headers }
                }
            },
        }
    }

    /// A whole answer, understood. A body that is an error is a fault, whatever its status was.
    pub(crate) fn read_whole(&self, speaks_messages: bool, body: &[u8]) -> Result<Answer, ProviderFault> {
        match self {
            Self::Embedding { .. } => {
                let usage = Some(chat::embeddings::decode_usage(body)?);
                Ok(Answer { finish: Some(Finish::Stop), usage, ..Answer::default() })
            }
            Self::Chat { .. } if speaks_messages => messages::decode_answer(body),
            Self::Chat { .. } => chat::decode_answer(body),
        }
    }
}

/// Reads a provider's stream.
pub(crate) enum Decoder {
    Chat(chat::StreamDecoder),
    Messages(messages::StreamDecoder),
}

impl Decoder {
    pub(crate) fn new(speaks_messages: bool) -> Self {
        if speaks_messages {
            Self::Messages(messages::StreamDecoder::default())
        } else {
            Self::Chat(chat::StreamDecoder::default())
        }
    }

    pub(crate) fn push(&mut self, event: &ServerSentEvent) -> Result<Vec<StreamEvent>, ProviderFault> {
        match self {
            Self::Chat(decoder) => decoder.push(event),
            Self::Messages(decoder) => decoder.push(event),
        }
    }
}
