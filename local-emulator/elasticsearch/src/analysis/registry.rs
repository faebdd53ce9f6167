//! The analyzers of one index: built in, and those of `settings.index.analysis`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::filter::{ENGLISH_STOP, FRENCH_ARTICLES, Filter, language};
use super::tokenizer::{CharClasses, Token, Tokenizer};
use crate::error::{Error, Result};

/// The longest n-gram and the widest spread that a setting may ask for, in characters.
const NGRAM_MAX: u64 = 50;

/// How far the first token of a value is from the last of the one before: Lucene's gap of 100 lies between them, so that a
/// phrase does not span them. In positions.
pub(crate) const VALUE_POSITION_GAP: usize = 101;

/// A tokenizer and its filters.
#[derive(Debug, Clone)]
pub(crate) struct Analyzer {
    tokenizer: Tokenizer,
    filters: Vec<Filter>,
}

impl Analyzer {
    pub(crate) fn analyze(&self, text: &str) -> Vec<Token> {
        let mut tokens = self.tokenizer.tokenize(text);
        for filter in &self.filters {
            tokens = filter.apply(tokens);
        }
        tokens
    }

    /// The tokens of several values of one field, positions increasing by `gap` from one to the next, offsets each within its
    /// own value.
    pub(crate) fn analyze_values<'a>(&self, values: impl Iterator<Item = &'a str>, gap: usize) -> Vec<Token> {
        let mut all: Vec<Token> = Vec::new();
        for value in values {
            let base = all.last().map_or(0, |last| last.position + gap);
            all.extend(self.analyze(value).into_iter().map(|mut token| {
                token.position += base;
                token
            }));
        }
        all
    }

    /// For a keyword normalizer: the one token that it makes of a value.
    pub(crate) fn normalize(&self, text: &str) -> String {
        self.analyze(text).into_iter().next().map(|token| token.text).unwrap_or_default()
    }
}

/// Analyzers and normalizers by name.
pub(crate) struct Registry {
    analyzers: HashMap<String, Arc<Analyzer>>,
    normalizers: HashMap<String, Arc<Analyzer>>,
    custom: Custom,
}

#[derive(Default)]
struct Custom {
    tokenizers: HashMap<String, Tokenizer>,
    filters: HashMap<String, Filter>,
}

fn stop(words: impl Iterator<Item = String>) -> Filter {
    Filter::Stop(Arc::new(words.collect()))
}

fn english_stop() -> Filter {
    stop(ENGLISH_STOP.iter().map(|&word| word.to_owned()))
}

fn built_in(name: &str) -> Option<Analyzer> {
    let (tokenizer, filters) = match name {
        "standard" | "default" => (Tokenizer::Standard, vec![Filter::Lowercase]),
        "simple" => (Tokenizer::Lowercase, vec![]),
        "whitespace" => (Tokenizer::Whitespace, vec![]),
        "keyword" => (Tokenizer::Keyword, vec![]),
        "stop" => (Tokenizer::Lowercase, vec![english_stop()]),
        "english" => (
            Tokenizer::Standard,
            vec![
                Filter::Possessive,
                Filter::Lowercase,
                english_stop(),
                Filter::Stemmer(tantivy::tokenizer::Language::English),
            ],
        ),
        _ => return None,
    };
    Some(Analyzer { tokenizer, filters })
}

fn integer(settings: &Map<String, Value>, key: &str, default: u64) -> Result<usize> {
    let number = match settings.get(key) {
        None => default,
        Some(Value::Number(number)) => number.as_u64().unwrap_or(u64::MAX),
        Some(Value::String(text)) => text.parse().unwrap_or(u64::MAX),
        Some(_) => u64::MAX,
    };
    if number > NGRAM_MAX {
        return Err(Error::illegal(format!("[{key}] must be an integer between 0 and {NGRAM_MAX}")));
    }
    Ok(usize::try_from(number).unwrap_or(0))
}

fn flag(settings: &Map<String, Value>, key: &str, default: bool) -> Result<bool> {
    match settings.get(key) {
        None => Ok(default),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text == "true" => Ok(true),
        Some(Value::String(text)) if text == "false" => Ok(false),
        Some(other) => {
            Err(Error::illegal(format!("Failed to parse value [{other}] as only [true] or [false] are allowed.")))
        }
    }
}

fn names(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => one.split(',').map(|name| name.trim().to_owned()).collect(),
        Some(Value::Array(many)) => many.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn allowed(kind: &str, name: &str, settings: &Map<String, Value>, keys: &[&str]) -> Result<()> {
    for key in settings.keys() {
        if key != "type" && !keys.contains(&key.as_str()) {
            return Err(Error::unsupported(&format!("[{key}] of {kind} [{name}]")));
        }
    }
    Ok(())
}

fn text<'a>(settings: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    settings.get(key).and_then(Value::as_str)
}

fn parse_tokenizer(name: &str, settings: &Map<String, Value>) -> Result<Tokenizer> {
    match text(settings, "type").unwrap_or_default() {
        kind @ ("edge_ngram" | "ngram") => {
            allowed("tokenizer", name, settings, &["min_gram", "max_gram", "token_chars"])?;
            let mut chars = CharClasses::default();
            for class in names(settings.get("token_chars")) {
                match class.as_str() {
                    "letter" => chars.letter = true,
                    "digit" => chars.digit = true,
                    "whitespace" => chars.whitespace = true,
                    "punctuation" => chars.punctuation = true,
                    "symbol" => chars.symbol = true,
                    other => return Err(Error::illegal(format!("Unknown token type: '{other}'"))),
                }
            }
            let (min, max) = (integer(settings, "min_gram", 1)?, integer(settings, "max_gram", 2)?);
            if min == 0 || min > max {
                return Err(Error::illegal(format!(
                    "[min_gram] and [max_gram] of [{name}] must be 1 or more, and in order"
                )));
            }
            Ok(Tokenizer::Ngram { min, max, edge: kind == "edge_ngram", chars })
        }
        kind => {
            allowed("tokenizer", name, settings, &[])?;
            built_in_tokenizer(kind)
                .ok_or_else(|| Error::illegal(format!("Unknown tokenizer type [{kind}] for [{name}]")))
        }
    }
}

fn built_in_tokenizer(name: &str) -> Option<Tokenizer> {
    Some(match name {
        "standard" => Tokenizer::Standard,
        "keyword" => Tokenizer::Keyword,
        "whitespace" => Tokenizer::Whitespace,
        "letter" => Tokenizer::Letter,
        "lowercase" => Tokenizer::Lowercase,
        _ => return None,
    })
}

fn built_in_filter(name: &str) -> Option<Filter> {
    Some(match name {
        "lowercase" => Filter::Lowercase,
        "uppercase" => Filter::Uppercase,
        "trim" => Filter::Trim,
        "asciifolding" => Filter::AsciiFolding,
        "elision" => Filter::Elision(Arc::new(FRENCH_ARTICLES.iter().map(|&article| article.to_owned()).collect())),
        "german_normalization" => Filter::German,
        "stop" => english_stop(),
        "porter_stem" | "stemmer" | "snowball" => Filter::Stemmer(tantivy::tokenizer::Language::English),
        "unique" => Filter::Unique,
        _ => return None,
    })
}

fn parse_filter(name: &str, settings: &Map<String, Value>) -> Result<Filter> {
    match text(settings, "type").unwrap_or_default() {
        "stop" => {
            allowed("filter", name, settings, &["stopwords", "ignore_case"])?;
            let words = names(settings.get("stopwords"));
            Ok(match words.as_slice() {
                [] => english_stop(),
                [one] if one == "_english_" => english_stop(),
                [one] if one == "_none_" => stop(std::iter::empty()),
                _ => stop(words.into_iter()),
            })
        }
        "stemmer" | "snowball" => {
            allowed("filter", name, settings, &["language", "name"])?;
            let wanted =
                text(settings, "language").or_else(|| text(settings, "name")).unwrap_or("english").to_lowercase();
            if wanted == "possessive_english" {
                return Ok(Filter::Possessive);
            }
            language(&wanted)
                .map(Filter::Stemmer)
                .ok_or_else(|| Error::illegal(format!("Unknown stemmer language [{wanted}]")))
        }
        kind @ ("edge_ngram" | "ngram") => {
            allowed("filter", name, settings, &["min_gram", "max_gram", "preserve_original"])?;
            let (min, max) = (integer(settings, "min_gram", 1)?, integer(settings, "max_gram", 2)?);
            if min == 0 || min > max {
                return Err(Error::illegal(format!(
                    "[min_gram] and [max_gram] of [{name}] must be 1 or more, and in order"
                )));
            }
            Ok(Filter::Ngram {
                min,
                max,
                edge: kind == "edge_ngram",
                preserve_original: flag(settings, "preserve_original", false)?,
            })
        }
        "shingle" => {
            allowed(
                "filter",
                name,
                settings,
                &["min_shingle_size", "max_shingle_size", "output_unigrams", "token_separator"],
            )?;
            Ok(Filter::Shingle {
                min: integer(settings, "min_shingle_size", 2)?.max(2),
                max: integer(settings, "max_shingle_size", 2)?,
                unigrams: flag(settings, "output_unigrams", true)?,
                separator: text(settings, "token_separator").unwrap_or(" ").to_owned(),
            })
        }
        "length" => {
            allowed("filter", name, settings, &["min", "max"])?;
            let max = settings.get("max").and_then(Value::as_u64).unwrap_or(u64::MAX);
            Ok(Filter::Length { min: integer(settings, "min", 0)?, max: usize::try_from(max).unwrap_or(usize::MAX) })
        }
        kind => {
            allowed("filter", name, settings, &[])?;
            built_in_filter(kind).ok_or_else(|| Error::illegal(format!("Unknown filter type [{kind}] for [{name}]")))
        }
    }
}

impl Custom {
    fn tokenizer(&self, name: &str) -> Result<Tokenizer> {
        self.tokenizers
            .get(name)
            .cloned()
            .or_else(|| built_in_tokenizer(name))
            .ok_or_else(|| Error::illegal(format!("failed to find tokenizer under name [{name}]")))
    }

    fn filter(&self, name: &str) -> Result<Filter> {
        self.filters
            .get(name)
            .cloned()
            .or_else(|| built_in_filter(name))
            .ok_or_else(|| Error::illegal(format!("failed to find filter under name [{name}]")))
    }

    fn analyzer(&self, name: &str, settings: &Map<String, Value>) -> Result<Analyzer> {
        match text(settings, "type").unwrap_or("custom") {
            "custom" => {
                allowed("analyzer", name, settings, &["tokenizer", "filter"])?;
                let tokenizer = text(settings, "tokenizer").ok_or_else(|| {
                    Error::illegal(format!("analyzer [{name}] must specify either an analyzer type, or a tokenizer"))
                })?;
                let filters =
                    names(settings.get("filter")).iter().map(|name| self.filter(name)).collect::<Result<_>>()?;
                Ok(Analyzer { tokenizer: self.tokenizer(tokenizer)?, filters })
            }
            kind @ ("standard" | "stop") => {
                allowed("analyzer", name, settings, &["stopwords"])?;
                let mut analyzer =
                    built_in(kind).unwrap_or(Analyzer { tokenizer: Tokenizer::Standard, filters: vec![] });
                if settings.contains_key("stopwords") {
                    analyzer.filters.retain(|filter| !matches!(filter, Filter::Stop(_)));
                    analyzer.filters.push(parse_filter(
                        name,
                        &Map::from_iter([
                            ("type".to_owned(), Value::from("stop")),
                            ("stopwords".to_owned(), settings["stopwords"].clone()),
                        ]),
                    )?);
                }
                Ok(analyzer)
            }
            kind => {
                allowed("analyzer", name, settings, &[])?;
                built_in(kind).ok_or_else(|| Error::illegal(format!("Unknown analyzer type [{kind}] for [{name}]")))
            }
        }
    }
}

impl Registry {
    /// `analysis` is the object at `settings.index.analysis`, or null.
    pub(crate) fn parse(analysis: &Value) -> Result<Self> {
        let empty = Map::new();
        let section = |key: &str| -> Result<Vec<(String, &Map<String, Value>)>> {
            let Some(entries) = analysis.get(key).and_then(Value::as_object) else { return Ok(Vec::new()) };
            entries
                .iter()
                .map(|(name, settings)| {
                    settings
                        .as_object()
                        .map(|settings| (name.clone(), settings))
                        .ok_or_else(|| Error::illegal(format!("[analysis.{key}.{name}] must be an object")))
                })
                .collect()
        };
        for key in analysis.as_object().unwrap_or(&empty).keys() {
            if !["analyzer", "tokenizer", "filter", "normalizer"].contains(&key.as_str()) {
                return Err(Error::unsupported(&format!("[analysis.{key}]")));
            }
        }
        let mut custom = Custom::default();
        for (name, settings) in section("tokenizer")? {
            let tokenizer = parse_tokenizer(&name, settings)?;
            custom.tokenizers.insert(name, tokenizer);
        }
        for (name, settings) in section("filter")? {
            let filter = parse_filter(&name, settings)?;
            custom.filters.insert(name, filter);
        }
        let mut analyzers = HashMap::new();
        for name in ["standard", "default", "simple", "whitespace", "keyword", "stop", "english"] {
            analyzers.extend(built_in(name).map(|analyzer| (name.to_owned(), Arc::new(analyzer))));
        }
        for (name, settings) in section("analyzer")? {
            let analyzer = custom.analyzer(&name, settings)?;
            analyzers.insert(name, Arc::new(analyzer));
        }
        let lowercase = Analyzer { tokenizer: Tokenizer::Keyword, filters: vec![Filter::Lowercase] };
        let mut normalizers = HashMap::from([("lowercase".to_owned(), Arc::new(lowercase))]);
        for (name, settings) in section("normalizer")? {
            allowed("normalizer", &name, settings, &["filter"])?;
            let filters =
                names(settings.get("filter")).iter().map(|name| custom.filter(name)).collect::<Result<_>>()?;
            normalizers.insert(name, Arc::new(Analyzer { tokenizer: Tokenizer::Keyword, filters }));
        }
        Ok(Self { analyzers, normalizers, custom })
    }

    pub(crate) fn analyzer(&self, name: &str) -> Result<Arc<Analyzer>> {
        self.analyzers
            .get(name)
            .cloned()
            .ok_or_else(|| Error::illegal(format!("failed to find global analyzer [{name}]")))
    }

    pub(crate) fn normalizer(&self, name: &str) -> Result<Arc<Analyzer>> {
        self.normalizers.get(name).cloned().ok_or_else(|| Error::illegal(format!("normalizer [{name}] not found")))
    }

    /// An analyzer that exists only for one `_analyze` request.
    pub(crate) fn ad_hoc(&self, tokenizer: &str, filters: &[String]) -> Result<Analyzer> {
        let filters = filters.iter().map(|name| self.custom.filter(name)).collect::<Result<_>>()?;
        Ok(Analyzer { tokenizer: self.custom.tokenizer(tokenizer)?, filters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(analyzer: &Analyzer, text: &str) -> Vec<String> {
        analyzer.analyze(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn english_stems_and_drops_stop_words() {
        let registry = Registry::parse(&Value::Null).unwrap();
        let english = registry.analyzer("english").unwrap();
        assert_eq!(texts(&english, "The Running dogs' owner's House"), ["run", "dog", "owner", "hous"]);
    }

    #[test]
    fn a_custom_analyzer_chains_its_filters() {
        let registry = Registry::parse(&json!({
            "filter": { "autocomplete": { "type": "edge_ngram", "min_gram": 1, "max_gram": 3 } },
            "analyzer": { "auto": { "type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding", "autocomplete"] } },
        }))
        .unwrap();
        assert_eq!(texts(&registry.analyzer("auto").unwrap(), "Éclair"), ["e", "ec", "ecl"]);
    }

    #[test]
    fn french_articles_and_german_spellings_are_left_aside() {
        let custom = |filters: Value| {
            let analyzer = json!({"type": "custom", "tokenizer": "standard", "filter": filters});
            Registry::parse(&json!({"analyzer": {"a": analyzer}})).unwrap().analyzer("a").unwrap()
        };
        let french = custom(json!(["lowercase", "elision"]));
        assert_eq!(texts(&french, "L'avion qu\u{2019}il aujourd'hui"), ["avion", "il", "aujourd'hui"]);
        let german = custom(json!(["lowercase", "german_normalization"]));
        assert_eq!(texts(&german, "Größe Groesse"), ["grosse", "grosse"]);
    }

    #[test]
    fn unknown_settings_are_refused_by_name() {
        let error = Registry::parse(&json!({ "filter": { "x": { "type": "synonym" } } })).err().unwrap();
        assert!(error.reason.contains("synonym"), "{error}");
    }
}
