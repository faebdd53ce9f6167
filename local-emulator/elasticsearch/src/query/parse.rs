//! Parsing of compound and term-level queries.

use serde_json::Value;

use super::ast::{Bool, Fuzziness, Minimum, Query, Range};
use super::{functions, more_like_this, parse_text, simple_query_string};
use crate::body::{Body, single};
use crate::error::{Error, Result};
use crate::mapping::date;

/// The deepest nesting of queries (`indices.query.bool.max_nested_depth`).
const DEPTH_MAX: usize = 30;

/// The most values of one `terms` query (`index.max_terms_count`).
const TERMS_MAX: usize = 65_536;

/// Parses one query, such as the value of `query`.
///
/// # Errors
/// `parsing_exception`, naming the query or the key that is not known.
pub(crate) fn parse(value: &Value) -> Result<Query> {
    parse_at(value, 0)
}

pub(super) fn parse_at(value: &Value, depth: usize) -> Result<Query> {
    if depth > DEPTH_MAX {
        return Err(Error::illegal(format!(
            "The nested depth of the query exceeds the maximum nested depth for queries set in [indices.query.bool.max_nested_depth] ({DEPTH_MAX})"
        )));
    }
    let object =
        value.as_object().ok_or_else(|| Error::parsing("[_na] query malformed, must start with start_object"))?;
    let mut entries = object.iter();
    let Some((name, body)) = entries.next() else {
        return Err(Error::illegal("query malformed, empty clause found"));
    };
    if entries.next().is_some() {
        return Err(Error::parsing(format!("[{name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]")));
    }
    match name.as_str() {
        "match_all" => {
            let mut body = Body::new(body, "match_all")?;
            let boost = body.boost()?;
            body.finish()?;
            Ok(Query::MatchAll { boost })
        }
        "match_none" => {
            let mut body = Body::new(body, "match_none")?;
            body.boost()?;
            body.finish()?;
            Ok(Query::MatchNone)
        }
        "bool" => bool_query(body, depth),
        "match" => parse_text::match_query(body, "match", false),
        "match_bool_prefix" => parse_text::match_query(body, "match_bool_prefix", true),
        "match_phrase" => parse_text::phrase(body, "match_phrase"),
        "match_phrase_prefix" => parse_text::phrase(body, "match_phrase_prefix"),
        "multi_match" => parse_text::multi_match(body),
        "simple_query_string" => simple_query_string::parse(body),
        "term" => term(body),
        "terms" => terms(body),
        "range" => range(body),
        "prefix" | "wildcard" => pattern(name, body),
        "fuzzy" => fuzzy(body),
        "exists" => {
            let mut body = Body::new(body, "exists")?;
            let field = body
                .text("field")?
                .ok_or_else(|| Error::illegal("[exists] must be provided with a [field]"))?
                .to_owned();
            let boost = body.boost()?;
            body.finish()?;
            Ok(Query::Exists { field, boost })
        }
        "ids" => {
            let mut body = Body::new(body, "ids")?;
            let values = body.texts("values")?.unwrap_or_default();
            let boost = body.boost()?;
            body.finish()?;
            Ok(Query::Ids { values, boost })
        }
        "constant_score" => {
            let mut body = Body::new(body, "constant_score")?;
            let filter =
                body.get("filter").ok_or_else(|| Error::parsing("[constant_score] requires a 'filter' element"))?;
            let filter = Box::new(parse_at(filter, depth + 1)?);
            let boost = body.boost()?;
            body.finish()?;
            Ok(Query::ConstantScore { filter, boost })
        }
        "dis_max" => dis_max(body, depth),
        "boosting" => boosting(body, depth),
        "function_score" => functions::parse(body, depth),
        "more_like_this" => more_like_this::parse(body),
        other => Err(Error::parsing(format!("unknown query [{other}]")).caused_by(Error::new(
            400,
            "named_object_not_found_exception",
            format!("unknown field [{other}]: the query is unknown, or not supported by this embedded engine"),
        ))),
    }
}

fn clauses(value: Option<&Value>, depth: usize) -> Result<Vec<Query>> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(|value| parse_at(value, depth + 1)).collect(),
        Some(value) => Ok(vec![parse_at(value, depth + 1)?]),
    }
}

fn bool_query(value: &Value, depth: usize) -> Result<Query> {
    let mut body = Body::new(value, "bool")?;
    let query = Bool {
        must: clauses(body.get("must"), depth)?,
        should: clauses(body.get("should"), depth)?,
        filter: clauses(body.get("filter"), depth)?,
        must_not: clauses(body.get("must_not"), depth)?,
        minimum_should_match: minimum(&mut body)?,
        boost: body.boost()?,
    };
    body.finish()?;
    Ok(Query::Bool(Box::new(query)))
}

pub(super) fn minimum(body: &mut Body<'_>) -> Result<Option<Minimum>> {
    let Some(text) = body.scalar("minimum_should_match")? else { return Ok(None) };
    let well_formed = text.split_whitespace().all(|part| {
        let spec = part.rsplit('<').next().unwrap_or(part);
        spec.strip_suffix('%').unwrap_or(spec).parse::<i32>().is_ok()
            && part.split_once('<').is_none_or(|(bound, _)| bound.parse::<i32>().is_ok())
    });
    if text.trim().is_empty() || !well_formed {
        return Err(Error::new(400, "number_format_exception", format!("For input string: \"{text}\"")));
    }
    Ok(Some(Minimum(text)))
}

fn term(value: &Value) -> Result<Query> {
    let (field, value) = single(value, "term")?;
    let field = field.to_owned();
    match value {
        Value::Object(_) => {
            let mut body = Body::new(value, "term")?;
            let value = body.get("value").ok_or_else(|| Error::illegal("value cannot be null"))?.clone();
            let case_insensitive = body.flag("case_insensitive")?.unwrap_or(false);
            let boost = body.boost()?;
            body.finish()?;
            if value.is_array() || value.is_object() {
                return Err(Error::parsing("[term] query does not support array of values"));
            }
            Ok(Query::Term { field, value, case_insensitive, boost })
        }
        Value::Array(_) => Err(Error::parsing("[term] query does not support array of values")),
        Value::Null => Err(Error::illegal("value cannot be null")),
        value => Ok(Query::Term { field, value: value.clone(), case_insensitive: false, boost: 1.0 }),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
fn terms(value: &Value) -> Result<Query> {
    let object =
        value.as_object().ok_or_else(|| Error::parsing("[terms] query malformed, no start_object after query name"))?;
    let mut boost = 1.0;
    let mut found = None;
    for (key, value) in object {
        match value {
            Value::Array(values) if found.is_none() => found = Some((key.clone(), values.clone())),
            Value::Array(_) => return Err(Error::parsing("[terms] query does not support multiple fields")),
            Value::Number(number) if key == "boost" => boost = number.as_f64().unwrap_or(1.0) as f32,
            Value::Object(_) => return Err(Error::unsupported("[terms] lookup")),
            _ => return Err(Error::parsing(format!("[terms] query does not support [{key}]"))),
        }
    }
    let (field, values) = found.ok_or_else(|| {
        Error::parsing(
            "[terms] query requires a field name, followed by array of terms or a document lookup specification",
        )
    })?;
    if values.len() > TERMS_MAX {
        return Err(Error::illegal(format!(
            "The number of terms [{}] used in the Terms Query request has exceeded the allowed maximum of [{TERMS_MAX}].",
            values.len()
        )));
    }
    if let Some(bad) = values.iter().find(|value| value.is_array() || value.is_object() || value.is_null()) {
        return Err(Error::parsing(format!("[terms] query on [{field}] does not support the value [{bad}]")));
    }
    Ok(Query::Terms { field, values, boost })
}

fn range(value: &Value) -> Result<Query> {
    let (field, value) = single(value, "range")?;
    let mut body = Body::new(value, "range")?;
    let offset_ms = body.text("time_zone")?.map_or(Ok(0), date::parse_zone)?;
    let format = body.text("format")?.map(str::to_owned);
    if let Some(format) = &format {
        date::check_format(format)?;
    }
    if let Some(relation) = body.text("relation")?
        && !["INTERSECTS", "intersects"].contains(&relation)
    {
        return Err(Error::unsupported(&format!("[range] relation [{relation}]")));
    }
    let query = Range {
        field: field.to_owned(),
        gt: body.get("gt").cloned(),
        gte: body.get("gte").cloned(),
        lt: body.get("lt").cloned(),
        lte: body.get("lte").cloned(),
        format,
        offset_ms,
        boost: body.boost()?,
    };
    body.finish()?;
    Ok(Query::Range(query))
}

fn pattern(name: &str, value: &Value) -> Result<Query> {
    let (field, value) = single(value, name)?;
    let field = field.to_owned();
    let (value, case_insensitive, boost) = match value {
        Value::Object(_) => {
            let mut body = Body::new(value, name)?;
            let text = match body.scalar("value")? {
                Some(text) => Some(text),
                None if name == "wildcard" => body.scalar("wildcard")?,
                None => None,
            };
            let text = text.ok_or_else(|| Error::illegal("value cannot be null"))?;
            let case_insensitive = body.flag("case_insensitive")?.unwrap_or(false);
            body.text("rewrite")?;
            let boost = body.boost()?;
            body.finish()?;
            (text, case_insensitive, boost)
        }
        Value::String(text) => (text.clone(), false, 1.0),
        _ => return Err(Error::parsing(format!("[{name}] query requires a string value for field [{field}]"))),
    };
    Ok(match name {
        "prefix" => Query::Prefix { field, value, case_insensitive, boost },
        _ => Query::Wildcard { field, value, case_insensitive, boost },
    })
}

fn fuzzy(value: &Value) -> Result<Query> {
    let (field, value) = single(value, "fuzzy")?;
    let field = field.to_owned();
    if let Value::String(text) = value {
        return Ok(Query::Fuzzy { field, value: text.clone(), fuzziness: Fuzziness::auto(), boost: 1.0 });
    }
    let mut body = Body::new(value, "fuzzy")?;
    let text = body.scalar("value")?.ok_or_else(|| Error::illegal("value cannot be null"))?;
    let fuzziness = parse_text::fuzziness(&mut body)?.unwrap_or_else(Fuzziness::auto);
    body.text("rewrite")?;
    let boost = body.boost()?;
    body.finish()?;
    Ok(Query::Fuzzy { field, value: text, fuzziness, boost })
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
fn dis_max(value: &Value, depth: usize) -> Result<Query> {
    let mut body = Body::new(value, "dis_max")?;
    let queries = clauses(body.get("queries"), depth)?;
    if queries.is_empty() {
        return Err(Error::parsing("[dis_max] requires 'queries' field with at least one clause"));
    }
    let tie_breaker = body.float("tie_breaker")?.unwrap_or(0.0) as f32;
    let boost = body.boost()?;
    body.finish()?;
    Ok(Query::DisMax { queries, tie_breaker, boost })
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
fn boosting(value: &Value, depth: usize) -> Result<Query> {
    let mut body = Body::new(value, "boosting")?;
    let positive =
        body.get("positive").ok_or_else(|| Error::parsing("[boosting] query requires 'positive' query to be set'"))?;
    let negative =
        body.get("negative").ok_or_else(|| Error::parsing("[boosting] query requires 'negative' query to be set'"))?;
    let negative_boost = body.float("negative_boost")?.filter(|boost| *boost >= 0.0).ok_or_else(|| {
        Error::parsing("[boosting] query requires 'negative_boost' to be set to be a positive value'")
    })?;
    let query = Query::Boosting {
        positive: Box::new(parse_at(positive, depth + 1)?),
        negative: Box::new(parse_at(negative, depth + 1)?),
        negative_boost: negative_boost as f32,
        boost: body.boost()?,
    };
    body.finish()?;
    Ok(query)
}
