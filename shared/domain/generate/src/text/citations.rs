//! Citations: `[2]`, or `[1, 3]`.

use super::line::map_prose;
use std::collections::BTreeSet;

/// A text whose citations are all of sources that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cited {
    /// The text.
    pub text: String,
    /// The numbers that it cites.
    pub numbers: BTreeSet<u32>,
}

/// `text` without citations of numbers that are not in `known`. What stands in code, what is a link's text and what is
/// an index (`a[1]`) is no citation.
pub fn keep_known(text: &str, known: &BTreeSet<u32>) -> Cited {
    let mut numbers = BTreeSet::new();
    let text = map_prose(text, |prose| {
        let mut out = String::with_capacity(prose.len());
        let mut rest = prose;
        while let Some(start) = rest.find('[') {
            let (before, bracket) = rest.split_at(start);
            out.push_str(before);
            let found = bracket[1..].split_once(']').and_then(|(inner, after)| Some((list(inner)?, after)));
            match found {
                Some((cited, after)) if !after.starts_with(['(', '[', ':']) || is_citation(after) => {
                    let kept: Vec<u32> = cited.iter().copied().filter(|number| known.contains(number)).collect();
                    if kept.is_empty() {
                        let trimmed = out.trim_end_matches(' ').len();
                        // The blank before it goes too, unless it parts two words.
                        if after.is_empty() || after.starts_with(['.', ',', ';', ':', '!', '?', ')', ' ']) {
                            out.truncate(trimmed);
                        }
                    } else {
                        let shown: Vec<String> = kept.iter().map(ToString::to_string).collect();
                        out.push_str(&format!("[{}]", shown.join(", ")));
                    }
                    numbers.extend(kept);
                    rest = after;
                }
                _ => {
                    out.push('[');
                    rest = &bracket[1..];
                }
            }
        }
        out.push_str(rest);
        out
    });
    Cited { text, numbers }
}

/// After a citation another may follow at once, or a colon of the sentence.
fn is_citation(after: &str) -> bool {
    match after.strip_prefix('[') {
        Some(next) => next.split_once(']').is_some_and(|(inner, _)| list(inner).is_some()),
        None => after.starts_with(':'),
    }
}

/// `1`, `1, 3`, `1; 3`: the numbers.
fn list(inner: &str) -> Option<Vec<u32>> {
    let parts = inner.split([',', ';']).map(str::trim);
    parts.map(|part| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(text: &str) -> (String, Vec<u32>) {
        let cited = keep_known(text, &BTreeSet::from([1, 2]));
        (cited.text, cited.numbers.into_iter().collect())
    }

    #[test]
    fn citations_of_nothing_are_taken_out() {
        for (text, kept, numbers) in [
            ("Cats sleep [1]. Dogs bark [7].", "Cats sleep [1]. Dogs bark.", vec![1]),
            ("Both [1, 9; 2] and none [9,8] here", "Both [1, 2] and none here", vec![1, 2]),
            ("Twice [1][2] and [2][9] and [9][8].", "Twice [1][2] and [2] and.", vec![1, 2]),
            ("As [1]: it is.", "As [1]: it is.", vec![1]),
            ("[3]Begins", "Begins", vec![]),
            ("A [link](x), [note] and [99999999999].", "A [link](x), [note] and [99999999999].", vec![]),
            ("`a[7]` stays\n```\nb[7]\n```", "`a[7]` stays\n```\nb[7]\n```", vec![]),
            ("Text [7](http://x)", "Text [7](http://x)", vec![]),
            ("open [1", "open [1", vec![]),
        ] {
            assert_eq!(known(text), (kept.to_owned(), numbers), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_known_and_doing_it_again_changes_nothing(text in "([a-c ]|\\[|\\]|[0-9]|,|`|\n){0,80}") {
            let known = BTreeSet::from([1, 2, 12]);
            let once = keep_known(&text, &known);
            prop_assert!(once.numbers.is_subset(&known));
            let twice = keep_known(&once.text, &known);
            prop_assert!(twice.numbers.is_subset(&known));
        }
    }
}
