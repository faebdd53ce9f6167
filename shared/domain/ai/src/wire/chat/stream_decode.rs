//! The events of a provider's stream into [`StreamEvent`]s.

use super::answer::call_id;
use super::chunk::{Body, Call, Choice, Turn, finish};
use super::fault::{decode_embedded, protocol};
use crate::ports::ServerSentEvent;
use crate::{ProviderFault, StreamEvent};

/// Calls in one answer; more than that is no answer that anybody can use.
const CALLS_MAX: usize = 1_024;

/// Reads a stream, one event after the other. Of several choices the first is read.
///
/// Takes what providers are known to send: a first chunk with no choices (Azure's filter results), chunks without
/// `delta`, usage after or together with the end or in every chunk, calls told in turns, a call's pieces without an
/// index, its id on every piece, several calls under one index.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    id: Option<String>,
    calls: Vec<KnownCall>,
    has_refusal: bool,
    is_finished: bool,
    is_over: bool,
}

#[derive(Debug, Clone)]
struct KnownCall {
    /// The provider's index, where it gave one.
    wire_index: Option<u64>,
    id: String,
}

impl StreamDecoder {
    /// Takes the next event. A failure that the provider tells of is [`StreamEvent::Error`]. After `[DONE]` and after a
    /// failure nothing more is read.
    ///
    /// # Errors
    ///
    /// `Protocol` where the data are not JSON of this form.
    pub fn push(&mut self, event: &ServerSentEvent) -> Result<Vec<StreamEvent>, ProviderFault> {
        let data = event.data.trim();
        if self.is_over || data.is_empty() {
            return Ok(Vec::new());
        }
        if data == "[DONE]" {
            self.is_over = true;
            return Ok(vec![StreamEvent::End]);
        }
        let chunk = match serde_json::from_str::<Body<'_>>(data) {
            Ok(chunk) if event.name == "error" || chunk.is_failure() => return Ok(self.fail(data)),
            Ok(chunk) => chunk,
            Err(_) if event.name == "error" => return Ok(self.fail(data)),
            Err(error) => {
                self.is_over = true;
                return Err(protocol(format!("a piece of the answer is not valid JSON at column {}", error.column())));
            }
        };
        let mut events = Vec::with_capacity(2);
        self.start(&chunk, &mut events);
        let first = |choice: &Choice<'_>| choice.index.0.unwrap_or_default() == 0;
        for choice in chunk.choices.into_iter().flatten().filter(first) {
            if let Some(delta) = choice.delta {
                self.delta(delta, &mut events)?;
            }
            if let (Some(reason), false) = (choice.finish_reason.as_str(), self.is_finished) {
                self.is_finished = true;
                let reason = finish(reason, !self.calls.is_empty(), self.has_refusal);
                events.push(StreamEvent::Finish { reason, stop_sequence: None });
            }
        }
        events.extend(chunk.usage.and_then(|usage| usage.read()).map(StreamEvent::Usage));
        Ok(events)
    }

    fn fail(&mut self, data: &str) -> Vec<StreamEvent> {
        self.is_over = true;
        vec![StreamEvent::Error(decode_embedded(data.as_bytes()))]
    }

    /// Azure's first chunk has neither id nor choices, and says nothing about who answers.
    fn start(&mut self, chunk: &Body<'_>, events: &mut Vec<StreamEvent>) {
        let says_something = chunk.id.as_str().is_some() || chunk.choices.as_ref().is_some_and(|list| !list.is_empty());
        if self.id.is_none() && says_something {
            let id = chunk.id.as_str().unwrap_or_default().to_owned();
            self.id = Some(id.clone());
            let model = chunk.model.as_str().unwrap_or_default().to_owned();
            events.push(StreamEvent::Start { id, model, created: chunk.created(), usage: None });
        }
    }

    fn delta(&mut self, mut delta: Turn<'_>, events: &mut Vec<StreamEvent>) -> Result<(), ProviderFault> {
        events.extend(delta.take_reasoning().map(StreamEvent::Reasoning));
        let calls = delta.take_calls();
        events.extend(delta.content.into_text().map(StreamEvent::Text));
        if let Some(more) = delta.refusal.into_text() {
            self.has_refusal = true;
            events.push(StreamEvent::Refusal(more));
        }
        for call in calls {
            self.call(call, events)?;
        }
        Ok(())
    }

    fn call(&mut self, piece: Call<'_>, events: &mut Vec<StreamEvent>) -> Result<(), ProviderFault> {
        let position = match self.find(&piece) {
            Some(position) => position,
            None if self.calls.len() == CALLS_MAX => return Err(protocol("more calls than an answer may have")),
            None => self.begin(&piece, events),
        };
        let json = piece.function.and_then(|function| function.arguments());
        if let Some(json) = json.filter(|json| !json.is_empty()) {
            events.push(StreamEvent::ToolCallArguments { index: to_index(position), json });
        }
        Ok(())
    }

    /// Which known call the piece belongs to; none if it begins one.
    fn find(&self, piece: &Call<'_>) -> Option<usize> {
        let names = |function: &super::chunk::Function<'_>| function.name.as_str().is_some();
        let has_name = piece.function.as_ref().is_some_and(names);
        match (piece.index.0, piece.id.as_str()) {
            (Some(index), id) => {
                let position = self.calls.iter().rposition(|call| call.wire_index == Some(index))?;
                // Some servers count every call as 0: another id with another name is another call.
                let is_another = has_name && id.is_some_and(|id| id != self.calls[position].id);
                (!is_another).then_some(position)
            }
            (None, Some(id)) => self.calls.iter().position(|call| call.id == id),
            (None, None) if has_name => None,
            (None, None) => self.calls.len().checked_sub(1),
        }
    }

    fn begin(&mut self, piece: &Call<'_>, events: &mut Vec<StreamEvent>) -> usize {
        let position = self.calls.len();
        let id = match piece.id.as_str() {
            Some(id) => id.to_owned(),
            None => call_id(position, self.id.as_deref().unwrap_or_default()),
        };
        let name = piece.function.as_ref().and_then(|function| function.name.as_str());
        let name = name.unwrap_or_default().to_owned();
        events.push(StreamEvent::ToolCallStart { index: to_index(position), id: id.clone(), name });
        self.calls.push(KnownCall { wire_index: piece.index.0, id });
        position
    }
}

/// Below [`CALLS_MAX`].
fn to_index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
