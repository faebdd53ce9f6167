//! Telephone numbers.

use super::detect::{Span, after, before, shortly_before};
use regex::Regex;
use std::sync::LazyLock;

/// What may be a number: digits with single separators, or a bracketed area code.
static CANDIDATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\+ ?)?(?:\([0-9]{1,6}\)[ /-]?)?[0-9]+(?:(?:[ ./-]|[ -]?\([0-9]{1,6}\)[ -]?|\) ?| - | / )[0-9]+)*")
        .expect("a literal")
});
/// Right before a number without separators: then it is one to call.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:phone|tel|telefon|teléfono|téléphone|mobile?|handy|fax|call|cell|whatsapp|sms)(?:[ .:=]|no\.?|number|nr\.?|is|at|me){0,4}$")
        .expect("a literal")
});
/// A date in front: day, month and year, in any order.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[0-9]{1,2}[./ -][0-9]{1,2}[./ -](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[./ -][0-9]{1,2}[./ -][0-9]{1,2})\b",
    )
    .expect("a literal")
});
/// North America: area and exchange begin with 2 to 9.
static AMERICAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\+?1[ .-])?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}$")
        .expect("a literal")
});
/// An area code with the trunk prefix 0, and the rest after a separator.
static TRUNK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\(0[1-9][0-9]{0,4}\)|0[1-9][0-9]{0,4})(?:[ /-]| / | - )?[0-9]{2,8}(?:[ -][0-9]{1,8}){0,4}$")
        .expect("a literal")
});
/// In pairs, as in France.
static PAIRS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^0[1-9](?:[ .-][0-9]{2}){4}$").expect("a literal"));

/// Digits of an international number: ITU-T E.164, section 6.
const INTERNATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// Digits of a national one, its trunk prefix included.
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 9..=12;
/// Digits of one that is only known by the word before it.
const NAMED_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Where telephone numbers stand, in order.
pub(super) fn phones(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for hit in CANDIDATE.find_iter(text) {
        if hit.len() < *NAMED_DIGITS.start() || is_attached(text, &hit.range()) {
            continue;
        }
        in_run(text, hit.range(), &mut spans);
    }
    spans
}

fn is_attached(text: &str, span: &Span) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '.' | '/' | '-' | '=' | '@' | '$' | '€' | '£');
    let plus = text.as_bytes()[span.start] == b'+';
    before(text, span.start).is_some_and(|last| joins(last) && !(plus && matches!(last, '=' | '/')))
        || after(text, span.end).is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '%' | '€' | '$'))
}

/// Numbers in one run of digits and separators, which may hold several after each other: the longest from each place
/// where a group begins.
fn in_run(text: &str, run: Span, spans: &mut Vec<Span>) {
    /// Groups of one number.
    const GROUPS_MAX: usize = 8;
    let slice = &text[run.clone()];
    let mut starts = vec![0];
    let mut ends = Vec::new();
    let bytes = slice.as_bytes();
    for place in 1..bytes.len() {
        let (digit, last) = (bytes[place].is_ascii_digit(), bytes[place - 1].is_ascii_digit());
        if digit && !last && bytes[place - 1] != b'(' && bytes[place - 1] != b'+' {
            starts.push(place);
        }
        if (bytes[place] == b'(' || bytes[place] == b'+') && !last {
            starts.push(place);
        }
        if !digit && last {
            ends.push(place);
        }
    }
    ends.push(bytes.len());
    let mut from = 0;
    for start in starts {
        if start < from {
            continue;
        }
        let next = ends.partition_point(|end| *end <= start);
        let candidates = &ends[next..ends.len().min(next + GROUPS_MAX)];
        let alone = |end: &usize| is_number(text, run.start + start..run.start + end);
        let longest = candidates.iter().copied().rev().find(alone);
        if let Some(end) = longest {
            spans.push(run.start + start..run.start + end);
            from = end;
        } else if DATE.is_match(&slice[start..]) {
            // What follows a date belongs to it: a time, a serial.
            return;
        }
    }
}

fn is_number(text: &str, span: Span) -> bool {
    let number = &text[span.clone()];
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if DATE.is_match(number) {
        return false;
    }
    if let Some(rest) = number.strip_prefix('+') {
        let begins = rest.trim_start_matches([' ', '(']).starts_with(|c: char| ('1'..='9').contains(&c));
        return begins && INTERNATIONAL_DIGITS.contains(&digits);
    }
    if number.starts_with("00") && number[2..].starts_with(|c: char| ('1'..='9').contains(&c)) && digits >= 10 {
        let separated = number.bytes().any(|byte| !byte.is_ascii_digit());
        return separated && INTERNATIONAL_DIGITS.contains(&(digits - 2));
    }
    let separated = number.bytes().any(|byte| !byte.is_ascii_digit());
    let form = || AMERICAN.is_match(number) || PAIRS.is_match(number) || TRUNK.is_match(number);
    if separated && NATIONAL_DIGITS.contains(&digits) && form() {
        return true;
    }
    NAMED_DIGITS.contains(&digits) && NAMED.is_match(shortly_before(text, span.start))
}
