//! Where personal data stands in a text.
//!
//! Each detector is a pattern that finds what may be one, and a check in code that refuses what only looks like it: a
//! version, a date, an order number. What they miss: numbers in words, data split over lines, other countries' identity
//! numbers.

use super::DataKind;
use super::checksum::{iban, iban_length, luhn};
use super::phone::phones;
use regex::Regex;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes of the text.
pub(super) type Span = Range<usize>;

/// All kinds, that with the surest check first: it keeps a span that several would take.
pub(super) const BY_CERTAINTY: [DataKind; 6] =
    [DataKind::Email, DataKind::Iban, DataKind::CreditCard, DataKind::UsSsn, DataKind::IpAddress, DataKind::Phone];

static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{N}_+][\p{L}\p{N}_+.%'-]*@[\p{L}\p{N}][\p{L}\p{N}.-]*").expect("a literal"));
static IBAN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Za-z]{2}[0-9]{2} ?[A-Za-z0-9]{4}").expect("a literal"));
static CARD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9](?:[ -]?[0-9]){12,}").expect("a literal"));
static SSN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[0-9]{3}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}\b").expect("a literal"));
static IPV4: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b").expect("a literal"));
static IPV6: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*").expect("a literal"));
/// Before four numbers with dots between them: then they are a version.
static VERSION_BEFORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)(?:version|release|build|ver\.?|v\.)[ :=]{0,2}$").expect("a literal"));
/// Longest local part of an address: RFC 5321, section 4.5.3.1.1.
const LOCAL_BYTES_MAX: usize = 64;
/// Bytes before a find that are looked at for such a word.
const WORD_BEFORE_BYTES: usize = 16;

/// Where data of this kind stands, by where it begins. Of two that overlap (an IPv4 address within an IPv6 one) the first is
/// meant.
pub(super) fn find(kind: DataKind, text: &str) -> Vec<Span> {
    match kind {
        DataKind::Email => emails(text),
        DataKind::Iban => ibans(text),
        DataKind::CreditCard => cards(text),
        DataKind::UsSsn => ssns(text),
        DataKind::IpAddress => addresses(text),
        DataKind::Phone => phones(text),
    }
}

/// The character before `at`.
pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character at `at`.
pub(super) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// The last few bytes before `at`, from a character's beginning.
pub(super) fn shortly_before(text: &str, at: usize) -> &str {
    let from = (at.saturating_sub(WORD_BEFORE_BYTES)..=at).find(|from| text.is_char_boundary(*from));
    &text[from.unwrap_or(at)..at]
}

fn emails(text: &str) -> Vec<Span> {
    let trimmed = |hit: regex::Match<'_>| {
        let (local, mut domain) = hit.as_str().split_once('@')?;
        if local.ends_with('.') || local.len() > LOCAL_BYTES_MAX {
            return None;
        }
        // A sentence's full stop, a dash or a number after it is not the domain's.
        loop {
            domain = domain.trim_end_matches(['.', '-']);
            let (rest, top) = domain.rsplit_once('.')?;
            if top.chars().count() >= 2 && (top.starts_with("xn--") || top.chars().all(char::is_alphabetic)) {
                break;
            }
            domain = rest;
        }
        (!domain.contains("..")).then(|| hit.start()..hit.start() + local.len() + 1 + domain.len())
    };
    EMAIL.find_iter(text).filter_map(trimmed).collect()
}

fn ibans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(hit) = IBAN.find_at(text, from) {
        match iban_at(text, hit.start()) {
            Some(end) => {
                spans.push(hit.start()..end);
                from = end;
            }
            // The next may begin within what only began like one.
            None => from = hit.start() + 2,
        }
    }
    spans
}

fn iban_at(text: &str, start: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[start..];
    let country = [bytes[0].to_ascii_uppercase(), bytes[1].to_ascii_uppercase()];
    let length = iban_length(&country)?;
    let mut compact = Vec::with_capacity(length);
    let mut end = 0;
    while compact.len() < length {
        match bytes.get(end)? {
            byte if byte.is_ascii_alphanumeric() => compact.push(*byte),
            b' ' if end > 0 && bytes[end - 1] != b' ' => {}
            _ => return None,
        }
        end += 1;
    }
    let ends = after(text, start + end).is_none_or(|next| !next.is_alphanumeric());
    (ends && iban(&compact)).then_some(start + end)
}

fn cards(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for run in CARD.find_iter(text) {
        let attached =
            before(text, run.start()).is_some_and(|last| last.is_alphanumeric() || last == '.' || last == '_');
        let continued = after(text, run.end()).is_some_and(|next| next.is_alphanumeric() || next == '_');
        let groups = groups(run.as_str());
        let mut first = usize::from(attached);
        let count = groups.len() - usize::from(continued && !groups.is_empty());
        while first < count {
            let fits = |last: &usize| is_card(run.as_str(), &groups[first..*last]);
            // The longest that fits; a card has at most five groups.
            match (first + 1..=count.min(first + 5)).rev().find(fits) {
                Some(last) => {
                    spans.push(run.start() + groups[first].start..run.start() + groups[last - 1].end);
                    first = last;
                }
                None => first += 1,
            }
        }
    }
    spans
}

fn groups(run: &str) -> Vec<Span> {
    let mut groups = Vec::new();
    let mut start = 0;
    for (place, _) in run.match_indices([' ', '-']) {
        groups.push(start..place);
        start = place + 1;
    }
    groups.push(start..run.len());
    groups
}

/// Numbers as issuers write them: in one piece, in fours, 4-6-5 or 4-6-4; beginning as theirs do.
fn is_card(run: &str, groups: &[Span]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(Range::len).collect();
    let shaped = match lengths.as_slice() {
        [_] | [4, 6, 4 | 5] => true,
        [fours @ .., last] => fours.iter().all(|length| *length == 4) && (1..=4).contains(last),
        [] => false,
    };
    let digits: Vec<u8> = groups.iter().flat_map(|group| run.as_bytes()[group.clone()].iter().copied()).collect();
    shaped && (13..=19).contains(&digits.len()) && issued(&digits) && luhn(&digits)
}

/// Whether the first digits and the length are those of a payment card (ISO/IEC 7812: 2 to 6 are banks' and travel).
fn issued(digits: &[u8]) -> bool {
    match digits {
        [b'3', b'4' | b'7', ..] => digits.len() == 15,
        [b'3', b'0' | b'6' | b'8' | b'9', ..] => (14..=19).contains(&digits.len()),
        [b'3', b'5', ..] => (16..=19).contains(&digits.len()),
        [b'4', ..] => matches!(digits.len(), 13 | 16 | 19),
        [b'2', b'2'..=b'7', ..] | [b'5', b'1'..=b'5', ..] => digits.len() == 16,
        [b'5' | b'6', ..] => true,
        _ => false,
    }
}

fn ssns(text: &str) -> Vec<Span> {
    let valid = |hit: &regex::Match<'_>| {
        let (area, group, serial) = (&hit.as_str()[..3], &hit.as_str()[4..6], &hit.as_str()[7..]);
        let joined = before(text, hit.start()).is_some_and(|last| matches!(last, '-' | '.' | '+'))
            || after(text, hit.end()).is_some_and(|next| next == '-');
        let spaced = hit.as_str().contains(' ');
        // With spaces it may be any table of numbers: only where it is named.
        let named = || shortly_before(text, hit.start()).to_ascii_uppercase().contains("SSN");
        let never = area == "000" || area == "666" || area.starts_with('9') || group == "00" || serial == "0000";
        !never && !joined && (!spaced || named())
    };
    SSN.find_iter(text).filter(valid).map(|hit| hit.range()).collect()
}

fn addresses(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = IPV4
        .find_iter(text)
        .filter(|hit| {
            let dotted = before(text, hit.start()).is_some_and(|last| matches!(last, '.' | '-' | '/'))
                && !text[..hit.start()].ends_with("//")
                || text[hit.end()..]
                    .strip_prefix('.')
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let someone = |address: Ipv4Addr| {
                !address.is_unspecified()
                    && !address.is_loopback()
                    && !address.is_broadcast()
                    && address.octets()[0] != 0
            };
            !dotted
                && hit.as_str().parse().is_ok_and(someone)
                && !VERSION_BEFORE.is_match(shortly_before(text, hit.start()))
        })
        .map(|hit| hit.range())
        .collect();
    let of_six = IPV6.find_iter(text).filter_map(|hit| {
        let attached = before(text, hit.start()).is_some_and(|last| last.is_alphanumeric() || last == '_');
        let address = hit.as_str().trim_end_matches('.');
        let address = if address.ends_with("::") { address } else { address.trim_end_matches(':') };
        let end = hit.start() + address.len();
        let continued = after(text, end).is_some_and(|next| next.is_alphanumeric() || next == '_');
        let parsed: Ipv6Addr = address.parse().ok()?;
        // `a::b` is a path in a program; an address has digits, and more than two short groups.
        let digits = address.bytes().filter(u8::is_ascii_hexdigit).count();
        let numeric = address.bytes().any(|byte| byte.is_ascii_digit());
        let someone = !parsed.is_unspecified() && !parsed.is_loopback();
        (!attached && !continued && someone && numeric && digits >= 5).then(|| hit.start()..end)
    });
    spans.extend(of_six);
    spans.sort_unstable_by_key(|span| span.start);
    spans
}
