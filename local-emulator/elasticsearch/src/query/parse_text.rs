//! Parsing of the full-text queries: match, match_phrase, multi_match and their kin.

use serde_json::Value;

use super::ast::{Fuzziness, Match, MultiMatch, MultiMatchType, Operator, Phrase, Query};
use super::parse::minimum;
use crate::body::{Body, single};
use crate::error::{Error, Result};

/// The most terms that a fuzzy term or a prefix becomes, unless the query says otherwise.
const EXPANSIONS: usize = 50;

/// The most that a query may ask for.
const EXPANSIONS_MAX: usize = 10_000;

impl Fuzziness {
    pub(super) fn auto() -> Self {
        Self { edits: None, low: 3, high: 6, prefix_length: 0, max_expansions: EXPANSIONS, transpositions: true }
    }
}

pub(super) fn parse_fuzziness(text: &str) -> Result<Fuzziness> {
    let bad = || Error::illegal(format!("Failed to parse fuzziness [{text}]: expected AUTO, AUTO:low,high, 0, 1 or 2"));
    let mut fuzziness = Fuzziness::auto();
    if text.eq_ignore_ascii_case("auto") {
        return Ok(fuzziness);
    }
    if let Some(bounds) = text.strip_prefix("AUTO:").or_else(|| text.strip_prefix("auto:")) {
        let (low, high) = bounds.split_once(',').ok_or_else(bad)?;
        fuzziness.low = low.parse().map_err(|_| bad())?;
        fuzziness.high = high.parse().map_err(|_| bad())?;
        return if fuzziness.low <= fuzziness.high { Ok(fuzziness) } else { Err(bad()) };
    }
    let edits: f64 = text.parse().map_err(|_| bad())?;
    fuzziness.edits = Some(match edits {
        0.0 => 0,
        1.0 => 1,
        2.0 => 2,
        _ => return Err(bad()),
    });
    Ok(fuzziness)
}

/// Reads `fuzziness`, `prefix_length`, `max_expansions` and `fuzzy_transpositions`/`transpositions`.
pub(super) fn fuzziness(body: &mut Body<'_>) -> Result<Option<Fuzziness>> {
    let fuzziness = body.scalar("fuzziness")?.map(|text| parse_fuzziness(&text)).transpose()?;
    let prefix_length = body.count("prefix_length")?.unwrap_or(0);
    let max_expansions = expansions(body)?;
    // How the expansions are scored; there is one way here.
    body.text("fuzzy_rewrite")?;
    let first = body.flag("fuzzy_transpositions")?;
    let transpositions = first.or(body.flag("transpositions")?).unwrap_or(true);
    Ok(fuzziness.map(|fuzziness| Fuzziness { prefix_length, max_expansions, transpositions, ..fuzziness }))
}

fn expansions(body: &mut Body<'_>) -> Result<usize> {
    let expansions = body.count("max_expansions")?.unwrap_or(EXPANSIONS);
    if expansions == 0 || expansions > EXPANSIONS_MAX {
        return Err(Error::illegal(format!(
            "[max_expansions] must be between 1 and {EXPANSIONS_MAX}, found [{expansions}]"
        )));
    }
    Ok(expansions)
}

fn operator(body: &mut Body<'_>, key: &'static str) -> Result<Operator> {
    match body.text(key)? {
        None => Ok(Operator::Or),
        Some(text) if text.eq_ignore_ascii_case("or") => Ok(Operator::Or),
        Some(text) if text.eq_ignore_ascii_case("and") => Ok(Operator::And),
        Some(other) => Err(Error::illegal(format!("No enum constant org.elasticsearch.index.query.Operator.{other}"))),
    }
}

fn zero_terms_all(body: &mut Body<'_>) -> Result<bool> {
    match body.text("zero_terms_query")? {
        None | Some("none") => Ok(false),
        Some("all") => Ok(true),
        Some(other) => Err(Error::parsing(format!("Unsupported zero_terms_query value [{other}]"))),
    }
}

fn plain(field: &str, text: String) -> Match {
    Match {
        field: field.to_owned(),
        text,
        operator: Operator::Or,
        fuzziness: None,
        minimum_should_match: None,
        analyzer: None,
        last_is_prefix: false,
        zero_terms_all: false,
        lenient: false,
        boost: 1.0,
    }
}

/// A plain match of `text`, for queries that are made of matches.
pub(super) fn simple_match(text: &str) -> Match {
    plain("", text.to_owned())
}

pub(super) fn match_query(value: &Value, name: &str, last_is_prefix: bool) -> Result<Query> {
    let (field, value) = single(value, name)?;
    let query = match value {
        Value::Object(_) => {
            let mut body = Body::new(value, name)?;
            let text = body.scalar("query")?.ok_or_else(|| Error::parsing("No text specified for text query"))?;
            let query = Match {
                operator: operator(&mut body, "operator")?,
                fuzziness: fuzziness(&mut body)?,
                minimum_should_match: minimum(&mut body)?,
                analyzer: body.text("analyzer")?.map(str::to_owned),
                zero_terms_all: zero_terms_all(&mut body)?,
                lenient: body.flag("lenient")?.unwrap_or(false),
                boost: body.boost()?,
                last_is_prefix,
                ..plain(field, text)
            };
            body.flag("auto_generate_synonyms_phrase_query")?;
            body.finish()?;
            query
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Match { last_is_prefix, ..plain(field, text) }
        }
        _ => return Err(Error::parsing(format!("[{name}] unknown token [{value}] after [{field}]"))),
    };
    Ok(Query::Match(query))
}

pub(super) fn phrase(value: &Value, name: &str) -> Result<Query> {
    let (field, value) = single(value, name)?;
    let prefix = name == "match_phrase_prefix";
    let mut query = Phrase {
        field: field.to_owned(),
        text: String::new(),
        slop: 0,
        analyzer: None,
        last_prefix_expansions: prefix.then_some(EXPANSIONS),
        lenient: false,
        boost: 1.0,
    };
    match value {
        Value::Object(_) => {
            let mut body = Body::new(value, name)?;
            query.text = body.scalar("query")?.ok_or_else(|| Error::parsing("No text specified for text query"))?;
            query.slop = slop(&mut body)?;
            query.analyzer = body.text("analyzer")?.map(str::to_owned);
            if prefix {
                query.last_prefix_expansions = Some(expansions(&mut body)?);
            }
            zero_terms_all(&mut body)?;
            query.boost = body.boost()?;
            body.finish()?;
        }
        Value::String(text) => query.text.clone_from(text),
        Value::Number(_) | Value::Bool(_) => query.text = value.to_string(),
        _ => return Err(Error::parsing(format!("[{name}] unknown token [{value}] after [{field}]"))),
    }
    Ok(Query::Phrase(query))
}

fn slop(body: &mut Body<'_>) -> Result<u32> {
    let slop = body.count("slop")?.unwrap_or(0);
    u32::try_from(slop).map_err(|_| Error::illegal("[slop] is too large"))
}

/// Reads `title^3`.
pub(super) fn field_boost(text: &str) -> Result<(String, f32)> {
    match text.split_once('^') {
        None => Ok((text.to_owned(), 1.0)),
        Some((field, boost)) => {
            let boost: f32 =
                boost.parse().ok().filter(|boost: &f32| boost.is_finite() && *boost >= 0.0).ok_or_else(|| {
                    Error::illegal(format!("[boost] of field [{text}] must be a number of 0 or more"))
                })?;
            Ok((field.to_owned(), boost))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
pub(super) fn multi_match(value: &Value) -> Result<Query> {
    let mut body = Body::new(value, "multi_match")?;
    let text = body.scalar("query")?.ok_or_else(|| Error::parsing("No text specified for multi_match query"))?;
    let fields =
        body.texts("fields")?.unwrap_or_default().iter().map(|field| field_boost(field)).collect::<Result<Vec<_>>>()?;
    let kind = match body.text("type")?.unwrap_or("best_fields") {
        "best_fields" => MultiMatchType::BestFields,
        "most_fields" => MultiMatchType::MostFields,
        "phrase" => MultiMatchType::Phrase,
        "phrase_prefix" => MultiMatchType::PhrasePrefix,
        "bool_prefix" => MultiMatchType::BoolPrefix,
        "cross_fields" => return Err(Error::unsupported("[multi_match] of type [cross_fields]")),
        other => {
            return Err(Error::parsing(format!("failed to parse [multi_match] query type [{other}]. unknown type.")));
        }
    };
    let each = Match {
        operator: operator(&mut body, "operator")?,
        fuzziness: fuzziness(&mut body)?,
        minimum_should_match: minimum(&mut body)?,
        analyzer: body.text("analyzer")?.map(str::to_owned),
        zero_terms_all: zero_terms_all(&mut body)?,
        lenient: body.flag("lenient")?.unwrap_or(false),
        last_is_prefix: kind == MultiMatchType::BoolPrefix,
        ..plain("", text)
    };
    if kind == MultiMatchType::BoolPrefix {
        for key in ["slop", "cutoff_frequency"] {
            if value.get(key).is_some() {
                return Err(Error::illegal(format!("[{key}] not allowed for type [bool_prefix]")));
            }
        }
    }
    if each.fuzziness.is_some() && matches!(kind, MultiMatchType::Phrase | MultiMatchType::PhrasePrefix) {
        return Err(Error::parsing("Fuzziness not allowed for type [phrase]"));
    }
    let query = MultiMatch {
        fields,
        kind,
        each,
        slop: slop(&mut body)?,
        tie_breaker: body.float("tie_breaker")?.map(|tie_breaker| tie_breaker as f32),
        boost: body.boost()?,
    };
    body.flag("auto_generate_synonyms_phrase_query")?;
    body.finish()?;
    Ok(Query::MultiMatch(query))
}
