//! How the index is made: its settings, its analysis and its mapping.
//!
//! A change here that an existing index cannot take needs the next [`SCHEMA_VERSION`]; indices of before take it by a
//! reindex (see [`crate::reindex`]).

use crate::{Analysis, Options};
use octavo_domain_search::Language;
use serde_json::{Map, Value, json};

/// What a document in an index of this release looks like. The first index is named by it.
pub(crate) const SCHEMA_VERSION: u32 = 2;
/// What of the mapping's `_meta` says which version an index was made with. Before there was a reindex, its name said so.
pub(crate) const META_SCHEMA: &str = "schema";
/// The first version that keeps a text in the field of its own language.
pub(crate) const LANGUAGES_SINCE: u32 = 2;
/// Languages whose texts have fields of their own.
pub(crate) const FOREIGN: [Language; 3] = [Language::German, Language::Spanish, Language::French];
/// Hits that the engine counts its way to; what lies beyond is reached by the sort values of the hit before it.
pub(crate) const RESULT_WINDOW_MAX: u32 = 10_000;
/// Letters of the longest beginning of a word that is indexed for completion.
pub(crate) const PREFIX_LETTERS_MAX: usize = 20;

/// The template that every version of the index is made from. It carries no alias: a new version must not be read before
/// it is full.
pub(crate) fn template(options: &Options) -> Value {
    json!({
        "index_patterns": [format!("{}-v*", options.name)],
        "priority": 200,
        "template": {"settings": settings(options), "mappings": mappings()}
    })
}

/// The body that makes the first version.
pub(crate) fn index(options: &Options) -> Value {
    json!({"aliases": {options.read_alias(): {}, options.write_alias(): {"is_write_index": true}}})
}

fn settings(options: &Options) -> Value {
    json!({
        "index": {
            "number_of_shards": options.shards,
            "number_of_replicas": options.replicas,
            "refresh_interval": format!("{}ms", options.refresh_interval.as_millis()),
            "max_result_window": RESULT_WINDOW_MAX,
            // A deletion's version is kept this long, so that a write that was decided before it and arrives after it is
            // refused. What decides a write reads the present state first and has 15 minutes at most to end (a Lambda's
            // longest run), so an hour cannot be outlived. Entries that say "deleted" would do it for ever, and would
            // have to be swept.
            "gc_deletes": "1h"
        },
        "analysis": analysis(options)
    })
}

fn analysis(options: &Options) -> Value {
    if options.analysis == Analysis::Standard {
        let plain = json!({"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]});
        let mut analyzers = Map::new();
        for name in ["octavo_text", "octavo_words", "octavo_beginnings"] {
            analyzers.insert(name.to_owned(), plain.clone());
        }
        for language in FOREIGN {
            analyzers.insert(analyzer(language), plain.clone());
        }
        return json!({"analyzer": analyzers});
    }
    let custom = |filters: &[&str]| json!({"type": "custom", "tokenizer": "standard", "filter": filters});
    let stemmed = |before: &[&str], stemmer: &str| {
        let mut filters = before.to_vec();
        if options.ranking.stemming {
            filters.push(stemmer);
        }
        custom(&filters)
    };
    json!({
        "filter": {
            "octavo_english": {"type": "stemmer", "language": "english"},
            "octavo_german": {"type": "stemmer", "language": "german"},
            "octavo_french": {"type": "stemmer", "language": "french"},
            "octavo_spanish": {"type": "stemmer", "language": "spanish"},
            "octavo_beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": PREFIX_LETTERS_MAX}
        },
        "analyzer": {
            // Stop words stay: in a technical text `for` and `if` are what somebody looks for, and BM25 gives words that
            // are everywhere next to no weight.
            "octavo_text": stemmed(&["lowercase", "asciifolding"], "octavo_english"),
            // `Straße` is found by `strasse`, `für` by `fuer` and by `fur`.
            "octavo_text_de": stemmed(&["lowercase", "german_normalization", "asciifolding"], "octavo_german"),
            "octavo_text_es": stemmed(&["lowercase", "asciifolding"], "octavo_spanish"),
            // To the tokenizer `l'avion` is one word.
            "octavo_text_fr": stemmed(&["lowercase", "elision", "asciifolding"], "octavo_french"),
            "octavo_words": custom(&["lowercase", "asciifolding"]),
            "octavo_beginnings": custom(&["lowercase", "asciifolding", "octavo_beginnings"])
        }
    })
}

fn analyzer(language: Language) -> String {
    format!("octavo_text_{}", language.code())
}

/// The field of a text in `language`; what is of none that is known is treated as English, which is what most of it is.
pub(crate) fn text_field(language: Option<Language>) -> &'static str {
    match language {
        None | Some(Language::English) => "text",
        Some(Language::German) => "text_de",
        Some(Language::Spanish) => "text_es",
        Some(Language::French) => "text_fr",
    }
}

/// The field of a text's beginning in `language`.
pub(crate) fn lead_field(language: Option<Language>) -> &'static str {
    match language {
        None | Some(Language::English) => "lead",
        Some(Language::German) => "lead_de",
        Some(Language::Spanish) => "lead_es",
        Some(Language::French) => "lead_fr",
    }
}

/// The field of a title in `language`, beside `title`, which every document has.
pub(crate) fn title_field(language: Option<Language>) -> Option<&'static str> {
    match language {
        None | Some(Language::English) => None,
        Some(Language::German) => Some("title_de"),
        Some(Language::Spanish) => Some("title_es"),
        Some(Language::French) => Some("title_fr"),
    }
}

/// The beginning of a text, also with its endings: for mistyped words.
fn lead(analyzer: &str) -> Value {
    json!({
        "type": "text", "analyzer": analyzer,
        "fields": {"words": {"type": "text", "analyzer": "octavo_words"}}
    })
}

fn mappings() -> Value {
    let keyword = json!({"type": "keyword"});
    let date = json!({"type": "date", "format": "strict_date_optional_time||epoch_millis"});
    let mut mappings = json!({
        // What is not mapped is a mistake of ours, and must not become a field by being sent.
        "dynamic": "strict",
        // The number in an index's name counts indices: one that was made anew has the schema of before.
        "_meta": {META_SCHEMA: SCHEMA_VERSION},
        "properties": {
            "id": keyword,
            "tenant": keyword,
            "readers": keyword,
            "revision": {"type": "long"},
            "title": {
                "type": "text", "analyzer": "octavo_text",
                "fields": {
                    "beginnings": {
                        "type": "text", "analyzer": "octavo_beginnings", "search_analyzer": "octavo_words"
                    },
                    "words": {"type": "text", "analyzer": "octavo_words"}
                }
            },
            "title_sort": keyword,
            "headings": {"type": "text", "analyzer": "octavo_text"},
            // Offsets in the postings: highlighting a long text does not analyse it again.
            "text": {"type": "text", "analyzer": "octavo_text", "index_options": "offsets"},
            "tags": {"type": "keyword", "fields": {"words": {"type": "text", "analyzer": "octavo_text"}}},
            "media_type": keyword,
            "owner": keyword,
            "created_at": date,
            "updated_at": date,
            "file_name": {"type": "keyword", "index": false, "doc_values": false},
            "file_words": {"type": "text", "analyzer": "octavo_text"},
            "size": {"type": "long", "index": false},
            "lead": lead("octavo_text"),
            "language": keyword
        }
    });
    for language in FOREIGN {
        let analyzer = analyzer(language);
        let fields = &mut mappings["properties"];
        // A text is in one of these fields or in `text`, never in two: an index of texts twice as large would be the price.
        fields[text_field(Some(language))] = json!({"type": "text", "analyzer": analyzer, "index_options": "offsets"});
        fields[lead_field(Some(language))] = lead(&analyzer);
        if let Some(title) = title_field(Some(language)) {
            fields[title] = json!({"type": "text", "analyzer": analyzer});
        }
    }
    mappings
}
