//! Personal data back into answers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Longest placeholder, in bytes: `<CREDIT_CARD_` with the digits of a `usize`.
const PLACEHOLDER_BYTES_MAX: usize = 40;

/// What was replaced in one request, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redactions {
    /// From a label and a value to its placeholder.
    by_value: HashMap<(&'static str, String), String>,
    /// From a placeholder to the value.
    by_placeholder: HashMap<String, String>,
    numbers: HashMap<&'static str, usize>,
    occurrences: u32,
}

impl Redactions {
    /// Nothing was replaced yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was replaced.
    pub fn is_empty(&self) -> bool {
        self.by_placeholder.is_empty()
    }

    /// How many pieces of text were replaced, each occurrence counted.
    pub fn count(&self) -> u32 {
        self.occurrences
    }

    pub(super) fn placeholder(&mut self, label: &'static str, value: &str) -> &str {
        self.occurrences = self.occurrences.saturating_add(1);
        let (numbers, by_placeholder) = (&mut self.numbers, &mut self.by_placeholder);
        self.by_value.entry((label, value.to_owned())).or_insert_with(|| {
            let number = numbers.entry(label).or_default();
            *number += 1;
            let placeholder = format!("<{label}_{number}>");
            by_placeholder.insert(placeholder.clone(), value.to_owned());
            placeholder
        })
    }

    /// `text` with the values in their placeholders' places. Placeholders that nothing was replaced by are left, and so
    /// are those that the model wrote in any other spelling.
    pub fn restore<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_empty() || !text.contains('<') {
            return Cow::Borrowed(text);
        }
        let mut restored = String::new();
        let mut done = 0;
        for (start, _) in text.match_indices('<') {
            let rest = &text.as_bytes()[start..text.len().min(start + PLACEHOLDER_BYTES_MAX)];
            let Some(length) = rest.iter().position(|byte| *byte == b'>') else { continue };
            // Placeholders are ASCII: a slice that ends with `>` ends between characters.
            if let Some(value) = text.get(start..=start + length).and_then(|name| self.by_placeholder.get(name)) {
                restored.push_str(&text[done..start]);
                restored.push_str(value);
                done = start + length + 1;
            }
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        restored.push_str(&text[done..]);
        Cow::Owned(restored)
    }

    fn may_begin(&self, tail: &str) -> bool {
        self.by_placeholder.keys().any(|placeholder| placeholder.starts_with(tail))
    }
}

/// [`Redactions::restore`] for a text that comes in pieces, cut anywhere. One for each text: an answer's words and every
/// call's arguments have their own.
#[derive(Debug, Clone, Default)]
pub struct Restorer {
    redactions: Arc<Redactions>,
    held: String,
}

impl Restorer {
    /// For an answer to the request in which these were replaced.
    pub fn new(redactions: Arc<Redactions>) -> Self {
        Self { redactions, held: String::new() }
    }

    /// What can be told now: all but an end that may turn out to be the beginning of a placeholder, at most 40 bytes.
    pub fn push(&mut self, piece: &str) -> String {
        if self.held.is_empty() && (self.redactions.is_empty() || !piece.contains('<')) {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        let cut = self.held.rfind('<').filter(|start| self.redactions.may_begin(&self.held[*start..]));
        // A whole placeholder begins with itself too, but is not cut.
        let cut = cut.filter(|start| !self.held[*start..].ends_with('>')).unwrap_or(self.held.len());
        let held = self.held.split_off(cut);
        let told = std::mem::replace(&mut self.held, held);
        match self.redactions.restore(&told) {
            Cow::Borrowed(_) => told,
            Cow::Owned(restored) => restored,
        }
    }

    /// What was held back: the text has ended.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}
