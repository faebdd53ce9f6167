//! Personal data out of prompts.

use super::detect::{self, Span};
use super::{DataKind, Redactions};
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What looks like one of our placeholders though it came from outside.
static LOOK_ALIKE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("<(?:EMAIL|PHONE|CREDIT_CARD|IBAN|IP_ADDRESS|US_SSN|LITERAL)_[0-9]{1,9}>").expect("a constant pattern")
});
/// The label of what was not personal data but looked like a placeholder.
const LITERAL: &str = "LITERAL";

/// Finds personal data of the chosen kinds and puts placeholders in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redactor {
    kinds: Vec<DataKind>,
}

impl Redactor {
    /// For these kinds, by the names that policies use; `all` is all of them. Names that are unknown are no kind: a policy
    /// with one is refused when it is written.
    pub fn new<S: AsRef<str>>(kinds: &[S]) -> Self {
        let chosen =
            |kind: &DataKind| kinds.iter().any(|name| name.as_ref() == "all" || name.as_ref() == kind.as_str());
        Self { kinds: DataKind::ALL.into_iter().filter(chosen).collect() }
    }

    /// Whether it looks for nothing.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// `text` with a placeholder (`<EMAIL_1>`) for each piece of personal data; borrowed where there is none. The same
    /// value has the same placeholder throughout one `map`, which is one request's. A text that already looks like a
    /// placeholder is given one itself, so [`Redactions::restore`] gives back exactly what was there.
    pub fn redact<'a>(&self, text: &'a str, map: &mut Redactions) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        // From a start to its end and label: what is found first, by the surer detector, stays.
        let mut found: BTreeMap<usize, (usize, &'static str)> = BTreeMap::new();
        let mut take = |span: Span, label| {
            let clear = found.range(..span.end).next_back().is_none_or(|(_, (end, _))| *end <= span.start);
            if clear {
                found.insert(span.start, (span.end, label));
            }
        };
        for hit in LOOK_ALIKE.find_iter(text) {
            take(hit.range(), LITERAL);
        }
        for kind in detect::BY_CERTAINTY.into_iter().filter(|kind| self.kinds.contains(kind)) {
            for span in detect::find(kind, text) {
                take(span, kind.label());
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut safe = String::with_capacity(text.len());
        let mut done = 0;
        for (start, (end, label)) in found {
            safe.push_str(&text[done..start]);
            safe.push_str(map.placeholder(label, &text[start..end]));
            done = end;
        }
        safe.push_str(&text[done..]);
        Cow::Owned(safe)
    }
}
