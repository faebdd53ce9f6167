//! The language of a text.

use serde::{Deserialize, Serialize};

/// A language whose endings the index knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Language {
    /// German.
    #[serde(rename = "de")]
    German,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// French.
    #[serde(rename = "fr")]
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::German, Self::English, Self::Spanish, Self::French];

    /// Its code by ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
        }
    }
}

/// Characters of a text that its language is told by: more do not make it surer, and cost by the character.
const SAMPLE_CHARS_MAX: usize = 4000;
/// How sure a guess must be, from 0 to 1. Chosen by `cargo xtask relevance`.
const GUESS_CONFIDENCE_MIN: f64 = 0.5;
/// Articles, prepositions, conjunctions, pronouns, and what asks: of the frequent ones those that are no word of the other
/// three languages' technical vocabulary.
const FUNCTION_WORDS_DE: [&str; 50] = [
    "aber", "als", "auf", "aus", "bei", "beim", "das", "dem", "den", "der", "die", "ein", "eine", "einem", "einen",
    "einer", "eines", "für", "gegen", "ich", "im", "ist", "kann", "kein", "keine", "man", "mein", "mit", "nach",
    "nicht", "oder", "ohne", "sich", "sie", "sind", "über", "und", "unter", "vom", "von", "vor", "wann", "warum",
    "welche", "wenn", "wer", "wie", "wir", "zum", "zur",
];
const FUNCTION_WORDS_EN: [&str; 42] = [
    "a", "about", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has", "have", "how",
    "i", "if", "in", "into", "is", "it", "its", "my", "not", "of", "or", "out", "should", "than", "that", "the",
    "there", "this", "to", "was", "what", "when", "where", "which", "why",
];
const FUNCTION_WORDS_ES: [&str; 38] = [
    "al", "como", "con", "cual", "cuál", "cuando", "cuándo", "cómo", "de", "del", "donde", "dónde", "el", "en",
    "entre", "esta", "este", "hay", "la", "las", "lo", "los", "mi", "o", "para", "pero", "por", "puedo", "que",
    "quien", "quién", "qué", "se", "sin", "sobre", "una", "unos", "y",
];
const FUNCTION_WORDS_FR: [&str; 42] = [
    "au", "aux", "avec", "ce", "ces", "cette", "comment", "d", "dans", "de", "des", "du", "elle", "en", "entre", "est",
    "et", "il", "j", "je", "l", "la", "le", "les", "leur", "mon", "ne", "nous", "ou", "où", "par", "pas", "pour",
    "pourquoi", "qu", "quand", "que", "qui", "sans", "sont", "sur", "une",
];
/// Letters that are needed to tell a language: fewer are a name, not a sentence.
const LETTERS_MIN: usize = 40;

impl Language {
    /// The language that a query is likely in, where one of its words is of that language's grammar. By letters alone a few
    /// words tell it badly, names and technical terms above all. It may shift a weight, and must exclude nothing.
    pub fn guess(query: &str) -> Option<Self> {
        let known = [whatlang::Lang::Deu, whatlang::Lang::Eng, whatlang::Lang::Spa, whatlang::Lang::Fra];
        let found = whatlang::Detector::with_allowlist(known.to_vec()).detect(query)?;
        let language = if found.confidence() < GUESS_CONFIDENCE_MIN { None } else { Self::of(found.lang()) };
        language.filter(|language| language.is_spoken_in(query))
    }

    /// Whether a text has one of the words that join the others in this language.
    fn is_spoken_in(self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut words = text.split(|character: char| !character.is_alphanumeric());
        words.any(|word| self.function_words().contains(&word))
    }

    fn function_words(self) -> &'static [&'static str] {
        match self {
            Self::German => &FUNCTION_WORDS_DE,
            Self::English => &FUNCTION_WORDS_EN,
            Self::Spanish => &FUNCTION_WORDS_ES,
            Self::French => &FUNCTION_WORDS_FR,
        }
    }

    fn of(language: whatlang::Lang) -> Option<Self> {
        match language {
            whatlang::Lang::Deu => Some(Self::German),
            whatlang::Lang::Eng => Some(Self::English),
            whatlang::Lang::Spa => Some(Self::Spanish),
            whatlang::Lang::Fra => Some(Self::French),
            _ => None,
        }
    }

    /// The language that most of `text` is in: none if that is not sure, or it is none of [`Self::ALL`]. Names, code and
    /// lists have no language; a few lines of prose tell it.
    pub fn detect(text: &str) -> Option<Self> {
        let end = text.char_indices().nth(SAMPLE_CHARS_MAX).map_or(text.len(), |(end, _)| end);
        let sample = &text[..end];
        if sample.chars().filter(|character| character.is_alphabetic()).take(LETTERS_MIN).count() < LETTERS_MIN {
            return None;
        }
        let found = whatlang::detect(sample).filter(whatlang::Info::is_reliable)?;
        Self::of(found.lang())
    }

    /// That of a document: a short text tells it together with its title, a long one alone.
    pub fn of_document(title: &str, text: &str) -> Option<Self> {
        Self::detect(text).or_else(|| Self::detect(&format!("{title} {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_prose_by_its_words() {
        for (language, text) in [
            (
                Language::German,
                "Der Vertrag beginnt am ersten Januar und kann von beiden Seiten mit einer Frist von drei Monaten gekündigt werden.",
            ),
            (
                Language::English,
                "The agreement begins on the first of January and may be ended by either side with three months' notice.",
            ),
            (
                Language::Spanish,
                "El contrato comienza el primero de enero y cualquiera de las partes puede rescindirlo con tres meses de antelación.",
            ),
            (
                Language::French,
                "Le contrat commence le premier janvier et chacune des parties peut le résilier avec un préavis de trois mois.",
            ),
        ] {
            assert_eq!(Language::detect(text), Some(language), "{text}");
        }
    }

    #[test]
    fn says_nothing_where_it_is_not_sure() {
        let dutch = "De overeenkomst begint op de eerste januari en kan door beide partijen met een termijn van drie maanden worden opgezegd.";
        for text in ["", "Octavo", "1234 5678 ".repeat(100).as_str(), dutch, "Der Vertrag"] {
            assert_eq!(Language::detect(text), None, "{text}");
        }
    }

    #[test]
    fn guesses_what_a_query_is_in() {
        assert_eq!(Language::guess("wie kündige ich den Vertrag"), Some(Language::German));
        assert_eq!(Language::guess("comment résilier le contrat"), Some(Language::French));
        assert_eq!(Language::guess("l'état d'avancement"), Some(Language::French));
        assert_eq!(
            Language::guess("what happens to open transactions when the server crashes"),
            Some(Language::English)
        );
        // Its letters are those of French; its words are those of a trade.
        for terms in ["2026", "partitioned table unique constraint", "docker volume mount", "Mietvertrag"] {
            assert_eq!(Language::guess(terms), None, "{terms}");
        }
    }

    #[test]
    fn reads_no_further_than_it_must() {
        let english = "This is what the whole of the document is about and it is written in plain words. ".repeat(60);
        let long = format!("{english}{}", "Und das hier ist etwas ganz anderes. ".repeat(2000));
        assert_eq!(Language::detect(&long), Some(Language::English));
        // A cut in the middle of a character would panic.
        assert_eq!(Language::detect(&"ä".repeat(SAMPLE_CHARS_MAX + 1)), None);
    }
}
