//! Tokenizers: where one token ends and the next begins.

use unicode_segmentation::UnicodeSegmentation as _;

pub(crate) use tantivy::tokenizer::Token;

/// A longer run of letters is split, as Elasticsearch's `max_token_length` does. In characters.
const TOKEN_CHARS_MAX: usize = 255;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tokenizer {
    /// Words by Unicode Standard Annex 29.
    Standard,
    /// The whole text as one token.
    Keyword,
    Whitespace,
    /// Runs of letters.
    Letter,
    /// Runs of letters, lowercased.
    Lowercase,
    Ngram {
        min: usize,
        max: usize,
        edge: bool,
        chars: CharClasses,
    },
}

/// Which characters an n-gram tokenizer keeps inside a token; none set means every character.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CharClasses {
    pub(crate) letter: bool,
    pub(crate) digit: bool,
    pub(crate) whitespace: bool,
    pub(crate) punctuation: bool,
    pub(crate) symbol: bool,
}

impl CharClasses {
    fn keeps(&self, c: char) -> bool {
        if !(self.letter || self.digit || self.whitespace || self.punctuation || self.symbol) {
            return true;
        }
        let punctuation = c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c);
        let symbol = "$+<=>^`|~".contains(c);
        (self.letter && c.is_alphabetic())
            || (self.digit && c.is_numeric())
            || (self.whitespace && c.is_whitespace())
            || (self.punctuation && punctuation)
            || (self.symbol && symbol)
    }
}

/// Where a word cannot reach across: a character of ASCII after a blank of ASCII.
fn parts_at(bytes: &[u8], at: usize) -> bool {
    let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    blank(bytes[at - 1]) && bytes[at].is_ascii() && !blank(bytes[at])
}

/// Words by Unicode Standard Annex 29. Most text is ASCII with a few other characters, and ASCII has simpler rules: it is
/// divided between words, so that only the surroundings of those characters need all of them.
fn each_word<'a>(text: &'a str, mut each: impl FnMut(usize, &'a str)) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while from < bytes.len() {
        let other = bytes[from..].iter().position(|byte| !byte.is_ascii()).map(|at| from + at);
        let to = match other {
            None => bytes.len(),
            Some(other) => (from + 1..other)
                .rev()
                .find(|&at| parts_at(bytes, at))
                .or_else(|| (other + 1..bytes.len()).find(|&at| parts_at(bytes, at)))
                .unwrap_or(bytes.len()),
        };
        text[from..to].unicode_word_indices().for_each(|(start, word)| each(from + start, word));
        from = to;
    }
}

fn push(tokens: &mut Vec<Token>, start: usize, text: &str) {
    let position = tokens.len();
    tokens.push(Token {
        offset_from: start,
        offset_to: start + text.len(),
        position,
        text: text.to_owned(),
        position_length: 1,
    });
}

fn push_split(tokens: &mut Vec<Token>, start: usize, text: &str) {
    if text.len() <= TOKEN_CHARS_MAX {
        return push(tokens, start, text);
    }
    let mut from = 0;
    let mut count = 0;
    for (offset, _) in text.char_indices() {
        if count == TOKEN_CHARS_MAX {
            push(tokens, start + from, &text[from..offset]);
            from = offset;
            count = 0;
        }
        count += 1;
    }
    push(tokens, start + from, &text[from..]);
}

fn runs(text: &str, tokens: &mut Vec<Token>, keep: impl Fn(char) -> bool) {
    let mut start = None;
    for (offset, c) in text.char_indices() {
        match (keep(c), start) {
            (true, None) => start = Some(offset),
            (false, Some(from)) => {
                push_split(tokens, from, &text[from..offset]);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        push_split(tokens, from, &text[from..]);
    }
}

impl Tokenizer {
    pub(crate) fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(text.len() / 6 + 1);
        match self {
            Self::Standard => {
                each_word(text, |start, word| push_split(&mut tokens, start, word));
            }
            Self::Keyword => {
                if !text.is_empty() {
                    push(&mut tokens, 0, text);
                }
            }
            Self::Whitespace => runs(text, &mut tokens, |c| !c.is_whitespace()),
            Self::Letter => runs(text, &mut tokens, char::is_alphabetic),
            Self::Lowercase => {
                runs(text, &mut tokens, char::is_alphabetic);
                for token in &mut tokens {
                    token.text = token.text.to_lowercase();
                }
            }
            Self::Ngram { min, max, edge, chars } => {
                let mut words = Vec::new();
                runs(text, &mut words, |c| chars.keeps(c));
                for word in words {
                    for (from, to) in grams(&word.text, *min, *max, *edge) {
                        push(&mut tokens, word.offset_from + from, &word.text[from..to]);
                    }
                }
            }
        }
        tokens
    }
}

/// Byte ranges of the n-grams of `text`, lengths in characters, in the order that Lucene emits them.
pub(super) fn grams(text: &str, min: usize, max: usize, edge: bool) -> Vec<(usize, usize)> {
    let mut borders: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
    borders.push(text.len());
    let chars = borders.len() - 1;
    let mut ranges = Vec::new();
    for start in 0..chars {
        for length in min..=max {
            if start + length > chars {
                break;
            }
            ranges.push((borders[start], borders[start + length]));
        }
        if edge {
            break;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
        tokenizer.tokenize(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn the_standard_tokenizer_keeps_apostrophes_and_decimals_inside_words() {
        assert_eq!(
            texts(&Tokenizer::Standard, "It's 3.14, isn't it? foo_bar"),
            ["It's", "3.14", "isn't", "it", "foo_bar"]
        );
    }

    proptest::proptest! {
        #[test]
        fn words_are_those_of_the_whole_text(
            parts in proptest::collection::vec("[ \t\r\n]{0,2}([a-z0-9_.,:;'\"-]{0,6}|\\PC{0,3}|[é\u{301}\u{200d}ⓂЖ中ア\u{1f1e6}😀\u{a0}\u{2019}]{0,3})", 0..12),
        ) {
            let text = parts.concat();
            let mut found = Vec::new();
            each_word(&text, |start, word| found.push((start, word)));
            proptest::prop_assert_eq!(found, text.unicode_word_indices().collect::<Vec<_>>());
        }
    }

    #[test]
    fn edge_ngrams_begin_at_the_word() {
        let chars = CharClasses { letter: true, digit: true, ..CharClasses::default() };
        let tokenizer = Tokenizer::Ngram { min: 1, max: 3, edge: true, chars };
        assert_eq!(texts(&tokenizer, "Émile ab"), ["É", "Ém", "Émi", "a", "ab"]);
    }

    #[test]
    fn a_very_long_word_is_split() {
        let tokens = Tokenizer::Whitespace.tokenize(&"x".repeat(600));
        assert_eq!(tokens.iter().map(|token| token.text.len()).collect::<Vec<_>>(), [255, 255, 90]);
        assert_eq!(tokens[2].offset_to, 600);
    }
}
