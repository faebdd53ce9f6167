//! The events of a Responses stream as bytes: numbered, typed, named.

use crate::wire::chat::push_json;
use crate::wire::sse;
use bytes::Bytes;
use serde_json::Value;
use std::fmt::Write;

/// What a piece of text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Text,
    Refusal,
    Arguments,
    Summary,
}

impl Piece {
    /// What its events are called, up to `.delta` and `.done`.
    fn event(self) -> &'static str {
        match self {
            Self::Text => "response.output_text",
            Self::Refusal => "response.refusal",
            Self::Arguments => "response.function_call_arguments",
            Self::Summary => "response.reasoning_summary_text",
        }
    }

    /// The member that has all of it when it is done.
    fn whole(self) -> &'static str {
        match self {
            Self::Text | Self::Summary => "text",
            Self::Refusal => "refusal",
            Self::Arguments => "arguments",
        }
    }
}

/// Where a piece of text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) item_id: &'a str,
    /// Of the item in the output.
    pub(super) output_index: usize,
    /// Of the part in the item.
    pub(super) part: usize,
}

/// Frames that have been written and not yet been taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Frames {
    sequence: u64,
    written: Vec<Bytes>,
}

impl Frames {
    /// What has been written.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.written)
    }

    /// An event; `members` are its further members as JSON, each with a comma in front.
    pub(super) fn emit(&mut self, name: &str, members: &str) {
        let mut data = String::with_capacity(name.len() + members.len() + 48);
        // Into a text: cannot fail.
        let _ = write!(data, r#"{{"type":"{name}","sequence_number":{}"#, self.sequence);
        data.push_str(members);
        data.push('}');
        self.sequence += 1;
        self.written.push(sse(name, &data));
    }

    /// An item is added or done.
    pub(super) fn item(&mut self, event: &str, output_index: usize, item: &Value) {
        self.emit(
            &format!("response.output_item.{event}"),
            &format!(r#","output_index":{output_index},"item":{item}"#),
        );
    }

    /// A part of a message, or of a thought's summary, is added or done.
    pub(super) fn part(&mut self, event: &str, place: Place<'_>, piece: Piece, part: &Value) {
        let kind = if piece == Piece::Summary { "reasoning_summary_part" } else { "content_part" };
        let mut members = at(piece, place);
        // Into a text: cannot fail.
        let _ = write!(members, r#","part":{part}"#);
        self.emit(&format!("response.{kind}.{event}"), &members);
    }

    /// There is more of a text.
    pub(super) fn delta(&mut self, piece: Piece, place: Place<'_>, more: &str) {
        self.text(piece, ".delta", "delta", place, more);
    }

    /// A text is done.
    pub(super) fn done(&mut self, piece: Piece, place: Place<'_>, whole: &str) {
        self.text(piece, ".done", piece.whole(), place, whole);
    }

    fn text(&mut self, piece: Piece, event: &str, member: &str, place: Place<'_>, text: &str) {
        let mut members = at(piece, place);
        members.extend([",\"", member, "\":"]);
        push_json(&mut members, text);
        if piece == Piece::Text {
            members.push_str(r#","logprobs":[]"#);
        }
        self.emit(&[piece.event(), event].concat(), &members);
    }
}

/// Where a piece stands, as members.
fn at(piece: Piece, place: Place<'_>) -> String {
    let Place { item_id, output_index, part } = place;
    let mut members = String::from(",\"item_id\":");
    push_json(&mut members, item_id);
    // Into a text: cannot fail.
    let _ = write!(members, r#","output_index":{output_index}"#);
    let _ = match piece {
        Piece::Text | Piece::Refusal => write!(members, r#","content_index":{part}"#),
        Piece::Summary => write!(members, r#","summary_index":{part}"#),
        Piece::Arguments => Ok(()),
    };
    members
}
