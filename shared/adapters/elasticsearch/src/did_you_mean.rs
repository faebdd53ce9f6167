//! What mistyped words were meant to be.
//!
//! Made of what was highlighted in documents that the person may read. An engine's own suggester looks at the words of
//! the whole index, other tenants' and unshared documents' included: offering one of those tells that it is there.

use std::collections::BTreeMap;

/// The text with each word that was not found replaced by the nearest that was; none if there is nothing to replace.
pub(crate) fn corrected<'a>(text: &str, found: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for word in found {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let words: Vec<String> =
        text.split(' ').map(|word| nearest(word, &counts).unwrap_or_else(|| word.to_owned())).collect();
    let corrected = words.join(" ");
    (corrected != text).then_some(corrected)
}

fn nearest(word: &str, counts: &BTreeMap<String, u32>) -> Option<String> {
    let word = word.to_lowercase();
    if counts.contains_key(&word) {
        return None;
    }
    // As the engine's fuzziness AUTO: two letters must be right, up to five one may be wrong, of more two.
    let errors_max = match word.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    counts
        .iter()
        .map(|(candidate, count)| (distance(&word, candidate), std::cmp::Reverse(*count), candidate))
        .filter(|(distance, ..)| *distance <= errors_max)
        .min()
        .map(|(_, _, candidate)| candidate.clone())
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_errors_that_people_make() {
        for (from, to, errors) in
            [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("", "abc", 3), ("ca", "abc", 3)]
        {
            assert_eq!(distance(from, to), errors, "{from} {to}");
        }
    }

    #[test]
    fn replaces_only_what_was_not_found() {
        let found = ["Borrow", "checker", "checkers", "checker"];
        assert_eq!(corrected("borow cheker", found.into_iter()).as_deref(), Some("borrow checker"));
        assert_eq!(corrected("Borrow checker", found.into_iter()), None);
        assert_eq!(corrected("the xyz", found.into_iter()), None);
    }
}
