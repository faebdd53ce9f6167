//! [`StreamEvent`]s into the frames of a stream for a caller.

use super::Echo;
use super::frames::{Frames, Piece, Place};
use super::output::{Content, Item, Status, Thought, ending, response, status_of_response, summary_text};
use crate::wire::AnswerContext;
use crate::wire::chat::stream_kind;
use crate::{FaultClass, Finish, ProviderFault, StreamEvent, Usage};
use bytes::Bytes;
use serde_json::{Value, json};

/// Writes a stream of `response.*` events, each with its type, its number in the stream and an `event:` line: the
/// response begins, each item and each part of one is added, grows and is done, and the whole response ends the stream.
/// A failure is `response.failed` and then `error`, which the SDKs raise.
///
/// Calls stay open to the end, as providers may tell them in turns. Holds the whole answer, since the form repeats it.
#[derive(Debug, Clone)]
pub struct StreamEncoder {
    context: AnswerContext,
    /// The echoed members as JSON, without the braces around them.
    echo: String,
    items: Vec<Open>,
    /// The message or thought that is being told.
    current: Option<usize>,
    /// A thought that is not shown, for as long as its provider has not signed it.
    unshown: String,
    usage: Option<Usage>,
    finish: Option<Finish>,
    stage: Stage,
    frames: Frames,
}

#[derive(Debug, Clone)]
struct Open {
    item: Item,
    id: String,
    /// The index that the stream's events give a call.
    call: Option<u32>,
    is_done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Started,
    Over,
}

impl StreamEncoder {
    /// An encoder for one answer.
    pub fn new(context: AnswerContext, echo: &Echo) -> Self {
        let echo = serde_json::to_string(&echo.members).unwrap_or_default();
        let echo = echo.strip_prefix('{').and_then(|echo| echo.strip_suffix('}')).unwrap_or_default().to_owned();
        Self {
            context,
            echo,
            items: Vec::new(),
            current: None,
            unshown: String::new(),
            usage: None,
            finish: None,
            stage: Stage::New,
            frames: Frames::default(),
        }
    }

    /// The frames for the next event: whole server-sent events, none where the form has nothing for it.
    pub fn push(&mut self, event: &StreamEvent) -> Vec<Bytes> {
        if self.stage == Stage::Over {
            return Vec::new();
        }
        if let StreamEvent::Start { usage, .. } = event {
            self.usage = self.usage.or(*usage);
        }
        if self.stage == Stage::New {
            self.stage = Stage::Started;
            self.whole("response.created", "in_progress", None, Value::Null);
            self.whole("response.in_progress", "in_progress", None, Value::Null);
        }
        match event {
            StreamEvent::Start { .. } => {}
            StreamEvent::Text(more) => self.say(Piece::Text, more),
            StreamEvent::Refusal(more) => self.say(Piece::Refusal, more),
            StreamEvent::Reasoning(more) => self.think(more),
            StreamEvent::ReasoningSignature(proof) => self.sign(proof),
            StreamEvent::RedactedReasoning(data) => {
                self.open(Item::Reasoning(Thought { redacted: Some(data.clone()), ..Thought::default() }), None);
                self.close_current();
            }
            StreamEvent::ToolCallStart { index, id, name } => {
                let (call_id, name) = (id.clone(), name.clone());
                self.open(Item::Call { call_id, name, arguments: String::new() }, Some(*index));
                self.current = None;
            }
            StreamEvent::ToolCallArguments { index, json } => self.argue(*index, json),
            StreamEvent::Finish { reason, .. } => {
                self.finish = Some(*reason);
                self.close_all();
            }
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::Error(fault) => self.fail(fault),
            StreamEvent::End => self.end(),
        }
        self.frames.take()
    }

    /// Begins an item; the message or thought before it is done.
    fn open(&mut self, item: Item, call: Option<u32>) {
        self.close_current();
        self.unshown.clear();
        let index = self.items.len();
        let id = item.id(&self.context.id, index);
        let bare = match &item {
            Item::Reasoning(_) => &Item::Reasoning(Thought::default()),
            other => other,
        };
        self.frames.item("added", index, &bare.to_json(&id, Status::InProgress));
        self.items.push(Open { item, id, call, is_done: false });
        self.current = Some(index);
    }

    fn say(&mut self, piece: Piece, more: &str) {
        if more.is_empty() {
            return;
        }
        let is_refusal = piece == Piece::Refusal;
        if !matches!(self.current(), Some(Item::Message(_))) {
            self.open(Item::Message(Vec::new()), None);
        }
        let Some(output_index) = self.current else { return };
        let Some(Open { item: Item::Message(contents), id, .. }) = self.items.get_mut(output_index) else { return };
        let mut place = Place { item_id: id, output_index, part: contents.len().saturating_sub(1) };
        if contents.last().is_none_or(|content| content.is_refusal != is_refusal) {
            if let Some(content) = contents.last() {
                content_done(&mut self.frames, place, content);
            }
            let content = Content { is_refusal, text: String::new() };
            place.part = contents.len();
            self.frames.part("added", place, piece, &content.to_json());
            contents.push(content);
        }
        if let Some(content) = contents.last_mut() {
            content.text.push_str(more);
        }
        self.frames.delta(piece, place, more);
    }

    fn think(&mut self, more: &str) {
        // A thought that has its signature is whole; this is another one.
        if matches!(self.current(), Some(Item::Reasoning(Thought { signature: Some(_), .. }))) {
            self.close_current();
        }
        if !self.context.show_reasoning {
            self.unshown.push_str(more);
            return;
        }
        if more.is_empty() {
            return;
        }
        if !matches!(self.current(), Some(Item::Reasoning(_))) {
            self.open(Item::Reasoning(Thought { is_shown: true, ..Thought::default() }), None);
        }
        let Some(output_index) = self.current else { return };
        let Some(Open { item: Item::Reasoning(thought), id, .. }) = self.items.get_mut(output_index) else { return };
        let place = Place { item_id: id, output_index, part: 0 };
        if thought.text.is_empty() {
            self.frames.part("added", place, Piece::Summary, &summary_text(""));
        }
        thought.text.push_str(more);
        self.frames.delta(Piece::Summary, place, more);
    }

    fn sign(&mut self, proof: &str) {
        if !matches!(self.current(), Some(Item::Reasoning(_))) {
            let is_shown = self.context.show_reasoning;
            let text = std::mem::take(&mut self.unshown);
            self.open(Item::Reasoning(Thought { text, is_shown, ..Thought::default() }), None);
        }
        let current = self.current.and_then(|index| self.items.get_mut(index));
        if let Some(Open { item: Item::Reasoning(thought), .. }) = current {
            thought.signature.get_or_insert_default().push_str(proof);
        }
    }

    fn argue(&mut self, call: u32, more: &str) {
        let known = self.items.iter().rposition(|open| open.call == Some(call) && !open.is_done);
        let Some(output_index) = known else { return };
        if let Some(Open { item: Item::Call { arguments, .. }, id, .. }) = self.items.get_mut(output_index) {
            arguments.push_str(more);
            self.frames.delta(Piece::Arguments, Place { item_id: id, output_index, part: 0 }, more);
        }
    }

    fn current(&self) -> Option<&Item> {
        self.current.and_then(|index| self.items.get(index)).map(|open| &open.item)
    }

    fn close_current(&mut self) {
        if let Some(index) = self.current.take() {
            self.close(index, Status::Completed);
        }
    }

    /// All that is open is done; the last item is as whole as the answer is.
    fn close_all(&mut self) {
        self.current = None;
        let (status, _) = self.ending();
        let last = self.items.len().saturating_sub(1);
        for index in 0..self.items.len() {
            self.close(index, if index == last { status } else { Status::Completed });
        }
    }

    fn close(&mut self, output_index: usize, status: Status) {
        let Some(open) = self.items.get_mut(output_index).filter(|open| !open.is_done) else { return };
        open.is_done = true;
        let place = Place { item_id: &open.id, output_index, part: 0 };
        match &open.item {
            Item::Message(contents) => {
                if let Some(content) = contents.last() {
                    content_done(&mut self.frames, Place { part: contents.len() - 1, ..place }, content);
                }
            }
            Item::Call { arguments, .. } => self.frames.done(Piece::Arguments, place, arguments),
            Item::Reasoning(Thought { text, is_shown: true, .. }) if !text.is_empty() => {
                self.frames.done(Piece::Summary, place, text);
                self.frames.part("done", place, Piece::Summary, &summary_text(text));
            }
            Item::Reasoning(_) => {}
        }
        self.frames.item("done", output_index, &open.item.to_json(&open.id, status));
    }

    fn ending(&self) -> (Status, Option<&'static str>) {
        let is_refusal = |content: &Content| content.is_refusal;
        let refuses = |open: &Open| matches!(&open.item, Item::Message(contents) if contents.iter().any(is_refusal));
        ending(self.finish, self.items.iter().any(refuses))
    }

    fn end(&mut self) {
        self.close_all();
        self.stage = Stage::Over;
        let (status, why_incomplete) = self.ending();
        let status = status_of_response(status);
        self.whole(&format!("response.{status}"), status, why_incomplete, Value::Null);
    }

    /// `error` last: the SDKs stop reading at it. Its members stand in it twice, as documented and as they look for them.
    fn fail(&mut self, fault: &ProviderFault) {
        self.stage = Stage::Over;
        let (kind, code) = stream_kind(fault);
        let of_response = match fault.class {
            FaultClass::RateLimited | FaultClass::Quota => "rate_limit_exceeded",
            FaultClass::InvalidRequest | FaultClass::TooLarge => "invalid_prompt",
            _ => "server_error",
        };
        self.whole("response.failed", "failed", None, json!({"code": of_response, "message": fault.message}));
        let (code, message, param) = (json!(code), json!(fault.message), json!(fault.param));
        let error = format!(r#"{{"type":"{kind}","code":{code},"message":{message},"param":{param}}}"#);
        let members = format!(r#","code":{code},"message":{message},"param":{param},"error":{error}"#);
        self.frames.emit("error", &members);
    }

    /// An event that carries the whole response.
    fn whole(&mut self, name: &str, status: &str, why_incomplete: Option<&str>, error: Value) {
        let (ending, _) = self.ending();
        let last = self.items.len().saturating_sub(1);
        let output = self.items.iter().enumerate().map(|(index, open)| {
            let status = match (open.is_done, index == last) {
                (false, _) => Status::Incomplete,
                (true, true) => ending,
                (true, false) => Status::Completed,
            };
            open.item.to_json(&open.id, status)
        });
        let usage = self.usage.as_ref().filter(|_| status != "in_progress");
        let mut members = response(&self.context, status, why_incomplete, output.collect(), usage);
        members.insert("error".to_owned(), error);
        let json = serde_json::to_string(&members).unwrap_or_default();
        let json = json.strip_suffix('}').unwrap_or_default();
        self.frames.emit(name, &[",\"response\":", json, ",", &self.echo, "}"].concat());
    }
}

fn content_done(frames: &mut Frames, place: Place<'_>, content: &Content) {
    let piece = if content.is_refusal { Piece::Refusal } else { Piece::Text };
    frames.done(piece, place, &content.text);
    frames.part("done", place, piece, &content.to_json());
}
