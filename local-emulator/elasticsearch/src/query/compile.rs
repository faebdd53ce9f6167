//! From [`Query`] to a tantivy query over one index.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, PhraseQuery,
    Query as Tantivy, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field as TantivyField, IndexRecordOption};

use super::ast::{Bool, Fuzziness, Match, MultiMatch, MultiMatchType, Operator, Phrase, Query};
use super::expand::{self, Expansion};
use super::functions;
use super::scoring::{FieldStatistics, QueryDebug};
use crate::analysis::Token;
use crate::error::{Error, Result};
use crate::index::{View, present_term};
use crate::mapping::{Field, Kind};

/// The most clauses of a compiled query (`indices.query.bool.max_clause_count`).
const CLAUSES_MAX: usize = 4_096;

pub(super) type Boxed = Box<dyn Tantivy>;

/// What makes a token of a field's text worth highlighting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Matcher {
    Term(String),
    Prefix(String),
    /// Terms with their positions relative to the first.
    Phrase {
        terms: Vec<(usize, String)>,
        slop: u32,
        last_is_prefix: bool,
    },
}

/// Matchers by field path.
pub(crate) type Matchers = HashMap<String, Vec<Matcher>>;

pub(crate) struct Compiled {
    pub(crate) query: Boxed,
    pub(crate) matchers: Matchers,
}

/// # Errors
/// What the shards of a real server refuse: values that do not fit a field's type, too many clauses.
pub(crate) fn compile(query: &Query, view: &View, now_ms: i64) -> Result<Compiled> {
    let compiler = Compiler { view, now_ms, matchers: RefCell::default(), negated: RefCell::new(0) };
    let query = compiler.query(query)?;
    Ok(Compiled { query, matchers: compiler.matchers.into_inner() })
}

pub(super) struct Compiler<'a> {
    pub(super) view: &'a View,
    pub(super) now_ms: i64,
    matchers: RefCell<Matchers>,
    /// Inside how many `must_not` we are: nothing there is highlighted.
    negated: RefCell<usize>,
}

pub(super) fn boosted(query: Boxed, boost: f32) -> Boxed {
    if (boost - 1.0).abs() < f32::EPSILON { query } else { Box::new(BoostQuery::new(query, boost)) }
}

pub(super) fn constant(query: impl Tantivy, boost: f32) -> Boxed {
    Box::new(ConstScoreQuery::new(Box::new(query), boost))
}

pub(super) fn none() -> Boxed {
    Box::new(EmptyQuery)
}

impl Compiler<'_> {
    pub(super) fn note(&self, field: &str, matcher: Matcher) {
        if *self.negated.borrow() == 0 {
            self.matchers.borrow_mut().entry(field.to_owned()).or_default().push(matcher);
        }
    }

    pub(super) fn bad_value(&self, error: &Error) -> Error {
        Error::shard(format!("failed to create query: {}", error.reason), &self.view.name).caused_by(error.clone())
    }

    /// Documents that have the field.
    pub(super) fn docs(&self, field: &Field) -> Result<u64> {
        Ok(self.view.searcher.doc_freq(&Term::from_field_text(self.view.schema.present, &present_term(field.id)))?)
    }

    pub(super) fn slot(&self, field: &Field) -> TantivyField {
        self.view.schema.texts[field.slot]
    }

    pub(super) fn query(&self, query: &Query) -> Result<Boxed> {
        Ok(match query {
            Query::MatchAll { boost } => constant(AllQuery, *boost),
            Query::MatchNone => none(),
            Query::Bool(query) => self.bool_query(query)?,
            Query::Match(query) => self.match_query(query)?,
            Query::MultiMatch(query) => self.multi_match(query)?,
            Query::Phrase(query) => self.phrase(query)?,
            Query::Term { field, value, case_insensitive, boost } => {
                self.term(field, value, *case_insensitive, *boost)?
            }
            Query::Terms { field, values, boost } => self.terms(field, values, *boost)?,
            Query::Range(range) => self.range(range)?,
            Query::Prefix { field, value, case_insensitive, boost } => {
                self.prefix(field, value, *case_insensitive, *boost)?
            }
            Query::Wildcard { field, value, case_insensitive, boost } => {
                self.wildcard(field, value, *case_insensitive, *boost)?
            }
            Query::Fuzzy { field, value, fuzziness, boost } => boosted(self.fuzzy(field, value, fuzziness)?, *boost),
            Query::Exists { field, boost } => self.exists(field, *boost),
            Query::Ids { values, boost } => {
                let terms: Vec<Term> = values.iter().map(|id| Term::from_field_text(self.view.schema.id, id)).collect();
                constant(TermSetQuery::new(terms), *boost)
            }
            Query::ConstantScore { filter, boost } => Box::new(ConstScoreQuery::new(self.query(filter)?, *boost)),
            Query::DisMax { queries, tie_breaker, boost } => {
                let queries = queries.iter().map(|query| self.query(query)).collect::<Result<_>>()?;
                boosted(Box::new(DisjunctionMaxQuery::with_tie_breaker(queries, *tie_breaker)), *boost)
            }
            Query::Boosting { positive, negative, negative_boost, boost } => {
                boosted(functions::demote(self.query(positive)?, self.query(negative)?, *negative_boost), *boost)
            }
            Query::MoreLikeThis(query) => self.more_like_this(query)?,
            Query::FunctionScore(query) => boosted(functions::compile(self, query)?, query.boost),
        })
    }

    fn bool_query(&self, query: &Bool) -> Result<Boxed> {
        let mut clauses: Vec<(Occur, Boxed)> = Vec::new();
        for must in &query.must {
            clauses.push((Occur::Must, self.query(must)?));
        }
        for filter in &query.filter {
            clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(self.query(filter)?, 0.0))));
        }
        let required = !clauses.is_empty();
        for should in &query.should {
            clauses.push((Occur::Should, self.query(should)?));
        }
        if clauses.is_empty() {
            let score = if query.must_not.is_empty() { 1.0 } else { 0.0 };
            clauses.push((Occur::Must, constant(AllQuery, score)));
        }
        *self.negated.borrow_mut() += 1;
        for must_not in &query.must_not {
            clauses.push((Occur::MustNot, self.query(must_not)?));
        }
        *self.negated.borrow_mut() -= 1;
        let should = query.should.len();
        let minimum = match &query.minimum_should_match {
            Some(minimum) => minimum.of(should),
            None => usize::from(!required && should > 0),
        };
        self.clauses(clauses, should, minimum, query.boost)
    }

    pub(super) fn clauses(
        &self,
        clauses: Vec<(Occur, Boxed)>,
        should: usize,
        minimum: usize,
        boost: f32,
    ) -> Result<Boxed> {
        if clauses.len() > CLAUSES_MAX {
            return Err(Error::shard(
                format!("failed to create query: maxClauseCount is set to {CLAUSES_MAX}"),
                &self.view.name,
            ));
        }
        if minimum > should {
            return Ok(none());
        }
        // Only shoulds, none of them required, still means at least one.
        let minimum = if clauses.len() == should { minimum.max(1) } else { minimum };
        Ok(boosted(Box::new(BooleanQuery::with_minimum_required_clauses(clauses, minimum)), boost))
    }

    pub(super) fn text_term(&self, field: &Field, text: &str, docs: u64, doc_freq: Option<u64>) -> Boxed {
        let term = Term::from_field_text(self.slot(field), text);
        let inner: Box<dyn QueryDebug> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
        Box::new(FieldStatistics { inner, docs, doc_freq })
    }

    /// The terms of one expansion: a sum, all with the frequency of the most frequent.
    pub(super) fn expanded(&self, field: &Field, text: &str, expansions: &[Expansion]) -> Result<Boxed> {
        let docs = self.docs(field)?;
        let doc_freq = expansions.iter().map(|expansion| expansion.doc_freq).max();
        let length = text.chars().count();
        let mut clauses: Vec<Boxed> = Vec::new();
        for expansion in expansions {
            self.note(&field.path, Matcher::Term(expansion.text.clone()));
            let shorter = length.min(expansion.text.chars().count()).max(1);
            #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
            let similarity = 1.0 - f32::from(expansion.distance) / shorter as f32;
            clauses.push(boosted(self.text_term(field, &expansion.text, docs, doc_freq), similarity.max(0.01)));
        }
        Ok(match clauses.len() {
            0 => none(),
            1 => clauses.remove(0),
            _ => Box::new(BooleanQuery::union(clauses)),
        })
    }

    fn one_text_term(&self, field: &Field, text: &str, fuzziness: Option<&Fuzziness>) -> Result<Boxed> {
        match fuzziness.filter(|fuzziness| fuzziness.edits_for(text.chars().count()) > 0) {
            Some(fuzziness) => {
                let found = expand::fuzzy(&self.view.searcher, self.slot(field), "", text, fuzziness)?;
                self.expanded(field, text, &found)
            }
            None => {
                self.note(&field.path, Matcher::Term(text.to_owned()));
                Ok(self.text_term(field, text, self.docs(field)?, None))
            }
        }
    }

    fn analyze(&self, field: &Field, text: &str, analyzer: Option<&String>) -> Result<Vec<Token>> {
        let analyzer = self
            .view
            .registry
            .analyzer(analyzer.unwrap_or(&field.search_analyzer))
            .map_err(|error| Error::shard(error.reason, &self.view.name))?;
        Ok(analyzer.analyze(text))
    }

    fn match_query(&self, query: &Match) -> Result<Boxed> {
        let Some(field) = self.view.mapping.field(&query.field) else { return Ok(none()) };
        if field.kind != Kind::Text {
            let fuzzy = query.fuzziness.filter(|_| field.kind == Kind::Keyword);
            let found = match fuzzy {
                Some(fuzziness) => self.fuzzy(&query.field, &query.text, &fuzziness),
                None if query.last_is_prefix && field.kind == Kind::Keyword => {
                    return self.prefix(&query.field, &query.text, false, query.boost);
                }
                None => self.term(&query.field, &Value::from(query.text.as_str()), false, 1.0),
            };
            return match found {
                Ok(found) => Ok(boosted(found, query.boost)),
                Err(_) if query.lenient => Ok(none()),
                Err(error) => Err(error),
            };
        }
        let tokens = self.analyze(field, &query.text, query.analyzer.as_ref())?;
        if tokens.is_empty() {
            return Ok(if query.zero_terms_all { constant(AllQuery, query.boost) } else { none() });
        }
        let occur = if query.operator == Operator::And { Occur::Must } else { Occur::Should };
        let last = tokens.len() - 1;
        let mut clauses: Vec<(Occur, Boxed)> = Vec::new();
        let mut by_position: Vec<Boxed> = Vec::new();
        for (number, token) in tokens.iter().enumerate() {
            let compiled = if query.last_is_prefix && number == last {
                self.prefix(&query.field, &token.text, false, 1.0)?
            } else {
                self.one_text_term(field, &token.text, query.fuzziness.as_ref())?
            };
            by_position.push(compiled);
            // Tokens at one position (n-grams, shingles) are alternatives of each other.
            if tokens.get(number + 1).is_none_or(|next| next.position != token.position) {
                let mut alternatives = std::mem::take(&mut by_position);
                let clause = if alternatives.len() == 1 {
                    alternatives.remove(0)
                } else {
                    Box::new(BooleanQuery::union(alternatives))
                };
                clauses.push((occur, clause));
            }
        }
        if clauses.len() == 1 {
            let wanted = query.minimum_should_match.as_ref().map_or(1, |minimum| minimum.of(1));
            return Ok(if wanted > 1 { none() } else { boosted(clauses.remove(0).1, query.boost) });
        }
        let should = if occur == Occur::Should { clauses.len() } else { 0 };
        let minimum = match &query.minimum_should_match {
            Some(minimum) if should > 0 => minimum.of(should).max(1),
            _ => usize::from(should > 0),
        };
        self.clauses(clauses, should, minimum, query.boost)
    }

    fn multi_match(&self, query: &MultiMatch) -> Result<Boxed> {
        let every = query.fields.is_empty();
        let mut fields: Vec<(String, f32)> = Vec::new();
        let all = [("*".to_owned(), 1.0)];
        for (pattern, boost) in if every { &all[..] } else { &query.fields } {
            for path in self.view.mapping.expand(pattern) {
                let searchable = self.view.mapping.field(&path).is_some_and(|field| {
                    field.indexed && !matches!(field.kind, Kind::Completion | Kind::Vector { .. })
                });
                if searchable && !fields.iter().any(|(known, _)| *known == path) {
                    fields.push((path, *boost));
                }
            }
        }
        let mut queries = Vec::with_capacity(fields.len());
        for (path, boost) in fields {
            let lenient = every || query.each.lenient || query.fields.iter().any(|(name, _)| name.contains('*'));
            let one = match query.kind {
                MultiMatchType::Phrase | MultiMatchType::PhrasePrefix => Query::Phrase(Phrase {
                    field: path,
                    text: query.each.text.clone(),
                    slop: query.slop,
                    analyzer: query.each.analyzer.clone(),
                    last_prefix_expansions: (query.kind == MultiMatchType::PhrasePrefix).then_some(50),
                    lenient,
                    boost,
                }),
                _ => Query::Match(Match { field: path, boost, lenient, ..query.each.clone() }),
            };
            queries.push(self.query(&one)?);
        }
        let by_sum = matches!(query.kind, MultiMatchType::MostFields | MultiMatchType::BoolPrefix);
        let tie_breaker = query.tie_breaker.unwrap_or(if by_sum { 1.0 } else { 0.0 });
        Ok(match queries.len() {
            0 => none(),
            1 => boosted(queries.remove(0), query.boost),
            _ => boosted(Box::new(DisjunctionMaxQuery::with_tie_breaker(queries, tie_breaker)), query.boost),
        })
    }

    fn phrase(&self, query: &Phrase) -> Result<Boxed> {
        let Some(field) = self.view.mapping.field(&query.field) else { return Ok(none()) };
        if field.kind != Kind::Text {
            let found = match query.last_prefix_expansions {
                Some(_) if field.kind == Kind::Keyword => self.prefix(&query.field, &query.text, false, 1.0),
                _ => self.term(&query.field, &Value::from(query.text.as_str()), false, 1.0),
            };
            return match found {
                Ok(found) => Ok(boosted(found, query.boost)),
                Err(_) if query.lenient => Ok(none()),
                Err(error) => Err(error),
            };
        }
        let tokens = self.analyze(field, &query.text, query.analyzer.as_ref())?;
        let Some((last, before)) = tokens.split_last() else { return Ok(none()) };
        let first_position = tokens[0].position;
        let offset = |token: &Token| token.position - first_position;
        let slot = self.slot(field);
        if before.is_empty() {
            return match query.last_prefix_expansions {
                Some(_) => self.prefix(&query.field, &last.text, false, query.boost),
                None => Ok(boosted(self.one_text_term(field, &last.text, None)?, query.boost)),
            };
        }
        let endings = match query.last_prefix_expansions {
            None => vec![last.text.clone()],
            Some(limit) => expand::prefix(&self.view.searcher, slot, "", &last.text, limit)?
                .into_iter()
                .map(|expansion| expansion.text)
                .collect(),
        };
        self.note(
            &field.path,
            Matcher::Phrase {
                terms: tokens.iter().map(|token| (offset(token), token.text.clone())).collect(),
                slop: query.slop,
                last_is_prefix: query.last_prefix_expansions.is_some(),
            },
        );
        let docs = self.docs(field)?;
        let mut phrases: Vec<Boxed> = Vec::new();
        for ending in endings {
            let mut terms: Vec<(usize, Term)> =
                before.iter().map(|token| (offset(token), Term::from_field_text(slot, &token.text))).collect();
            terms.push((offset(last), Term::from_field_text(slot, &ending)));
            let phrase = PhraseQuery::new_with_offset_and_slop(terms, query.slop);
            phrases.push(Box::new(FieldStatistics { inner: Box::new(phrase), docs, doc_freq: None }));
        }
        Ok(match phrases.len() {
            0 => none(),
            1 => boosted(phrases.remove(0), query.boost),
            _ => boosted(Box::new(DisjunctionMaxQuery::new(phrases)), query.boost),
        })
    }
}
