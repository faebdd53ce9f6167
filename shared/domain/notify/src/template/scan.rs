//! Finds what is minijinja's in a text, and refuses what templates may not do.

use super::TemplateError;
use std::ops::Range;

/// What a template may say in `{% %}`. Not `autoescape`, which would let data through as it is; nothing that needs another
/// template.
const STATEMENTS: [&str; 10] = ["if", "elif", "else", "endif", "for", "endfor", "set", "endset", "with", "endwith"];

/// What a template may do with values: minijinja's own but for those that let data through as it is, and ours.
const FILTERS: [&str; 36] = [
    "abs",
    "batch",
    "capitalize",
    "count",
    "d",
    "date",
    "datetime",
    "default",
    "e",
    "escape",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "selectattr",
    "shorten",
    "sort",
    "title",
    "trim",
    "upper",
    "url",
    "urlencode",
];

/// The ranges of `{{ … }}`, `{% … %}` and `{# … #}` in a source.
pub(super) fn tags(part: &str, source: &str) -> Result<Vec<Range<usize>>, TemplateError> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = source[from..].find('{').map(|at| from + at) {
        let close = match source.as_bytes().get(start + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                from = start + 1;
                continue;
            }
        };
        let Some(end) = end_of(&source[start + 2..], close).map(|at| start + 2 + at) else {
            return Err(TemplateError::new(part, Some(line_at(source, start)), format!("expected {close}")));
        };
        if close == "%}" {
            check_statement(part, source, start, &source[start + 2..end - 2])?;
        }
        if close != "#}" {
            check_filters(part, source, start, &source[start + 2..end - 2])?;
        }
        found.push(start..end);
        from = end;
    }
    Ok(found)
}

/// Which line a place is in, from 1 on.
pub(super) fn line_at(source: &str, at: usize) -> usize {
    source.as_bytes()[..at.min(source.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

fn check_statement(part: &str, source: &str, start: usize, inner: &str) -> Result<(), TemplateError> {
    let word: String = inner
        .trim_start_matches(['-', '+'])
        .trim_start()
        .chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect();
    if STATEMENTS.contains(&word.as_str()) {
        return Ok(());
    }
    let message = format!("{word:?} cannot be used here; expected one of {}", STATEMENTS.join(", "));
    Err(TemplateError::new(part, Some(line_at(source, start)), message))
}

/// A filter that is none is an error only where it is reached: better while it is written.
fn check_filters(part: &str, source: &str, start: usize, inner: &str) -> Result<(), TemplateError> {
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in inner.char_indices() {
        match (quote, char) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), char) if char == open => quote = None,
            (None, '"' | '\'') => quote = Some(char),
            (None, '|') => {
                let rest = inner[at + 1..].trim_start();
                let name = rest.split(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default();
                if !FILTERS.contains(&name) {
                    let message = format!("{name:?} is no filter; expected one of {}", FILTERS.join(", "));
                    return Err(TemplateError::new(part, Some(line_at(source, start)), message));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where a tag ends, behind its closing mark: one that stands in a string does not close it.
fn end_of(rest: &str, close: &str) -> Option<usize> {
    if close == "#}" {
        return rest.find(close).map(|at| at + 2);
    }
    let bytes = rest.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, _) if bytes[at..].starts_with(close.as_bytes()) => return Some(at + 2),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(source: &str) -> Vec<&str> {
        tags("text", source).unwrap().into_iter().map(|range| &source[range]).collect()
    }

    #[test]
    fn tags_are_found_whole() {
        assert_eq!(found("a {{ b }} {x} {# {{ c }} #}{% if d %}"), ["{{ b }}", "{# {{ c }} #}", "{% if d %}"]);
        assert_eq!(found(r#"{{ "}}" ~ '\'}}' }}x"#), [r#"{{ "}}" ~ '\'}}' }}"#]);
        assert_eq!(found("{{ a }}"), ["{{ a }}"]);
        assert!(tags("text", "a\n{{ b").unwrap_err().line == Some(2));
    }

    #[test]
    fn what_lets_data_through_is_refused() {
        for bad in ["{% autoescape false %}", "{%- include 'x' %}", "{% macro f() %}", "{% raw %}", "{% %}"] {
            assert!(tags("html", bad).is_err(), "{bad}");
        }
        assert!(tags("html", "{%- for a in b -%}{% else %}{%+ endfor %}").is_ok());
        for bad in ["{{ a | safe }}", "{{ a|nothing }}", "{% if a | upper |tojson %}", "{{ '\\'' | x }}"] {
            assert!(tags("html", bad).is_err(), "{bad}");
        }
        assert!(tags("html", "{{ 'a|b' | upper | default(\"|c\") }}").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_scanned(text in "[\\s\\S]{0,200}", braces in "[{}%#'\"\\\\ä]{0,60}") {
            for source in [text, braces] {
                if let Ok(ranges) = tags("text", &source) {
                    for range in ranges {
                        let whole = source.get(range).is_some_and(|tag| tag.starts_with('{') && tag.ends_with('}'));
                        prop_assert!(whole);
                    }
                }
            }
        }
    }
}
