//! `function_score` and `boosting`: scores computed from field values and filters.

use std::sync::Arc;

use serde_json::Value;
use tantivy::query::{EnableScoring, Query as Tantivy, Weight};
use tantivy::{BitSet, DocId, Score, SegmentReader};

use super::ast::{Combine, DecayShape, Function, FunctionKind, FunctionScore, Modifier, Query};
use super::compile::{Boxed, Compiler};
use super::parse::parse_at;
use super::scoring::{Rescore, Rescored, matching};
use crate::body::{Body, single};
use crate::columns::Values;
use crate::error::{Error, Result};
use crate::index::Settings;
use crate::mapping::{Kind, date};

fn combine(text: Option<&str>, key: &str, default: Combine) -> Result<Combine> {
    Ok(match text {
        None => default,
        Some("multiply") => Combine::Multiply,
        Some("sum") => Combine::Sum,
        Some("avg") => Combine::Average,
        Some("max") => Combine::Max,
        Some("min") => Combine::Min,
        Some("first") if key == "score_mode" => Combine::First,
        Some("replace") if key == "boost_mode" => Combine::Replace,
        Some(other) => return Err(Error::illegal(format!("illegal {key} for function_score query [{other}]"))),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
pub(super) fn parse(value: &Value, depth: usize) -> Result<Query> {
    let mut body = Body::new(value, "function_score")?;
    let query = body.get("query").map_or(Ok(Query::MatchAll { boost: 1.0 }), |query| parse_at(query, depth + 1))?;
    let score_mode = combine(body.text("score_mode")?, "score_mode", Combine::Multiply)?;
    let boost_mode = combine(body.text("boost_mode")?, "boost_mode", Combine::Multiply)?;
    let max_boost = body.float("max_boost")?.unwrap_or(f64::from(f32::MAX)) as f32;
    let boost = body.boost()?;
    let mut functions = Vec::new();
    if let Some(list) = body.get("functions") {
        let list = list.as_array().ok_or_else(|| Error::parsing("[functions] of [function_score] must be an array"))?;
        for value in list {
            let mut one = Body::new(value, "functions")?;
            let filter = one.get("filter").map(|filter| parse_at(filter, depth + 1)).transpose()?;
            functions.extend(function(&mut one, filter)?);
            one.finish()?;
        }
    }
    functions.extend(function(&mut body, None)?);
    body.finish()?;
    Ok(Query::FunctionScore(Box::new(FunctionScore { query, functions, score_mode, boost_mode, max_boost, boost })))
}

fn function(body: &mut Body<'_>, filter: Option<Query>) -> Result<Option<Function>> {
    let weight = body.float("weight")?;
    let mut kind = None;
    if let Some(value) = body.get("field_value_factor") {
        kind = Some(field_value(value)?);
    }
    for (key, shape) in [("gauss", DecayShape::Gauss), ("exp", DecayShape::Exp), ("linear", DecayShape::Linear)] {
        if let Some(value) = body.get(key) {
            kind = Some(decay(value, key, shape)?);
        }
    }
    if weight.is_some_and(|weight| weight < 0.0) {
        return Err(Error::illegal("[weight] cannot be negative for a filtering function"));
    }
    let (kind, weight) = match (kind, weight) {
        (None, None) => return Ok(None),
        (None, Some(weight)) => (FunctionKind::Weight, weight),
        (Some(kind), weight) => (kind, weight.unwrap_or(1.0)),
    };
    Ok(Some(Function { filter, weight, kind }))
}

fn field_value(value: &Value) -> Result<FunctionKind> {
    let mut body = Body::new(value, "field_value_factor")?;
    let field = body.text("field")?.ok_or_else(|| body.missing("field"))?.to_owned();
    let factor = body.float("factor")?.unwrap_or(1.0);
    let missing = body.float("missing")?;
    let modifier = match body.text("modifier")?.unwrap_or("none").to_lowercase().as_str() {
        "none" => Modifier::None,
        "log" => Modifier::Log,
        "log1p" => Modifier::Log1p,
        "log2p" => Modifier::Log2p,
        "ln" => Modifier::Ln,
        "ln1p" => Modifier::Ln1p,
        "ln2p" => Modifier::Ln2p,
        "square" => Modifier::Square,
        "sqrt" => Modifier::Sqrt,
        "reciprocal" => Modifier::Reciprocal,
        other => return Err(Error::illegal(format!("unknown modifier [{other}] of [field_value_factor]"))),
    };
    body.finish()?;
    Ok(FunctionKind::FieldValue { field, factor, modifier, missing })
}

fn decay(value: &Value, name: &str, shape: DecayShape) -> Result<FunctionKind> {
    let (field, value) = single(value, name)?;
    let mut body = Body::new(value, name)?;
    let scale = body.get("scale").ok_or_else(|| body.missing("scale"))?.clone();
    let kind = FunctionKind::Decay {
        field: field.to_owned(),
        shape,
        origin: body.get("origin").cloned(),
        scale,
        offset: body.get("offset").cloned(),
        decay: body.float("decay")?.unwrap_or(0.5),
    };
    body.finish()?;
    Ok(kind)
}

/// A function, its field resolved and its numbers read.
#[derive(Clone)]
enum Resolved {
    Constant,
    FieldValue { field_id: u32, factor: f64, modifier: Modifier, missing: Option<f64> },
    Decay { field_id: u32, shape: DecayShape, origin: f64, scale: f64, offset: f64, decay: f64 },
}

#[derive(Clone)]
struct Ready {
    filter: Option<Arc<dyn Tantivy>>,
    weight: f64,
    kind: Resolved,
}

#[derive(Clone, Copy)]
struct Modes {
    score: Combine,
    boost: Combine,
    max_boost: f64,
}

fn rescored(inner: Boxed, functions: Vec<Ready>, modes: Modes) -> Boxed {
    let make = move |scoring: EnableScoring<'_>| {
        let mut weights = Vec::with_capacity(functions.len());
        for function in &functions {
            let filter = function.filter.as_ref().map(|filter| filter.weight(scoring)).transpose()?;
            weights.push((filter, function.weight, function.kind.clone()));
        }
        Ok(Arc::new(Functions { functions: weights, modes }) as Arc<dyn Rescore>)
    };
    Box::new(Rescored { inner: inner.into(), make: Arc::new(make) })
}

/// `boosting`: documents that `negative` matches keep a part of their score.
pub(super) fn demote(positive: Boxed, negative: Boxed, negative_boost: f32) -> Boxed {
    let function = Ready { filter: Some(negative.into()), weight: f64::from(negative_boost), kind: Resolved::Constant };
    rescored(positive, vec![function], Modes { score: Combine::First, boost: Combine::Multiply, max_boost: f64::MAX })
}

pub(super) fn compile(compiler: &Compiler<'_>, query: &FunctionScore) -> Result<Boxed> {
    let inner = compiler.query(&query.query)?;
    let mut functions = Vec::new();
    for function in &query.functions {
        let filter = function.filter.as_ref().map(|filter| compiler.query(filter)).transpose()?.map(Arc::from);
        functions.push(Ready { filter, weight: function.weight, kind: resolve(compiler, &function.kind)? });
    }
    let modes = Modes { score: query.score_mode, boost: query.boost_mode, max_boost: f64::from(query.max_boost) };
    Ok(rescored(inner, functions, modes))
}

fn resolve(compiler: &Compiler<'_>, kind: &FunctionKind) -> Result<Resolved> {
    let (name, path) = match kind {
        FunctionKind::Weight => return Ok(Resolved::Constant),
        FunctionKind::FieldValue { field, .. } => ("field_value_factor", field),
        FunctionKind::Decay { field, .. } => ("decay function", field),
    };
    let field =
        compiler.view.mapping.field(path).filter(|field| field.doc_values && field.kind != Kind::Keyword).ok_or_else(
            || {
                Error::shard(
                    format!("Unable to find a numeric or date field mapper for field [{path}] of [{name}]"),
                    &compiler.view.name,
                )
            },
        )?;
    Ok(match kind {
        FunctionKind::Decay { shape, origin, scale, offset, decay, .. } => {
            let bad = |key: &str, value: &Value| {
                Error::parsing(format!("[{key}] of a decay function on [{path}] cannot be [{value}]"))
            };
            let dated = matches!(field.kind, Kind::Date { .. });
            let span = |key: &str, value: &Value| match value {
                Value::String(text) if dated => duration_ms(text).ok_or_else(|| bad(key, value)),
                value => value.as_f64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| bad(key, value)),
            };
            #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
            let origin = match (origin, &field.kind) {
                (None, Kind::Date { .. }) => compiler.now_ms as f64,
                (Some(value), Kind::Date { format }) => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    date::parse_math(&text, format, compiler.now_ms, date::Fill::Down, 0)? as f64
                }
                (Some(value), _) => span("origin", value)?,
                (None, _) => {
                    return Err(Error::parsing("[origin] is required for a decay function on a numeric field"));
                }
            };
            let scale = span("scale", scale)?;
            if scale <= 0.0 || *decay <= 0.0 || *decay >= 1.0 {
                return Err(Error::illegal(format!(
                    "[scale] must be > 0.0 and [decay] between 0 and 1 for field [{path}]"
                )));
            }
            let offset = offset.as_ref().map_or(Ok(0.0), |offset| span("offset", offset))?;
            Resolved::Decay { field_id: field.id, shape: *shape, origin, scale, offset, decay: *decay }
        }
        FunctionKind::FieldValue { factor, modifier, missing, .. } => {
            Resolved::FieldValue { field_id: field.id, factor: *factor, modifier: *modifier, missing: *missing }
        }
        FunctionKind::Weight => Resolved::Constant,
    })
}

fn duration_ms(text: &str) -> Option<f64> {
    Settings::duration_of(text).map(|duration| duration.as_secs_f64() * 1_000.0)
}

/// A function's filter, weight and kind.
type Weighted = (Option<Box<dyn Weight>>, f64, Resolved);

struct Functions {
    functions: Vec<Weighted>,
    modes: Modes,
}

struct SegmentFunction {
    filter: Option<BitSet>,
    weight: f64,
    values: Values,
    kind: Resolved,
}

impl Rescore for Functions {
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
    fn for_segment(&self, segment: &SegmentReader) -> tantivy::Result<Box<dyn Fn(DocId, Score) -> Score + Send>> {
        let mut functions = Vec::new();
        for (filter, weight, kind) in &self.functions {
            let filter = filter.as_ref().map(|filter| matching(filter.as_ref(), segment)).transpose()?;
            let values = match kind {
                Resolved::Constant => Values::None,
                Resolved::FieldValue { field_id, .. } | Resolved::Decay { field_id, .. } => {
                    Values::open(segment, *field_id)
                        .map_err(|error| tantivy::TantivyError::InternalError(error.to_string()))?
                }
            };
            functions.push(SegmentFunction { filter, weight: *weight, values, kind: kind.clone() });
        }
        let modes = self.modes;
        Ok(Box::new(move |doc, score| {
            let scores = functions
                .iter()
                .filter(|function| function.filter.as_ref().is_none_or(|filter| filter.contains(doc)))
                .map(|function| (function.value(doc) * function.weight, function.weight));
            let factor = fold(scores, modes.score).unwrap_or(1.0).min(modes.max_boost);
            let score = f64::from(score);
            (match modes.boost {
                Combine::Multiply | Combine::First => score * factor,
                Combine::Replace => factor,
                Combine::Sum => score + factor,
                Combine::Average => f64::midpoint(score, factor),
                Combine::Max => score.max(factor),
                Combine::Min => score.min(factor),
            }) as f32
        }))
    }
}

fn fold(mut scores: impl Iterator<Item = (f64, f64)>, mode: Combine) -> Option<f64> {
    let (first, weight) = scores.next()?;
    Some(match mode {
        Combine::First | Combine::Replace => first,
        Combine::Multiply => scores.fold(first, |product, (score, _)| product * score),
        Combine::Sum => scores.fold(first, |sum, (score, _)| sum + score),
        Combine::Max => scores.fold(first, |most, (score, _)| most.max(score)),
        Combine::Min => scores.fold(first, |least, (score, _)| least.min(score)),
        Combine::Average => {
            let (sum, weights) =
                scores.fold((first, weight), |(sum, weights), (score, weight)| (sum + score, weights + weight));
            if weights > 0.0 { sum / weights } else { 0.0 }
        }
    })
}

impl SegmentFunction {
    fn first(&self, doc: DocId) -> Option<f64> {
        let mut first = None;
        self.values.numbers(doc, |number| {
            first.get_or_insert(number.as_f64());
        });
        first
    }

    fn value(&self, doc: DocId) -> f64 {
        match &self.kind {
            Resolved::Constant => 1.0,
            Resolved::FieldValue { factor, modifier, missing, .. } => {
                let value = self.first(doc).or(*missing).unwrap_or(1.0) * factor;
                match modifier {
                    Modifier::None => value,
                    Modifier::Log => value.log10(),
                    Modifier::Log1p => (value + 1.0).log10(),
                    Modifier::Log2p => (value + 2.0).log10(),
                    Modifier::Ln => value.ln(),
                    Modifier::Ln1p => value.ln_1p(),
                    Modifier::Ln2p => (value + 2.0).ln(),
                    Modifier::Square => value * value,
                    Modifier::Sqrt => value.sqrt(),
                    Modifier::Reciprocal => 1.0 / value,
                }
                .max(0.0)
            }
            Resolved::Decay { shape, origin, scale, offset, decay, .. } => {
                let Some(value) = self.first(doc) else { return 1.0 };
                let distance = ((value - origin).abs() - offset).max(0.0);
                match shape {
                    DecayShape::Gauss => (decay.ln() * distance * distance / (scale * scale)).exp(),
                    DecayShape::Exp => (decay.ln() / scale * distance).exp(),
                    DecayShape::Linear => {
                        let reach = scale / (1.0 - decay);
                        ((reach - distance) / reach).max(0.0)
                    }
                }
            }
        }
    }
}
