//! Words that carry meaning, and sentences.

use unicode_segmentation::UnicodeSegmentation as _;

/// Words that say nothing of a text's subject, sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can",
    "could", "current", "do", "does", "each", "for", "from", "get", "give", "had", "has", "have", "he", "how", "i",
    "if", "in", "into", "is", "it", "its", "may", "me", "more", "most", "my", "no", "not", "of", "on", "one", "only",
    "or", "our", "please", "she", "should", "so", "some", "such", "tell", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "to", "up", "us", "use", "was", "we", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "would", "you", "your",
];

/// Lower-case words of a text that carry meaning, plural and singular alike.
pub(super) fn content_words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.unicode_words().map(|word| stem(&word.to_lowercase())).filter(|word| !is_stop_word(word))
}

/// All words in lower case, plural and singular alike, and whether they carry meaning.
pub(crate) fn all_words(text: &str) -> impl Iterator<Item = (String, bool)> + '_ {
    text.unicode_words().map(|word| {
        let word = stem(&word.to_lowercase());
        let carries = !is_stop_word(&word);
        (word, carries)
    })
}

/// Words of a name such as `get_weather` or `getWeather`.
pub(super) fn name_words(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut lower_before = false;
    for letter in name.chars() {
        if letter.is_uppercase() && lower_before {
            spaced.push(' ');
        }
        lower_before = letter.is_lowercase() || letter.is_numeric();
        spaced.push(if letter.is_alphanumeric() { letter } else { ' ' });
    }
    content_words(&spaced).collect()
}

pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// The plural's `s` goes: enough to find `city` by `cities` and `order` by `orders`, and quick.
fn stem(word: &str) -> String {
    if word.len() > 4
        && let Some(root) = word.strip_suffix("ies")
    {
        return format!("{root}y");
    }
    match word.strip_suffix('s') {
        Some(root) if word.len() > 3 && !root.ends_with('s') && !root.ends_with('u') && !root.ends_with('i') => {
            root.to_owned()
        }
        _ => word.to_owned(),
    }
}

/// Sentences of a text, by line and by Unicode's rules (UAX 29), without surrounding space.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.unicode_sentences()).map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// The first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_can_be_searched() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn names_are_split() {
        assert_eq!(name_words("get_weather"), ["weather"]);
        assert_eq!(name_words("findOpenOrders"), ["find", "open", "order"]);
        assert_eq!(name_words("search-cities"), ["search", "city"]);
    }

    #[test]
    fn sentences_end_at_lines_too() {
        let found: Vec<_> = sentences("# Head\nOne is 1.5 m. Two!\n\nThree").collect();
        assert_eq!(found, ["# Head", "One is 1.5 m.", "Two!", "Three"]);
    }
}
