//! Suggesters: `term` (words near a misspelt one) and `completion` (inputs that begin so).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet as _, TERMINATED, Term};

use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::{View, completion_prefix, fetch, parse_completion};
use crate::mapping::Kind;
use crate::query::distance_within;

/// The most options of one suggestion.
const SIZE_MAX: usize = 1_000;

#[derive(Debug, Clone)]
pub(crate) struct Suggester {
    text: String,
    field: String,
    size: usize,
    kind: SuggesterKind,
}

#[derive(Debug, Clone)]
enum SuggesterKind {
    Term {
        mode: Mode,
        edits: u8,
        prefix_length: usize,
        min_word_length: usize,
        by_frequency: bool,
        analyzer: Option<String>,
    },
    Completion {
        edits: Option<u8>,
        auto: bool,
        prefix_length: usize,
        skip_duplicates: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Missing,
    Popular,
    Always,
}

impl Suggester {
    /// Parses the `suggest` section: suggesters by name, and `text` for all of them.
    pub(crate) fn parse_all(value: &Value) -> Result<Vec<(String, Self)>> {
        let object = value.as_object().ok_or_else(|| Error::parsing("[suggest] must be an object"))?;
        let shared = object.get("text").and_then(Value::as_str);
        object
            .iter()
            .filter(|(name, _)| *name != "text")
            .map(|(name, value)| Ok((name.clone(), Self::parse(value, shared)?)))
            .collect()
    }

    fn parse(value: &Value, shared: Option<&str>) -> Result<Self> {
        let mut body = Body::new(value, "suggest")?;
        let text = body.text("text")?.map(str::to_owned);
        let prefix = body.text("prefix")?.map(str::to_owned);
        if body.get("phrase").is_some() {
            return Err(Error::unsupported("the [phrase] suggester"));
        }
        let (term, completion) = (body.get("term"), body.get("completion"));
        body.finish()?;
        let text = prefix
            .or(text)
            .or_else(|| shared.map(str::to_owned))
            .ok_or_else(|| Error::illegal("The required text option is missing"))?;
        match (term, completion) {
            (Some(value), None) => Self::term(value, text),
            (None, Some(value)) => Self::completion(value, text),
            _ => Err(Error::parsing("suggestion must name one suggester: [term] or [completion]")),
        }
    }

    fn term(value: &Value, text: String) -> Result<Self> {
        let mut body = Body::new(value, "term")?;
        let field =
            body.text("field")?.ok_or_else(|| Error::illegal("the required field option is missing"))?.to_owned();
        let mode = match body.text("suggest_mode")?.unwrap_or("missing") {
            "missing" => Mode::Missing,
            "popular" => Mode::Popular,
            "always" => Mode::Always,
            other => return Err(Error::illegal(format!("Illegal suggest mode {other}"))),
        };
        let by_frequency = match body.text("sort")?.unwrap_or("score") {
            "score" => false,
            "frequency" => true,
            other => return Err(Error::illegal(format!("Illegal suggest sort {other}"))),
        };
        let edits = body.count("max_edits")?.unwrap_or(2);
        if !(1..=2).contains(&edits) {
            return Err(Error::illegal("maxEdits must be between 1 and 2"));
        }
        let size = body.count("size")?.unwrap_or(5).min(SIZE_MAX);
        let kind = SuggesterKind::Term {
            mode,
            edits: if edits == 1 { 1 } else { 2 },
            prefix_length: body.count("prefix_length")?.unwrap_or(1),
            min_word_length: body.count("min_word_length")?.unwrap_or(4),
            by_frequency,
            analyzer: body.text("analyzer")?.map(str::to_owned),
        };
        body.count("shard_size")?;
        body.finish()?;
        Ok(Self { text, field, size, kind })
    }

    fn completion(value: &Value, text: String) -> Result<Self> {
        let mut body = Body::new(value, "completion")?;
        let field =
            body.text("field")?.ok_or_else(|| Error::illegal("the required field option is missing"))?.to_owned();
        let size = body.count("size")?.unwrap_or(5).min(SIZE_MAX);
        let skip_duplicates = body.flag("skip_duplicates")?.unwrap_or(false);
        let (mut edits, mut auto, mut prefix_length) = (None, false, 0);
        if let Some(value) = body.get("fuzzy") {
            let mut fuzzy = Body::new(value, "fuzzy")?;
            match fuzzy.scalar("fuzziness")?.as_deref() {
                None | Some("AUTO" | "auto") => auto = true,
                Some("0") => edits = Some(0),
                Some("1") => edits = Some(1),
                Some("2") => edits = Some(2),
                Some(other) => return Err(Error::illegal(format!("Failed to parse fuzziness [{other}]"))),
            }
            prefix_length = fuzzy.count("prefix_length")?.unwrap_or(1);
            fuzzy.count("min_length")?;
            fuzzy.flag("transpositions")?;
            fuzzy.flag("unicode_aware")?;
            fuzzy.finish()?;
        }
        body.finish()?;
        Ok(Self { text, field, size, kind: SuggesterKind::Completion { edits, auto, prefix_length, skip_duplicates } })
    }
}

pub(super) fn run(suggesters: &[(String, Suggester)], views: &[View], typed_keys: bool) -> Result<Value> {
    let mut all = Map::new();
    for (name, suggester) in suggesters {
        let (kind, value) = match &suggester.kind {
            SuggesterKind::Term { .. } => ("term", terms(suggester, views)?),
            SuggesterKind::Completion { .. } => ("completion", completions(suggester, views)?),
        };
        all.insert(if typed_keys { format!("{kind}#{name}") } else { name.clone() }, value);
    }
    Ok(Value::Object(all))
}

fn missing(field: &str, view: &View) -> Error {
    Error::shard_argument(format!("no mapping found for field [{field}]")).with("index", view.name.as_str())
}

fn doc_freq(views: &[View], path: &str, term: &str) -> Result<u64> {
    let mut total = 0;
    for view in views {
        if let Some(field) = view.mapping.field(path).filter(|field| field.kind == Kind::Text) {
            total += view.searcher.doc_freq(&Term::from_field_text(view.schema.texts[field.slot], term))?;
        }
    }
    Ok(total)
}

fn terms(suggester: &Suggester, views: &[View]) -> Result<Value> {
    let SuggesterKind::Term { mode, edits, prefix_length, min_word_length, by_frequency, analyzer } = &suggester.kind
    else {
        return Ok(Value::Null);
    };
    let Some(view) = views.first() else { return Ok(json!([])) };
    let field = views
        .iter()
        .find_map(|view| view.mapping.field(&suggester.field))
        .ok_or_else(|| missing(&suggester.field, view))?;
    if field.kind != Kind::Text {
        return Err(Error::shard_argument(format!(
            "suggestions by term need a text field, and [{}] is not one",
            field.path
        )));
    }
    let analyzer = view.registry.analyzer(analyzer.as_ref().unwrap_or(&field.search_analyzer))?;
    let mut entries = Vec::new();
    for token in analyzer.analyze(&suggester.text) {
        let own = doc_freq(views, &suggester.field, &token.text)?;
        let skipped = token.text.chars().count() < *min_word_length || (*mode == Mode::Missing && own > 0);
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for view in views.iter().filter(|_| !skipped) {
            let Some(field) = view.mapping.field(&suggester.field).filter(|field| field.kind == Kind::Text) else {
                continue;
            };
            let slot = view.schema.texts[field.slot];
            let kept: String = token.text.chars().take(*prefix_length).collect();
            for segment in view.searcher.segment_readers() {
                let query = FuzzyTermQuery::new(Term::from_field_text(slot, &token.text), *edits, true);
                let inverted = segment.inverted_index(slot)?;
                let mut stream = inverted.terms().search(query.automaton()?).into_stream()?;
                while stream.advance() {
                    let term = String::from_utf8_lossy(stream.key()).into_owned();
                    if term != token.text && term.starts_with(&kept) {
                        *found.entry(term).or_default() += u64::from(stream.value().doc_freq);
                    }
                }
            }
        }
        let mut options: Vec<(String, u64, f64)> = found
            .into_iter()
            .filter(|(_, freq)| *mode != Mode::Popular || *freq > own)
            .filter_map(|(term, freq)| {
                let distance = f64::from(distance_within(&token.text, &term, *edits, true)?);
                #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
                let shorter = token.text.chars().count().min(term.chars().count()).max(1) as f64;
                Some((term, freq, 1.0 - distance / shorter))
            })
            .collect();
        options.sort_by(|a, b| {
            let (by_score, by_freq) = (b.2.total_cmp(&a.2), b.1.cmp(&a.1));
            (if *by_frequency { by_freq.then(by_score) } else { by_score.then(by_freq) }).then(a.0.cmp(&b.0))
        });
        options.truncate(suggester.size);
        entries.push(json!({
            "text": token.text,
            "offset": token.offset_from,
            "length": token.offset_to - token.offset_from,
            "options": options.iter().map(|(text, freq, score)| json!({ "text": text, "score": score, "freq": freq })).collect::<Vec<_>>(),
        }));
    }
    Ok(Value::Array(entries))
}

struct Candidate {
    input: String,
    score: f64,
    view: usize,
    address: DocAddress,
}

fn completions(suggester: &Suggester, views: &[View]) -> Result<Value> {
    let SuggesterKind::Completion { edits, auto, prefix_length, skip_duplicates } = &suggester.kind else {
        return Ok(Value::Null);
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    for (view_ord, view) in views.iter().enumerate() {
        let field = view.mapping.field(&suggester.field).ok_or_else(|| missing(&suggester.field, view))?;
        if field.kind != Kind::Completion {
            return Err(Error::shard_argument(format!("Field [{}] is not a completion suggest field", field.path))
                .with("index", view.name.as_str()));
        }
        let analyzer = view.registry.analyzer(&field.search_analyzer)?;
        let words: Vec<String> = analyzer.analyze(&suggester.text).into_iter().map(|token| token.text).collect();
        let wanted = words.join(" ");
        let length = wanted.chars().count();
        let allowed = match (edits, auto) {
            (Some(edits), _) => *edits,
            (None, true) if length >= 6 => 2,
            (None, true) if length >= 3 => 1,
            _ => 0,
        };
        let kept: String = wanted.chars().take(if allowed == 0 { length } else { *prefix_length }).collect();
        let start = completion_prefix(field.id, &kept);
        for (segment_ord, segment) in (0..).zip(view.searcher.segment_readers()) {
            let inverted = segment.inverted_index(view.schema.completions)?;
            let mut stream = inverted.terms().range().ge(start.as_bytes()).into_stream()?;
            while stream.advance() && stream.key().starts_with(start.as_bytes()) {
                let term = String::from_utf8_lossy(stream.key()).into_owned();
                let Some((normalized, weight, input)) = parse_completion(&term) else { continue };
                let Some(distance) = prefix_distance(&wanted, normalized, allowed) else { continue };
                // Exact prefixes come before corrected ones whatever the weight, as the real scores do.
                let matched = f64::from(u32::try_from(length).unwrap_or(u32::MAX).saturating_sub(u32::from(distance)));
                let score = if allowed == 0 { f64::from(weight) } else { f64::from(weight) * matched.max(1.0) };
                let mut postings = inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
                while postings.doc() != TERMINATED {
                    if !segment.is_deleted(postings.doc()) {
                        let address = DocAddress::new(segment_ord, postings.doc());
                        candidates.push(Candidate { input: input.to_owned(), score, view: view_ord, address });
                    }
                    postings.advance();
                }
            }
        }
    }
    candidates.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| a.input.cmp(&b.input)).then(a.address.cmp(&b.address))
    });
    let mut seen = std::collections::BTreeSet::new();
    let mut options = Vec::new();
    for candidate in candidates {
        if options.len() == suggester.size {
            break;
        }
        let fresh = seen.insert(if *skip_duplicates {
            (candidate.input.clone(), 0, 0, 0)
        } else {
            // One document is suggested once, by its best input.
            (String::new(), candidate.view, candidate.address.segment_ord, candidate.address.doc_id)
        });
        if !fresh {
            continue;
        }
        let view = &views[candidate.view];
        let (id, source) = fetch(&view.searcher, &view.schema, candidate.address)?;
        let source: Value = serde_json::from_slice(&source).map_err(std::io::Error::from)?;
        options.push(json!({
            "text": candidate.input, "_index": view.name, "_id": id, "_score": candidate.score, "_source": source,
        }));
    }
    Ok(json!([{ "text": suggester.text, "offset": 0, "length": suggester.text.chars().count(), "options": options }]))
}

/// The fewest edits that turn `wanted` into some prefix of `text`; `None` beyond `max`.
fn prefix_distance(wanted: &str, text: &str, max: u8) -> Option<u8> {
    if max == 0 {
        return text.starts_with(wanted).then_some(0);
    }
    let length = wanted.chars().count();
    let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let reach = usize::from(max);
    (length.saturating_sub(reach)..=length + reach)
        .filter_map(|chars| borders.get(chars))
        .filter_map(|&end| distance_within(wanted, &text[..end], max, true))
        .min()
}

#[cfg(test)]
mod tests {
    use super::prefix_distance;

    #[test]
    fn a_misspelt_beginning_is_near_its_completion() {
        assert_eq!(prefix_distance("serach", "search engine", 2), Some(1));
        assert_eq!(prefix_distance("sea", "search", 0), Some(0));
        assert_eq!(prefix_distance("xyz", "search", 1), None);
    }
}
