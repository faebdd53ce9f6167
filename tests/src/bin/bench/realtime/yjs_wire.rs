//! Yjs for a client that only types: each edit appends a line to the text `text`, and the line says who typed it and when.
//! Updates are written by hand (encoding 1 of `Y.Doc` updates): one item that follows the client's last one.

use super::stamp;

/// `@`, four digits of the editor's number, and the stamp.
const EDIT_CHARS: usize = 1 + EDITOR_DIGITS + STAMP_DIGITS;
const EDITOR_DIGITS: usize = 4;
const STAMP_DIGITS: usize = 15;

/// A server's way of wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrap {
    /// A connection is a document's.
    Plain,
    /// Hocuspocus: every message names its document.
    Named(String),
}

impl Wrap {
    fn start(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Self::Named(document) = self {
            text(&mut bytes, document);
        }
        bytes
    }

    /// What is said first: who one is where that is asked for, then an empty state vector.
    pub(super) fn hello(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        if *self != Self::Plain {
            let mut token = self.start();
            token.extend([2, 0]);
            text(&mut token, "nobody");
            all.push(token);
        }
        let mut step = self.start();
        step.extend([0, 0, 1, 0]);
        all.push(step);
        all
    }

    /// Whether it is the server's answer to that: sync, step 2.
    pub(super) fn is_synced(&self, message: &[u8]) -> bool {
        let start = self.start();
        message.strip_prefix(&start[..]).is_some_and(|rest| rest.starts_with(&[0, 1]) || rest.starts_with(&[4, 1]))
    }
}

/// Somebody who types.
#[derive(Debug)]
pub(super) struct Editor {
    number: usize,
    /// Characters that were typed.
    clock: u64,
}

impl Editor {
    pub(super) fn new(number: usize) -> Self {
        Self { number, clock: 0 }
    }

    /// Types a line: a message with an update.
    pub(super) fn edit(&mut self, wrap: &Wrap) -> Vec<u8> {
        // Zero is not a client's id that others like.
        let client = self.number as u64 + 1;
        let mut update = vec![1, 1];
        number(&mut update, client);
        number(&mut update, self.clock);
        match self.clock.checked_sub(1) {
            // A string (4) with an origin (0x80).
            Some(last) => {
                update.push(0x84);
                number(&mut update, client);
                number(&mut update, last);
            }
            // The first one names its parent.
            None => {
                update.extend([4, 1]);
                text(&mut update, "text");
            }
        }
        let micros = stamp::now() / 1000;
        text(&mut update, &format!("@{:0EDITOR_DIGITS$}{micros:0STAMP_DIGITS$}", self.number));
        // Nothing is deleted.
        update.push(0);
        self.clock += EDIT_CHARS as u64;
        let mut message = wrap.start();
        message.extend([0, 2]);
        number(&mut message, update.len() as u64);
        message.extend(update);
        message
    }
}

/// The edits of others than `own` in a message of the server: when each was typed. Servers may join several in one.
pub(super) fn edits(message: &[u8], own: usize, mut edit: impl FnMut(u64)) {
    let mut at = 0;
    while at + EDIT_CHARS <= message.len() {
        let digits = &message[at + 1..at + EDIT_CHARS];
        if message[at] != b'@' || !digits.iter().all(u8::is_ascii_digit) {
            at += 1;
            continue;
        }
        let value = |digits: &[u8]| digits.iter().fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let (editor, typed) = digits.split_at(EDITOR_DIGITS);
        if value(editor) != own as u64 {
            edit(value(typed) * 1000);
        }
        at += EDIT_CHARS;
    }
}

fn number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}
