//! A search's words and filters as query clauses.

use crate::Ranking;
use crate::schema::{lead_field, text_field, title_field};
use crate::scope::{BoolQuery, within};
use octavo_domain_search::{ALTERNATIVES_MAX, Alternative, DateRange, Filters, Language, Scope, SearchQuery};
use serde_json::{Map, Value, json};

/// Where each word is looked for, and how much a find there counts beside one in the text. A word in a title, tag or file
/// name is rare among titles, tags and file names, so that by itself it counts for too much. Weights were chosen by `cargo
/// xtask relevance`; what each feature earns stands in BENCHMARKS.md.
const FIELDS: [(&str, f64); 15] = [
    ("title", 0.3),
    ("text", 1.0),
    ("title_de", 0.3),
    ("text_de", 1.0),
    ("title_es", 0.3),
    ("text_es", 1.0),
    ("title_fr", 0.3),
    ("text_fr", 1.0),
    ("headings", 0.5),
    ("tags.words", 1.0),
    ("file_words", 0.7),
    ("lead", 1.0),
    ("lead_de", 1.0),
    ("lead_es", 1.0),
    ("lead_fr", 1.0),
];
/// Where mistyped words are looked for, too: with their endings, since an error in an ending leaves another stem.
const SPELT: [&str; 5] = ["title.words", "lead.words", "lead_de.words", "lead_es.words", "lead_fr.words"];
/// What a word counts that is found in several fields: in the best one, and so much of it in each other.
const OTHER_FIELDS_WEIGHT: f64 = 0.3;
/// What is in another language than the query counts so much: a word that is common in one language is rare in another, and
/// by its rarity there a text in the wrong one would come first.
const OTHER_LANGUAGE_WEIGHT: f64 = 0.2;
/// Of [`FIELDS`], those that every document has something in: its title and its text, by language.
const TITLES_AND_TEXTS: usize = 8;
/// Where words that stand together are looked for.
const TITLES: [&str; 4] = ["title", "title_de", "title_es", "title_fr"];
const TEXTS: [&str; 4] = ["text", "text_de", "text_es", "text_fr"];
const LEADS: [&str; 4] = ["lead", "lead_de", "lead_es", "lead_fr"];
/// Up to two words must all be there, of more three quarters (rounded down).
const WORDS_THAT_MUST_MATCH: &str = "2<75%";
/// A title that says most of the words counts so much of what they count in titles.
const WHOLE_TITLE_WEIGHT: f64 = 2.0;
/// What the words count where they all stand together, in a title and in a text.
const TITLE_PHRASE_WEIGHT: f64 = 2.0;
const TEXT_PHRASE_WEIGHT: f64 = 0.3;
/// What two neighbours count where they stand together in a text.
const PAIR_WEIGHT: f64 = 0.3;
/// Words beyond this are not looked for as a phrase: nobody remembers so long a one, and it costs as if they did.
const PHRASE_WORDS_MAX: usize = 12;
/// Another way to say something counts so much: a little less than what was said.
const ALTERNATIVE_WEIGHT: f64 = 0.8;
/// What was changed today counts so much more than what was never changed: enough to decide between equals, not between a
/// good hit and a better one.
const RECENCY_WEIGHT: f64 = 0.05;
/// After so long it counts half of that more.
const RECENCY_HALF_LIFE: &str = "180d";

/// The whole query.
pub(crate) fn query(ranking: &Ranking, scope: &Scope, query: &SearchQuery, tolerant: bool) -> Value {
    let mut clauses = BoolQuery::default();
    if let Some(text) = &query.text {
        words(ranking, text, &query.alternatives, tolerant, &mut clauses);
    }
    filters(&query.filters, scope, &mut clauses);
    within(scope, clauses)
}

/// What hits must be, whatever their words are: the scope and the filters.
pub(crate) fn border(scope: &Scope, query: &SearchQuery) -> Value {
    let mut clauses = BoolQuery::default();
    filters(&query.filters, scope, &mut clauses);
    within(scope, clauses)
}

/// Each word may be found in any field: that all words are in one of them is too much to ask, since a title's words
/// need not be in the text. So each is a clause of its own, and the best field counts most.
fn words(ranking: &Ranking, text: &str, alternatives: &[Alternative], tolerant: bool, clauses: &mut BoolQuery) {
    let words = searchable_words(text);
    let mut fields = fields(ranking, text);
    if tolerant {
        fields.extend(SPELT.map(str::to_owned));
    }
    let each: Vec<Value> =
        words.iter().map(|word| said_otherwise(word, &fields, alternatives, text, tolerant)).collect();
    let found = json!({"bool": {"should": each, "minimum_should_match": WORDS_THAT_MUST_MATCH}});
    clauses.must.push(if ranking.recency { recent(&found) } else { found });
    if ranking.boosts {
        clauses.should.push(whole_title(text, tolerant));
    }
    if ranking.phrases && !tolerant {
        together(text, &words, clauses);
    }
}

/// A title that says most of what is looked for: one word of many in it says little.
fn whole_title(text: &str, tolerant: bool) -> Value {
    let mut clause = Map::new();
    clause.insert("query".to_owned(), json!(text));
    clause.insert("fields".to_owned(), json!(TITLES));
    clause.insert("type".to_owned(), json!("best_fields"));
    clause.insert("minimum_should_match".to_owned(), json!(WORDS_THAT_MUST_MATCH));
    clause.insert("boost".to_owned(), json!(WHOLE_TITLE_WEIGHT));
    if tolerant {
        clause.insert("fuzziness".to_owned(), json!("AUTO"));
    }
    json!({"multi_match": clause})
}

/// All words together, and each with its neighbour.
fn together(text: &str, words: &[&str], clauses: &mut BoolQuery) {
    if (2..=PHRASE_WORDS_MAX).contains(&words.len()) {
        clauses.should.push(phrase(text, &TITLES, 1, TITLE_PHRASE_WEIGHT));
        clauses.should.push(phrase(text, &TEXTS, 2, TEXT_PHRASE_WEIGHT));
    }
    // Of two words the one pair is the phrase.
    if words.len() > 2 {
        let pairs = words.windows(2).take(PHRASE_WORDS_MAX);
        clauses.should.extend(pairs.map(|pair| phrase(&pair.join(" "), &TEXTS, 1, PAIR_WEIGHT)));
    }
}

/// The fields that are asked for `text`, as the engine names them: with their weights.
fn fields(ranking: &Ranking, text: &str) -> Vec<String> {
    let language = if ranking.language { Language::guess(text) } else { None };
    let asked = FIELDS.iter().enumerate().filter(|(number, (name, _))| match *name {
        name if LEADS.contains(&name) => ranking.beginnings,
        _ => ranking.fields || *number < TITLES_AND_TEXTS,
    });
    let weighted = |(_, (name, weight)): (usize, &(&str, f64))| {
        let weight = if ranking.boosts { *weight } else { 1.0 };
        let own = language.is_none_or(|language| own(name, language));
        let weight = if own { weight } else { weight * OTHER_LANGUAGE_WEIGHT };
        if weight == 1.0 { (*name).to_owned() } else { format!("{name}^{weight:.3}") }
    };
    asked.map(weighted).collect()
}

/// Whether a field is not one of another language.
fn own(field: &str, language: Language) -> bool {
    let by_language = [&TITLES, &TEXTS, &LEADS].iter().any(|fields| fields.contains(&field));
    let language = Some(language);
    let title = title_field(language).unwrap_or("title");
    !by_language || [title, text_field(language), lead_field(language)].contains(&field)
}

fn word_clause(word: &str, fields: &[String], tolerant: bool) -> Value {
    let mut clause = Map::new();
    clause.insert("query".to_owned(), json!(word));
    clause.insert("fields".to_owned(), json!(fields));
    clause.insert("type".to_owned(), json!("best_fields"));
    // What one reads as a word may be several to the engine: `std::vec`.
    clause.insert("operator".to_owned(), json!("and"));
    clause.insert("tie_breaker".to_owned(), json!(OTHER_FIELDS_WEIGHT));
    if tolerant {
        clause.insert("fuzziness".to_owned(), json!("AUTO"));
    }
    json!({"multi_match": clause})
}

/// A word, or what may be said instead of it. Of several words that have an alternative together each may be replaced by
/// it: so whatever says it otherwise has said them all.
fn said_otherwise(word: &str, fields: &[String], alternatives: &[Alternative], text: &str, tolerant: bool) -> Value {
    let itself = word_clause(word, fields, tolerant);
    let lower = word.to_lowercase();
    let padded = format!(" {} ", text.to_lowercase());
    let mut ways = vec![itself];
    for alternative in alternatives.iter().take(ALTERNATIVES_MAX) {
        let of_this_word = alternative.of.split(' ').any(|part| part == lower);
        if of_this_word && padded.contains(&format!(" {} ", alternative.of)) {
            ways.push(alternative_clause(&alternative.is, fields));
        }
    }
    if ways.len() == 1 { ways.remove(0) } else { json!({"dis_max": {"queries": ways}}) }
}

/// A word, or several that must stand together: apart they would say something else.
fn alternative_clause(is: &str, fields: &[String]) -> Value {
    let mut clause = word_clause(is, fields, false);
    if is.contains(' ') {
        clause = json!({"multi_match": {"query": is, "fields": fields, "type": "phrase", "slop": 1}});
    }
    clause["multi_match"]["boost"] = json!(ALTERNATIVE_WEIGHT);
    clause
}

fn phrase(text: &str, fields: &[&str], slop: u32, boost: f64) -> Value {
    json!({"multi_match": {"query": text, "fields": fields, "type": "phrase", "slop": slop, "boost": boost}})
}

/// A little more for what was changed lately.
fn recent(query: &Value) -> Value {
    json!({"function_score": {
        "query": query,
        "functions": [
            {"weight": 1},
            {
                // The beginning of the day: between two pages of a listing the scores must not move.
                "exp": {"updated_at": {"origin": "now/d", "scale": RECENCY_HALF_LIFE, "decay": 0.5}},
                "weight": RECENCY_WEIGHT
            }
        ],
        "score_mode": "sum",
        "boost_mode": "multiply"
    }})
}

/// The words of a text, each once, without those that hold neither letter nor digit: they would be clauses that nothing
/// can match.
pub(crate) fn searchable_words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { vec![text] } else { words }
}

fn filters(filters: &Filters, scope: &Scope, clauses: &mut BoolQuery) {
    let mut any_of = |field: &str, values: Value| clauses.filter.push(json!({"terms": {field: values}}));
    if !filters.tags_any.is_empty() {
        any_of("tags", json!(filters.tags_any));
    }
    if !filters.media_types.is_empty() {
        any_of("media_type", json!(filters.media_types));
    }
    if !filters.owners.is_empty() {
        any_of("owner", json!(filters.owners));
    }
    clauses.filter.extend(filters.tags_all.iter().map(|tag| json!({"term": {"tags": tag}})));
    for (field, range) in [("created_at", filters.created), ("updated_at", filters.updated)] {
        if !range.is_open() {
            clauses.filter.push(json!({"range": {field: bounds(range)}}));
        }
    }
    if filters.shared_with_me {
        clauses.must_not.push(json!({"term": {"owner": scope.user}}));
    }
}

fn bounds(range: DateRange) -> Value {
    let mut bounds = Map::new();
    if let Some(from) = range.from {
        bounds.insert("gte".to_owned(), json!(from));
    }
    if let Some(to) = range.to {
        bounds.insert("lt".to_owned(), json!(to));
    }
    Value::Object(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::DocumentId;
    use octavo_domain_search::SearchRequest;
    use uuid::Uuid;

    fn scope() -> Scope {
        Scope {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            readers: vec!["group:legal".parse().unwrap(), "user:ada".parse().unwrap()],
            hidden: vec![DocumentId(Uuid::from_u128(7))],
        }
    }

    fn body(request: Value, tolerant: bool) -> Value {
        let request: SearchRequest = serde_json::from_value(request).unwrap();
        query(&Ranking::default(), &scope(), &request.validate().unwrap(), tolerant)
    }

    fn alternative(of: &str, is: &str) -> Alternative {
        Alternative { of: of.to_owned(), is: is.to_owned() }
    }

    #[test]
    fn what_is_said_otherwise_replaces_what_was_said() {
        let fields = ["text".to_owned()];
        let ways = |word: &str, alternatives: &[Alternative]| {
            said_otherwise(word, &fields, alternatives, "New York K8s", false)
        };
        let plain = word_clause("York", &fields, false);
        assert_eq!(ways("York", &[]), plain);
        // It is the words that it is of, and these stand in the text as they are said.
        assert_eq!(ways("York", &[alternative("k8s", "kubernetes"), alternative("york new", "nyc")]), plain);
        for word in ["New", "York"] {
            let either = ways(word, &[alternative("new york", "nyc")]);
            assert_eq!(either["dis_max"]["queries"][1]["multi_match"]["query"], "nyc");
        }
        let several = ways("K8s", &[alternative("k8s", "container orchestration")]);
        assert_eq!(several["dis_max"]["queries"][1]["multi_match"]["type"], "phrase");
        let many: Vec<Alternative> = (0..100).map(|n| alternative("k8s", &format!("w{n}"))).collect();
        assert_eq!(ways("K8s", &many)["dis_max"]["queries"].as_array().unwrap().len(), 1 + ALTERNATIVES_MAX);
    }

    #[test]
    fn another_language_counts_less_and_is_still_asked() {
        let weights = |text: &str| fields(&Ranking::default(), text);
        let german = weights("wie kündige ich den Vertrag");
        assert!(german.contains(&"text_de".to_owned()) && german.contains(&"text^0.200".to_owned()), "{german:?}");
        assert!(weights("2026").contains(&"text_fr".to_owned()));
    }

    #[test]
    fn what_is_switched_off_is_not_asked() {
        let request: SearchRequest = serde_json::from_value(json!({"text": "a b"})).unwrap();
        let query_of = |ranking: Ranking| query(&ranking, &scope(), &request.validate().unwrap(), false).to_string();
        let whole = query_of(Ranking::default());
        for (ranking, part) in [
            (Ranking { fields: false, ..Ranking::default() }, "tags.words"),
            (Ranking { boosts: false, ..Ranking::default() }, "title^0.300"),
            (Ranking { phrases: false, ..Ranking::default() }, "\"phrase\""),
            (Ranking { recency: false, ..Ranking::default() }, "function_score"),
            (Ranking { beginnings: false, ..Ranking::default() }, "lead"),
        ] {
            assert!(whole.contains(part) && !query_of(ranking).contains(part), "{part}");
        }
    }

    #[test]
    fn a_whole_query() {
        insta::assert_json_snapshot!(body(
            json!({
                "text": "borrow the borrow ::",
                "filters": {
                    "tags": {"any": ["a", "b"], "all": ["c"]}, "media_types": ["text/html"], "owners": ["bob"],
                    "created": {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}, "shared_with_me": true
                }
            }),
            false
        ));
    }

    #[test]
    fn the_border_is_there_whatever_is_asked() {
        for request in [json!({}), json!({"text": "x"}), json!({"filters": {"shared_with_me": true}})] {
            for tolerant in [false, true] {
                let body = body(request.clone(), tolerant);
                let filter = body["bool"]["filter"].as_array().unwrap();
                assert!(filter.contains(&json!({"term": {"tenant": "acme"}})), "{body}");
                assert!(filter.contains(&json!({"terms": {"readers": ["group:legal", "user:ada"]}})), "{body}");
                let hidden = json!({"terms": {"id": ["00000000-0000-0000-0000-000000000007"]}});
                assert!(body["bool"]["must_not"].as_array().unwrap().contains(&hidden), "{body}");
            }
        }
    }

    #[test]
    fn a_text_of_signs_alone_is_still_a_query() {
        assert_eq!(searchable_words("++ --"), ["++ --"]);
        assert_eq!(searchable_words("c++ :: vec vec"), ["c++", "vec"]);
    }
}
