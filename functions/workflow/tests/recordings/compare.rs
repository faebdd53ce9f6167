//! Whether an answer is the one that was recorded, in which whatever differs every time has a placeholder.

use serde_json::Value;
use std::collections::HashMap;

/// Placeholders without brackets, which stand anywhere in a text.
const WORDS: [&str; 7] = [
    "sm_nonexistent_arn",
    "invalid_execution_arn",
    "activity_arn_0",
    "activity_arn_1",
    "activity_arn_2",
    "activity_arn",
    "111111111111",
];

/// Such that stand for a whole value, or begin the name of one that does.
const VALUES: [&str; 7] =
    ["datetime", "timestamp", "creation-date", "date", "snf_role_arn", "sfn_role_arn", "activity_name"];

/// What placeholders stood for so far: the same one must stand for the same text.
#[derive(Default)]
pub(crate) struct Seen(HashMap<String, String>);

impl Seen {
    /// How `actual` differs from `expected`; none if it does not.
    pub(crate) fn difference(&mut self, expected: &Value, actual: &Value) -> Option<String> {
        self.at("", expected, actual)
    }

    fn at(&mut self, path: &str, expected: &Value, actual: &Value) -> Option<String> {
        let differs = || Some(format!("{path}: expected {expected}, got {actual}"));
        match (expected, actual) {
            (Value::Object(wanted), Value::Object(found)) => {
                let missing = wanted.keys().find(|key| *key != "ResponseMetadata" && !found.contains_key(*key));
                if let Some(key) = missing {
                    return Some(format!("{path}/{key} is missing; expected {}", wanted[key]));
                }
                // Older recordings are of before the service showed it.
                let newer = |key: &str| key == "encryptionConfiguration";
                if let Some(key) = found.keys().find(|key| !wanted.contains_key(*key) && !newer(key)) {
                    return Some(format!("{path}/{key} was not expected: {}", found[key]));
                }
                let mut pairs = wanted.iter().filter_map(|(key, value)| Some((key, value, found.get(key)?)));
                pairs.find_map(|(key, value, found)| self.at(&format!("{path}/{key}"), value, found))
            }
            (Value::Array(wanted), Value::Array(found)) => {
                if wanted.len() != found.len() {
                    return differs();
                }
                let mut pairs = wanted.iter().zip(found).enumerate();
                pairs.find_map(|(at, (wanted, found))| self.at(&format!("{path}/{at}"), wanted, found))
            }
            // A text that is an object was recorded as one.
            (Value::Object(_), Value::String(text)) if text.starts_with('{') => {
                let read = serde_json::from_str(text).unwrap_or(Value::Null);
                self.at(path, expected, &read)
            }
            (Value::String(word), Value::String(_) | Value::Number(_)) if is_value(word) => None,
            (Value::String(pattern), Value::String(text)) if self.fits(pattern, text) => None,
            (Value::Number(wanted), Value::Number(found)) if wanted.as_f64() == found.as_f64() => None,
            _ if expected == actual => None,
            _ => differs(),
        }
    }

    /// Whether `text` is `pattern` with something for each placeholder.
    pub(crate) fn fits(&mut self, pattern: &str, text: &str) -> bool {
        if pattern.starts_with('<') && pattern.ends_with('>') && pattern.matches('<').count() == 1 {
            return self.0.entry(pattern.to_owned()).or_insert_with(|| text.to_owned()) == text;
        }
        let mut rest = text;
        let mut open = false;
        for piece in pieces(pattern) {
            match piece {
                None => open = true,
                Some(literal) => {
                    let Some(found) = rest.find(literal) else { return false };
                    // A placeholder stands for at least one character; without one nothing is skipped.
                    if open != (found > 0) {
                        return false;
                    }
                    rest = &rest[found + literal.len()..];
                    open = false;
                }
            }
        }
        if open { !rest.is_empty() } else { rest.is_empty() }
    }
}

fn is_value(word: &str) -> bool {
    let counted =
        |rest: &str| rest.trim_start_matches("_t").trim_start_matches('_').bytes().all(|byte| byte.is_ascii_digit());
    VALUES.iter().any(|value| word.strip_prefix(value).is_some_and(counted))
}

/// The texts of a pattern, and none for each placeholder between them; neighbours are one.
fn pieces(pattern: &str) -> Vec<Option<&str>> {
    let mut pieces: Vec<Option<&str>> = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let bracket = rest.find('<').filter(|start| rest[*start..].contains('>'));
        let word = WORDS
            .iter()
            .filter_map(|word| Some((rest.find(word)?, word.len())))
            .min_by_key(|(at, length)| (*at, usize::MAX - length));
        let next = match (bracket, word) {
            (Some(start), Some((at, _))) if start < at => Some((start, rest[start..].find('>').unwrap_or(0) + 1)),
            (_, Some((at, length))) => Some((at, length)),
            (Some(start), None) => Some((start, rest[start..].find('>').unwrap_or(0) + 1)),
            (None, None) => None,
        };
        let Some((start, length)) = next else {
            pieces.push(Some(rest));
            break;
        };
        if start > 0 {
            pieces.push(Some(&rest[..start]));
        }
        if pieces.last() != Some(&None) {
            pieces.push(None);
        }
        rest = &rest[start + length..];
    }
    pieces
}

#[test]
fn placeholders_stand_for_something() {
    let mut seen = Seen::default();
    let fits = |seen: &mut Seen, pattern: &str, text: &str| seen.fits(pattern, text);
    assert!(fits(&mut seen, "arn:<partition>:states:<region>:111111111111:x:<A>", "arn:aws:states:eu:12:x:orders"));
    assert!(!fits(&mut seen, "arn:<partition>:x", "arn::x"));
    assert!(!fits(&mut seen, "ab", "xab"));
    assert!(fits(&mut seen, "<uuid:1>", "one") && fits(&mut seen, "<uuid:1>", "one"));
    assert!(!fits(&mut seen, "<uuid:1>", "two"));
}
