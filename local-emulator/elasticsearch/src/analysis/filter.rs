//! Token filters: lowercase, folding, stop words, stemming, n-grams, shingles.

use std::collections::HashSet;
use std::sync::Arc;

use tantivy::tokenizer::{AsciiFoldingFilter, Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream as _};

use super::tokenizer::{Token, grams};

#[derive(Debug, Clone)]
pub(crate) enum Filter {
    Lowercase,
    Uppercase,
    Trim,
    AsciiFolding,
    Stop(Arc<HashSet<String>>),
    /// `l'avion` is found as `avion`: articles that an apostrophe ties to a word are taken away.
    Elision(Arc<HashSet<String>>),
    /// Umlauts and their spellings by `e` become the vowel, `ß` becomes `ss`.
    German,
    /// Takes a trailing `'s` away.
    Possessive,
    Stemmer(Language),
    Ngram {
        min: usize,
        max: usize,
        edge: bool,
        preserve_original: bool,
    },
    Shingle {
        min: usize,
        max: usize,
        unigrams: bool,
        separator: String,
    },
    Length {
        min: usize,
        max: usize,
    },
    Unique,
}

/// Lucene's English stop words.
pub(crate) const ENGLISH_STOP: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of",
    "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
];

fn rewrite(tokens: &mut [Token], analyzer: &mut TextAnalyzer, skip: impl Fn(&str) -> bool) {
    for token in tokens {
        if skip(&token.text) {
            continue;
        }
        let mut stream = analyzer.token_stream(&token.text);
        let rewritten = stream.advance().then(|| stream.token().text.clone());
        drop(stream);
        if let Some(text) = rewritten {
            token.text = text;
        }
    }
}

impl Filter {
    pub(crate) fn apply(&self, mut tokens: Vec<Token>) -> Vec<Token> {
        match self {
            Self::Lowercase => {
                for token in &mut tokens {
                    if token.text.is_ascii() {
                        token.text.make_ascii_lowercase();
                    } else {
                        token.text = token.text.to_lowercase();
                    }
                }
            }
            Self::Uppercase => {
                for token in &mut tokens {
                    token.text = token.text.to_uppercase();
                }
            }
            Self::Trim => {
                for token in &mut tokens {
                    token.text = token.text.trim().to_owned();
                }
            }
            Self::AsciiFolding => {
                let mut folding = TextAnalyzer::builder(RawTokenizer::default()).filter(AsciiFoldingFilter).build();
                rewrite(&mut tokens, &mut folding, str::is_ascii);
            }
            // Positions stay: a phrase across a stop word keeps its gap.
            Self::Stop(words) => tokens.retain(|token| !words.contains(&token.text)),
            Self::Elision(articles) => {
                for token in &mut tokens {
                    let tied = token.text.find(['\'', '\u{2019}']);
                    if let Some(at) = tied.filter(|at| articles.contains(&token.text[..*at].to_lowercase())) {
                        token.text = token.text[at..].chars().skip(1).collect();
                    }
                }
            }
            Self::German => {
                for token in &mut tokens {
                    token.text = german(&token.text);
                }
            }
            Self::Possessive => {
                for token in &mut tokens {
                    if let Some(bare) = token.text.strip_suffix("'s").or_else(|| token.text.strip_suffix("\u{2019}s")) {
                        token.text = bare.to_owned();
                    }
                }
            }
            Self::Stemmer(language) => {
                let mut stemmer =
                    TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(*language)).build();
                rewrite(&mut tokens, &mut stemmer, |_| false);
            }
            Self::Ngram { min, max, edge, preserve_original } => {
                return tokens
                    .into_iter()
                    .flat_map(|token| ngrams(&token, *min, *max, *edge, *preserve_original))
                    .collect();
            }
            Self::Shingle { min, max, unigrams, separator } => {
                return shingles(&tokens, *min, *max, *unigrams, separator);
            }
            Self::Length { min, max } => {
                tokens.retain(|token| (*min..=*max).contains(&token.text.chars().count()));
            }
            Self::Unique => {
                let mut seen = HashSet::new();
                tokens.retain(|token| seen.insert(token.text.clone()));
            }
        }
        tokens
    }
}

/// Lucene's French articles.
pub(crate) const FRENCH_ARTICLES: [&str; 13] =
    ["l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu"];

/// As Lucene's `GermanNormalizationFilter`: an `e` after `a`, `o` or `u` is the rest of an umlaut, but not where the `u` is
/// the second half of another sound (`neue`, `Quelle`).
fn german(text: &str) -> String {
    /// What the letter before allows.
    #[derive(PartialEq)]
    enum Before {
        /// A consonant, or nothing.
        Other,
        /// A vowel after which `u` is no umlaut's beginning.
        Vowel,
        /// A vowel that a following `e` makes an umlaut of.
        Umlaut,
    }
    let mut normal = String::with_capacity(text.len());
    let mut before = Before::Other;
    for letter in text.chars() {
        let (written, after) = match letter {
            'a' | 'o' => (Some(letter), Before::Umlaut),
            'u' => (Some(letter), if before == Before::Other { Before::Umlaut } else { Before::Vowel }),
            'e' => ((before != Before::Umlaut).then_some('e'), Before::Vowel),
            'i' | 'q' | 'y' => (Some(letter), Before::Vowel),
            'ä' => (Some('a'), Before::Vowel),
            'ö' => (Some('o'), Before::Vowel),
            'ü' => (Some('u'), Before::Vowel),
            'ß' => {
                normal.push('s');
                (Some('s'), Before::Other)
            }
            _ => (Some(letter), Before::Other),
        };
        normal.extend(written);
        before = after;
    }
    normal
}

fn ngrams(token: &Token, min: usize, max: usize, edge: bool, preserve_original: bool) -> Vec<Token> {
    let mut texts: Vec<String> =
        grams(&token.text, min, max, edge).into_iter().map(|(from, to)| token.text[from..to].to_owned()).collect();
    if preserve_original && !texts.contains(&token.text) {
        texts.push(token.text.clone());
    }
    texts.into_iter().map(|text| Token { text, ..token.clone() }).collect()
}

fn shingles(tokens: &[Token], min: usize, max: usize, unigrams: bool, separator: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len() * 2);
    for (start, token) in tokens.iter().enumerate() {
        if unigrams {
            out.push(token.clone());
        }
        for size in min..=max {
            let Some(window) = tokens.get(start..start + size) else { break };
            let text = window.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(separator);
            let end = window.last().map_or(token.offset_to, |last| last.offset_to);
            out.push(Token { text, offset_to: end, position_length: size, ..token.clone() });
        }
    }
    out
}

pub(super) fn language(name: &str) -> Option<Language> {
    Some(match name.strip_prefix("light_").unwrap_or(name) {
        "arabic" => Language::Arabic,
        "danish" => Language::Danish,
        "dutch" => Language::Dutch,
        "english" | "porter2" | "porter" => Language::English,
        "finnish" => Language::Finnish,
        "french" => Language::French,
        "german" | "german2" => Language::German,
        "greek" => Language::Greek,
        "hungarian" => Language::Hungarian,
        "italian" => Language::Italian,
        "norwegian" => Language::Norwegian,
        "portuguese" => Language::Portuguese,
        "romanian" => Language::Romanian,
        "russian" => Language::Russian,
        "spanish" => Language::Spanish,
        "swedish" => Language::Swedish,
        "tamil" => Language::Tamil,
        "turkish" => Language::Turkish,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::german;

    #[test]
    fn german_umlauts_are_found_however_they_are_typed() {
        for (typed, found) in [
            ("fuer", "fur"),
            ("für", "fur"),
            ("strasse", "strasse"),
            ("straße", "strasse"),
            ("haeuser", "hauser"),
            ("häuser", "hauser"),
            ("neue", "neue"),
            ("quelle", "quelle"),
            ("oel", "ol"),
        ] {
            assert_eq!(german(typed), found, "{typed}");
        }
    }
}
