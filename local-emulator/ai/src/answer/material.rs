//! What a prompt offers to fill a form with: numbers, quoted texts, names, addresses, and prose.

use std::collections::VecDeque;

use serde_json::Number;

/// Values found in a text, each used once; when they run out, fillers are used.
#[derive(Debug, Default)]
pub(super) struct Material {
    pub(super) numbers: VecDeque<Number>,
    pub(super) dates: VecDeque<String>,
    pub(super) addresses: VecDeque<String>,
    pub(super) emails: VecDeque<String>,
    /// Quoted texts first, then names.
    pub(super) names: VecDeque<String>,
    /// Sentences for texts, where prose is wanted; empty where only literal values are.
    pub(super) prose: VecDeque<String>,
    /// Short phrases for titles and headings, where prose is wanted.
    pub(super) headings: VecDeque<String>,
    /// The text itself in lower case, to see which value of an enumeration it mentions.
    pub(super) lower: String,
    /// How many items a list should have.
    pub(super) items: usize,
}

impl Material {
    /// The values that a text holds.
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self { lower: text.to_lowercase(), items: 1, ..Self::default() };
        for word in text.split_whitespace() {
            let word = word
                .trim_matches(|edge: char| matches!(edge, ',' | ';' | '(' | ')' | '"' | '\'' | '?' | '!' | '<' | '>'));
            let word = word.trim_end_matches(['.', ':']);
            if word.starts_with("http://") || word.starts_with("https://") {
                found.addresses.push_back(word.to_owned());
            } else if is_date(word) {
                found.dates.push_back(word.to_owned());
            } else if let Some(number) = number(word) {
                found.numbers.push_back(number);
            } else if word.contains('@') && word.contains('.') {
                found.emails.push_back(word.to_owned());
            }
        }
        let quoted = quoted(text);
        let unquoted = quoted.iter().fold(text.to_owned(), |text, quote| text.replace(quote.as_str(), "\" \""));
        found.names.extend(quoted);
        found.names.extend(names(&unquoted).into_iter().map(|(_, name)| name));
        found
    }
}

fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('T').next().unwrap_or_default().split('-').collect();
    matches!(parts[..], [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())))
}

fn number(word: &str) -> Option<Number> {
    let word = word.trim_end_matches(['%', '°']).trim_start_matches(['$', '€', '#']);
    if !word.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    match word.parse::<i64>() {
        Ok(integer) => Some(integer.into()),
        Err(_) => word.parse::<f64>().ok().filter(|float| float.is_finite()).and_then(Number::from_f64),
    }
}

/// Texts in double, curly or single quotation marks.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '“', '\'']) {
        let mark = rest[at..].chars().next().unwrap_or('"');
        // An apostrophe is no quotation mark: one opens only after a space.
        let opens = mark != '\'' || rest[..at].chars().next_back().is_none_or(char::is_whitespace);
        rest = &rest[at + mark.len_utf8()..];
        let close = if mark == '“' { '”' } else { mark };
        if opens && let Some((inner, after)) = rest.split_once(close) {
            if !inner.is_empty() && !inner.contains('\n') {
                found.push(inner.to_owned());
            }
            rest = after;
        }
    }
    found
}

/// Runs of capitalised words that do not begin a sentence, with where they begin: `New York` is one.
pub(super) fn names(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut begins_sentence = true;
    let mut running = false;
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let start = at;
        at += word.len();
        let trimmed = word.trim();
        let bare = trimmed.trim_matches(|edge: char| !edge.is_alphanumeric());
        if bare.is_empty() {
            continue;
        }
        let quoted = trimmed.starts_with(['"', '“', '\'']);
        let is_name = bare.starts_with(char::is_uppercase) && bare != "I" && !bare.starts_with("I'") && !quoted;
        if is_name && !begins_sentence {
            match found.last_mut() {
                Some((_, name)) if running => {
                    name.push(' ');
                    name.push_str(bare);
                }
                _ => found.push((start, bare.to_owned())),
            }
            running = !trimmed.ends_with([',', ';', '.', '?', '!', ':']);
        } else {
            running = false;
        }
        begins_sentence = trimmed.ends_with(['.', '?', '!', ':']) || word.ends_with('\n');
    }
    found
}

/// Several names as a list in the text: `Paris and Rome`, `Oslo, Bergen and Bodø`. Empty if there are not two.
pub(super) fn listed_names(text: &str) -> Vec<String> {
    let names = names(text);
    let mut listed: Vec<String> = Vec::new();
    for pair in names.windows(2) {
        let [(start, first), (next, second)] = pair else { continue };
        let end = start + first.len();
        let between = text.get(end..*next).unwrap_or_default().trim();
        if matches!(between, "and" | "," | ", and" | "or" | "&") {
            if listed.last() != Some(first) {
                listed.push(first.clone());
            }
            listed.push(second.clone());
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found() {
        let found = Material::of(
            "Book 2 rooms at 99.5% for \"Ada L.\" in New York on 2026-11-26, see https://x.y/z. It's Tom's.",
        );
        assert_eq!(found.numbers, [Number::from(2), Number::from_f64(99.5).unwrap()]);
        assert_eq!(found.names, ["Ada L.", "New York", "Tom's"]);
        assert_eq!(found.dates, ["2026-11-26"]);
        assert_eq!(found.addresses, ["https://x.y/z"]);
    }

    #[test]
    fn a_list_of_names_is_seen() {
        assert_eq!(listed_names("What is the weather in Paris and New York?"), ["Paris", "New York"]);
        assert_eq!(listed_names("Compare Oslo, Bergen and Bodø."), ["Oslo", "Bergen", "Bodø"]);
        assert_eq!(listed_names("Find Octavo in the Handbook"), Vec::<String>::new());
    }
}
