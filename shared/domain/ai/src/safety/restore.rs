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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redactions() -> Redactions {
        let mut map = Redactions::new();
        for number in 1..=12 {
            map.placeholder("EMAIL", &format!("person{number}@x.org"));
        }
        map.placeholder("IBAN", "<EMAIL_1>");
        map
    }

    #[test]
    fn only_what_was_replaced_is_put_back_and_once() {
        let map = redactions();
        assert_eq!(
            map.restore("<EMAIL_1>, <EMAIL_12>, <EMAIL_13>, <email_1>"),
            "person1@x.org, person12@x.org, <EMAIL_13>, <email_1>"
        );
        // What is put back is not looked at again.
        assert_eq!(map.restore("<IBAN_1>"), "<EMAIL_1>");
        assert_eq!(map.restore("a < b <<EMAIL_2>> <EMAIL_<EMAIL_3>"), "a < b <person2@x.org> <EMAIL_person3@x.org");
        assert!(matches!(map.restore("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_stream_waits_only_for_what_may_be_a_placeholder() {
        let mut restorer = Restorer::new(Arc::new(redactions()));
        assert_eq!(restorer.push("if a <"), "if a ");
        assert_eq!(restorer.push(" b, <EM"), "< b, ");
        assert_eq!(restorer.push("AIL_1"), "");
        assert_eq!(restorer.push("2> and <EMAIL_9"), "person12@x.org and ");
        assert_eq!(restorer.finish(), "<EMAIL_9");
        assert_eq!(restorer.push("<div> <EMAIL_1>"), "<div> person1@x.org");
        assert_eq!(restorer.finish(), "");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_as_the_whole(
            text in "([a-zé<>_0-9 ]|<EMAIL_1>|<EMAIL_1|<EMAIL_12>|<IBAN_1>|EMAIL_){0,40}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let map = redactions();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            places.retain(|place| text.is_char_boundary(*place));
            places.extend([0, text.len()]);
            places.sort_unstable();
            let mut restorer = Restorer::new(Arc::new(map.clone()));
            let mut told = String::new();
            for ends in places.windows(2) {
                told += &restorer.push(&text[ends[0]..ends[1]]);
            }
            told += &restorer.finish();
            prop_assert_eq!(told, map.restore(&text));
        }
    }
}
