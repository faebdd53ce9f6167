//! Terms of the index near or under a given one: fuzzy and prefix expansion.

use std::collections::BTreeMap;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use super::ast::Fuzziness;
use crate::error::Result;

/// A term of the index that a query term stands for.
#[derive(Debug, Clone)]
pub(super) struct Expansion {
    pub(super) text: String,
    pub(super) distance: u8,
    pub(super) doc_freq: u64,
}

/// Terms scanned for one prefix before the frequent ones are chosen.
const PREFIX_SCAN_MAX: usize = 10_000;

/// Edit distance with transpositions, up to `max`; `None` beyond. In characters.
pub(crate) fn distance_within(a: &str, b: &str, max: u8, transpositions: bool) -> Option<u8> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let max = usize::from(max);
    if a.len().abs_diff(b.len()) > max {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + cost);
            if transpositions && i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if row.iter().min().is_none_or(|&least| least > max) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|&distance| distance <= max).and_then(|distance| u8::try_from(distance).ok())
}

/// Terms within the edits that `fuzziness` allows, nearest and most frequent first. `key_prefix` is what the terms of a
/// shared field begin with; it is not part of the edit distance.
pub(super) fn fuzzy(
    searcher: &Searcher,
    field: Field,
    key_prefix: &str,
    text: &str,
    fuzziness: &Fuzziness,
) -> Result<Vec<Expansion>> {
    let edits = fuzziness.edits_for(text.chars().count());
    let kept: String = text.chars().take(fuzziness.prefix_length).collect();
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut note = |key: &[u8], doc_freq: u32| {
            let key = String::from_utf8_lossy(key);
            if let Some(term) = key.strip_prefix(key_prefix)
                && term.starts_with(&kept)
            {
                *found.entry(term.to_owned()).or_default() += u64::from(doc_freq);
            }
        };
        if edits == 0 {
            let term = Term::from_field_text(field, &format!("{key_prefix}{text}"));
            if let Some(info) = inverted.get_term_info(&term)? {
                note(format!("{key_prefix}{text}").as_bytes(), info.doc_freq);
            }
            continue;
        }
        let term = Term::from_field_text(field, &format!("{key_prefix}{text}"));
        let automaton = FuzzyTermQuery::new(term, edits, fuzziness.transpositions).automaton()?;
        let mut terms = inverted.terms().search(automaton).into_stream()?;
        while terms.advance() {
            note(terms.key(), terms.value().doc_freq);
        }
    }
    let mut expansions: Vec<Expansion> = found
        .into_iter()
        .filter_map(|(term, doc_freq)| {
            let distance = distance_within(text, &term, edits, fuzziness.transpositions)?;
            Some(Expansion { text: term, distance, doc_freq })
        })
        .collect();
    expansions.sort_by(|a, b| a.distance.cmp(&b.distance).then(b.doc_freq.cmp(&a.doc_freq)).then(a.text.cmp(&b.text)));
    expansions.truncate(fuzziness.max_expansions);
    Ok(expansions)
}

/// Terms that begin with `text`, at most `limit`, in the order of the dictionary.
pub(super) fn prefix(
    searcher: &Searcher,
    field: Field,
    key_prefix: &str,
    text: &str,
    limit: usize,
) -> Result<Vec<Expansion>> {
    let start = format!("{key_prefix}{text}");
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut terms = inverted.terms().range().ge(start.as_bytes()).into_stream()?;
        let mut scanned = 0;
        while terms.advance() && terms.key().starts_with(start.as_bytes()) && scanned < PREFIX_SCAN_MAX {
            let term = String::from_utf8_lossy(&terms.key()[key_prefix.len()..]).into_owned();
            *found.entry(term).or_default() += u64::from(terms.value().doc_freq);
            scanned += 1;
        }
    }
    Ok(found.into_iter().take(limit).map(|(text, doc_freq)| Expansion { text, distance: 0, doc_freq }).collect())
}

#[cfg(test)]
mod tests {
    use super::distance_within;

    #[test]
    fn transpositions_count_as_one_edit_where_allowed() {
        assert_eq!(distance_within("serach", "search", 2, true), Some(1));
        assert_eq!(distance_within("serach", "search", 2, false), Some(2));
        assert_eq!(distance_within("kitten", "sitting", 2, true), None);
        assert_eq!(distance_within("", "", 0, true), Some(0));
        assert_eq!(distance_within("é", "e", 1, true), Some(1));
    }
}
