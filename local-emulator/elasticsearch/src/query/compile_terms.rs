//! Compiling the term-level queries: term, terms, range, prefix, wildcard, fuzzy, exists.

use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;
use tantivy::Term;
use tantivy::query::{AllQuery, BooleanQuery, TermQuery, TermSetQuery};
use tantivy::schema::{Field as TantivyField, IndexRecordOption};

use super::ast::{Fuzziness, Query, Range};
use super::compile::{Boxed, Compiler, Matcher, boosted, constant, none};
use super::expand;
use super::scoring::{NumberRange, TermScan};
use crate::error::{Error, Result};
use crate::index::{keyword_term, number_text, present_term};
use crate::mapping::{Field, Kind, Number, date, parse_boolean, parse_number};
use crate::wildcard::Pattern;

impl Compiler<'_> {
    /// The text of a value's term in a field that is not full text.
    fn exact(&self, field: &Field, value: &Value) -> Result<Option<String>> {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(Some(match &field.kind {
            Kind::Keyword | Kind::Text | Kind::Completion => match &field.normalizer {
                Some(name) => self.view.registry.normalizer(name)?.normalize(&plain),
                None => plain,
            },
            Kind::Boolean => {
                number_text(Number::Integer(parse_boolean(value).map_err(|error| self.bad_value(&error))?.into()))
            }
            Kind::Date { .. } => return Ok(None),
            Kind::Vector { .. } => {
                let reason =
                    format!("Field [{}] of type [{}] doesn't support term queries", field.path, field.type_name);
                return Err(self.bad_value(&Error::illegal(reason)));
            }
            Kind::Integer { .. } => {
                // A query for 1.5 in an integer field is no error; it matches nothing.
                let number = plain.parse::<f64>().ok();
                let fraction = number.is_some_and(|number| number.fract() != 0.0);
                match parse_number(&field.kind, &field.type_name, value) {
                    Ok(_) if fraction => "none".to_owned(),
                    Ok(number) => number_text(number),
                    // Nor is one for a number that the field cannot hold.
                    Err(_) if number.is_some() => "none".to_owned(),
                    Err(error) => return Err(self.bad_value(&error)),
                }
            }
            Kind::Float => {
                number_text(parse_number(&field.kind, &field.type_name, value).map_err(|error| self.bad_value(&error))?)
            }
        }))
    }

    fn not_indexed(&self, field: &Field) -> Result<()> {
        if field.indexed {
            return Ok(());
        }
        let cause = Error::illegal(format!("Cannot search on field [{}] since it is not indexed.", field.path));
        Err(self.bad_value(&cause))
    }

    pub(super) fn term(&self, path: &str, value: &Value, case_insensitive: bool, boost: f32) -> Result<Boxed> {
        if path == "_id" {
            let id = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return Ok(constant(TermSetQuery::new([Term::from_field_text(self.view.schema.id, &id)]), boost));
        }
        if path == "_index" {
            return Ok(if value.as_str() == Some(&self.view.name) { constant(AllQuery, boost) } else { none() });
        }
        let Some(field) = self.view.mapping.field(path) else { return Ok(none()) };
        self.not_indexed(field)?;
        let Some(text) = self.exact(field, value)? else {
            return self.range(&Range {
                field: path.to_owned(),
                gt: None,
                gte: Some(value.clone()),
                lt: None,
                lte: Some(value.clone()),
                format: None,
                offset_ms: 0,
                boost,
            });
        };
        if case_insensitive {
            return Ok(self.scan(field, &text, boost, |text| {
                let wanted = text.to_lowercase();
                Arc::new(move |term: &str| term.to_lowercase() == wanted)
            }));
        }
        self.note(path, Matcher::Term(text.clone()));
        if field.kind == Kind::Text {
            return Ok(boosted(self.text_term(field, &text, self.docs(field)?, None), boost));
        }
        let term = Term::from_field_text(self.view.schema.keywords, &keyword_term(field.id, &text));
        let score = if matches!(field.kind, Kind::Keyword) {
            idf(self.docs(field)?, self.view.searcher.doc_freq(&term)?)
        } else {
            1.0
        };
        Ok(constant(TermQuery::new(term, IndexRecordOption::Basic), score * boost))
    }

    /// All terms of the field that a predicate, made from the query's text, accepts.
    fn scan(
        &self,
        field: &Field,
        text: &str,
        boost: f32,
        accept: impl FnOnce(&str) -> Arc<dyn Fn(&str) -> bool + Send + Sync>,
    ) -> Boxed {
        let (tantivy_field, prefix) = self.terms_of(field);
        constant(
            TermScan {
                field: tantivy_field,
                lower: Bound::Unbounded,
                upper: Bound::Unbounded,
                prefix,
                accept: Some(accept(text)),
            },
            boost,
        )
    }

    /// Where the field's terms are, and what they begin with there.
    fn terms_of(&self, field: &Field) -> (TantivyField, String) {
        if field.kind == Kind::Text {
            (self.slot(field), String::new())
        } else {
            (self.view.schema.keywords, keyword_term(field.id, ""))
        }
    }

    pub(super) fn terms(&self, path: &str, values: &[Value], boost: f32) -> Result<Boxed> {
        if path == "_id" {
            let values =
                values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
            return self.query(&Query::Ids { values, boost });
        }
        let Some(field) = self.view.mapping.field(path) else { return Ok(none()) };
        self.not_indexed(field)?;
        if path == "_index" || matches!(field.kind, Kind::Date { .. }) {
            let queries = values.iter().map(|value| self.term(path, value, false, 1.0)).collect::<Result<Vec<_>>>()?;
            return Ok(constant(BooleanQuery::union(queries), boost));
        }
        let mut terms = Vec::with_capacity(values.len());
        let (tantivy_field, prefix) = self.terms_of(field);
        for value in values {
            if let Some(text) = self.exact(field, value)? {
                terms.push(Term::from_field_text(tantivy_field, &format!("{prefix}{text}")));
                self.note(path, Matcher::Term(text));
            }
        }
        Ok(constant(TermSetQuery::new(terms), boost))
    }

    pub(super) fn prefix(&self, path: &str, text: &str, case_insensitive: bool, boost: f32) -> Result<Boxed> {
        let Some(field) = self.view.mapping.field(path) else { return Ok(none()) };
        self.textual(field, "prefix")?;
        if case_insensitive {
            return Ok(self.scan(field, text, boost, |text| {
                let wanted = text.to_lowercase();
                Arc::new(move |term: &str| term.to_lowercase().starts_with(&wanted))
            }));
        }
        let text = self.exact(field, &Value::from(text))?.unwrap_or_default();
        let (tantivy_field, prefix) = self.terms_of(field);
        self.note(path, Matcher::Prefix(text.clone()));
        let scan = TermScan {
            field: tantivy_field,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            prefix: format!("{prefix}{text}"),
            accept: None,
        };
        Ok(constant(scan, boost))
    }

    pub(super) fn wildcard(&self, path: &str, text: &str, case_insensitive: bool, boost: f32) -> Result<Boxed> {
        let Some(field) = self.view.mapping.field(path) else { return Ok(none()) };
        self.textual(field, "wildcard")?;
        let folded = if case_insensitive { text.to_lowercase() } else { text.to_owned() };
        let pattern = Pattern::parse(&folded);
        let (tantivy_field, prefix) = self.terms_of(field);
        let literal = if case_insensitive { String::new() } else { pattern.literal_prefix() };
        let cut = literal.clone();
        let accept = move |rest: &str| {
            let term = format!("{cut}{rest}");
            pattern.matches(&if case_insensitive { term.to_lowercase() } else { term })
        };
        let scan = TermScan {
            field: tantivy_field,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            prefix: format!("{prefix}{literal}"),
            accept: Some(Arc::new(accept)),
        };
        Ok(constant(scan, boost))
    }

    fn textual(&self, field: &Field, query: &str) -> Result<()> {
        if matches!(field.kind, Kind::Text | Kind::Keyword) {
            return self.not_indexed(field);
        }
        Err(Error::shard(
            format!(
                "Can only use {query} queries on keyword, text and wildcard fields - not on [{}] which is of type [{}]",
                field.path, field.type_name
            ),
            &self.view.name,
        ))
    }

    pub(super) fn fuzzy(&self, path: &str, text: &str, fuzziness: &Fuzziness) -> Result<Boxed> {
        let Some(field) = self.view.mapping.field(path) else { return Ok(none()) };
        self.textual(field, "fuzzy")?;
        let (tantivy_field, prefix) = self.terms_of(field);
        let found = expand::fuzzy(&self.view.searcher, tantivy_field, &prefix, text, fuzziness)?;
        if field.kind == Kind::Text {
            return self.expanded(field, text, &found);
        }
        let terms = found.iter().map(|expansion| {
            self.note(path, Matcher::Term(expansion.text.clone()));
            Term::from_field_text(tantivy_field, &format!("{prefix}{}", expansion.text))
        });
        Ok(constant(TermSetQuery::new(terms.collect::<Vec<_>>()), 1.0))
    }

    pub(super) fn exists(&self, path: &str, boost: f32) -> Boxed {
        let below = format!("{path}.");
        let terms: Vec<Term> = self
            .view
            .mapping
            .fields()
            .filter(|field| field.path == path || (self.view.mapping.is_object(path) && field.path.starts_with(&below)))
            .map(|field| Term::from_field_text(self.view.schema.present, &present_term(field.id)))
            .collect();
        constant(TermSetQuery::new(terms), boost)
    }

    pub(super) fn range(&self, range: &Range) -> Result<Boxed> {
        let Some(field) = self.view.mapping.field(&range.field) else { return Ok(none()) };
        self.not_indexed(field)?;
        match &field.kind {
            Kind::Text | Kind::Keyword | Kind::Completion => {
                let (tantivy_field, prefix) = self.terms_of(field);
                let bound = |inclusive: Option<&Value>, exclusive: Option<&Value>| -> Result<Bound<String>> {
                    Ok(match (inclusive, exclusive) {
                        (_, Some(value)) => {
                            Bound::Excluded(format!("{prefix}{}", self.exact(field, value)?.unwrap_or_default()))
                        }
                        (Some(value), None) => {
                            Bound::Included(format!("{prefix}{}", self.exact(field, value)?.unwrap_or_default()))
                        }
                        (None, None) => Bound::Unbounded,
                    })
                };
                let (lower, upper) =
                    (bound(range.gte.as_ref(), range.gt.as_ref())?, bound(range.lte.as_ref(), range.lt.as_ref())?);
                Ok(constant(TermScan { field: tantivy_field, lower, upper, prefix, accept: None }, range.boost))
            }
            kind => {
                if !field.doc_values {
                    return Err(Error::shard(
                        format!("range on field [{}] needs doc_values", field.path),
                        &self.view.name,
                    ));
                }
                let (lower, upper) = self.number_bounds(field, kind, range)?;
                Ok(constant(NumberRange { field_id: field.id, lower, upper }, range.boost))
            }
        }
    }

    fn number_bounds(&self, field: &Field, kind: &Kind, range: &Range) -> Result<(Number, Number)> {
        if let Kind::Date { format } = kind {
            let format = range.format.as_ref().unwrap_or(format);
            let at = |value: &Value, fill| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                date::parse_math(&text, format, self.now_ms, fill, range.offset_ms)
                    .map_err(|error| self.bad_value(&error))
            };
            // An excluded bound lies beyond the whole unit that it names, an included one takes it in.
            let lower = match (&range.gt, &range.gte) {
                (Some(value), _) => at(value, date::Fill::Up)?.saturating_add(1),
                (None, Some(value)) => at(value, date::Fill::Down)?,
                (None, None) => i64::MIN,
            };
            let upper = match (&range.lt, &range.lte) {
                (Some(value), _) => at(value, date::Fill::Down)?.saturating_sub(1),
                (None, Some(value)) => at(value, date::Fill::Up)?,
                (None, None) => i64::MAX,
            };
            return Ok((Number::Integer(lower), Number::Integer(upper)));
        }
        let float = |value: &Value| match value {
            Value::Bool(_) => parse_boolean(value).map(|flag| f64::from(u8::from(flag))),
            Value::String(text) if *kind == Kind::Boolean => {
                parse_boolean(&Value::from(text.as_str())).map(|flag| f64::from(u8::from(flag)))
            }
            value => parse_number(&Kind::Float, &field.type_name, value).map(Number::as_f64),
        };
        let bound = |value: &Value, excluded: Option<i64>| -> Result<Number> {
            let number = float(value).map_err(|error| self.bad_value(&error))?;
            if *kind == Kind::Float {
                return Ok(Number::Float(match excluded {
                    Some(1) => number.next_up(),
                    Some(_) => number.next_down(),
                    None => number,
                }));
            }
            if let Some(exact) = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok())) {
                return Ok(Number::Integer(exact.saturating_add(excluded.unwrap_or(0))));
            }
            Ok(Number::Float(match excluded {
                Some(1) => number.next_up(),
                Some(_) => number.next_down(),
                None => number,
            }))
        };
        let open = |sign: f64| {
            if *kind == Kind::Float {
                Number::Float(sign * f64::INFINITY)
            } else {
                Number::Integer(if sign < 0.0 { i64::MIN } else { i64::MAX })
            }
        };
        let lower = match (&range.gt, &range.gte) {
            (Some(value), _) => bound(value, Some(1))?,
            (None, Some(value)) => bound(value, None)?,
            (None, None) => open(-1.0),
        };
        let upper = match (&range.lt, &range.lte) {
            (Some(value), _) => bound(value, Some(-1))?,
            (None, Some(value)) => bound(value, None)?,
            (None, None) => open(1.0),
        };
        Ok((lower, upper))
    }
}

/// BM25 of a field without norms and with a term frequency of one is the inverse document frequency.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "scores are single precision")]
fn idf(docs: u64, doc_freq: u64) -> f32 {
    let (docs, doc_freq) = (docs.max(doc_freq) as f64, doc_freq as f64);
    (1.0 + (docs - doc_freq + 0.5) / (doc_freq + 0.5)).ln() as f32
}
