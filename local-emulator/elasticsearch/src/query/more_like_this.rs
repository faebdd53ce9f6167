//! `more_like_this`: the telling words of a document or a text, looked for in other documents.
//!
//! A document is named by its id and is one of the searched index: one of another index is refused. Words are weighed
//! as Lucene's `MoreLikeThis` does, by frequency in the liked text and rarity in the index, each field by itself.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tantivy::Term;
use tantivy::collector::TopDocs;
use tantivy::query::{ConstScoreQuery, Occur, TermQuery};
use tantivy::schema::IndexRecordOption;

use super::ast::{Minimum, MoreLikeThis, Query};
use super::compile::{Boxed, Compiler, none};
use super::parse::minimum;
use crate::analysis::VALUE_POSITION_GAP;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::fetch;
use crate::mapping::{Field, Kind};
use crate::search::values_at;

/// The most words of a field that a query may ask for.
const TERMS_MAX: usize = 1_024;

/// What other documents shall be like.
#[derive(Debug, Clone)]
pub(crate) enum Like {
    Text(String),
    Document { index: Option<String>, id: String },
}

pub(super) fn parse(value: &Value) -> Result<Query> {
    let mut body = Body::new(value, "more_like_this")?;
    let fields = body.texts("fields")?.ok_or_else(|| {
        Error::unsupported("[more_like_this] without [fields]: name the fields whose words are looked for")
    })?;
    if fields.is_empty() {
        return Err(Error::illegal("[more_like_this] requires 'fields' to be non-empty"));
    }
    let like = match body.get("like") {
        Some(Value::Array(values)) => values.iter().map(one).collect::<Result<Vec<_>>>()?,
        Some(value) => vec![one(value)?],
        None => Vec::new(),
    };
    if like.is_empty() {
        return Err(Error::illegal("[more_like_this] requires either 'like' texts or items to be specified"));
    }
    let terms_max = body.count("max_query_terms")?.unwrap_or(25);
    if terms_max == 0 || terms_max > TERMS_MAX {
        return Err(Error::illegal(format!("[max_query_terms] must be between 1 and {TERMS_MAX}")));
    }
    let query = MoreLikeThis {
        fields,
        like,
        terms_max,
        term_freq_min: body.count("min_term_freq")?.unwrap_or(2),
        doc_freq_min: body.count("min_doc_freq")?.unwrap_or(5),
        doc_freq_max: body.count("max_doc_freq")?.unwrap_or(usize::MAX),
        chars_min: body.count("min_word_length")?.unwrap_or(0),
        chars_max: body.count("max_word_length")?.filter(|length| *length > 0).unwrap_or(usize::MAX),
        minimum_should_match: minimum(&mut body)?.unwrap_or_else(|| Minimum("30%".to_owned())),
        include: body.flag("include")?.unwrap_or(false),
        boost: body.boost()?,
    };
    body.finish()?;
    Ok(Query::MoreLikeThis(Box::new(query)))
}

fn one(value: &Value) -> Result<Like> {
    if let Value::String(text) = value {
        return Ok(Like::Text(text.clone()));
    }
    let mut body = Body::new(value, "more_like_this")?;
    let index = body.text("_index")?.map(str::to_owned);
    let id = body
        .scalar("_id")?
        .ok_or_else(|| Error::unsupported("[more_like_this] of a document that is not named by its [_id]"))?;
    body.finish()?;
    Ok(Like::Document { index, id })
}

impl Compiler<'_> {
    pub(super) fn more_like_this(&self, query: &MoreLikeThis) -> Result<Boxed> {
        let liked = query.like.iter().map(|like| self.liked(like)).collect::<Result<Vec<_>>>()?;
        let mut clauses: Vec<(Occur, Boxed)> = Vec::new();
        for path in query.fields.iter().flat_map(|pattern| self.view.mapping.expand(pattern)) {
            let Some(field) = self.view.mapping.field(&path).filter(|field| field.kind == Kind::Text) else { continue };
            for text in self.telling(field, &liked, query)? {
                clauses.push((Occur::Should, self.text_term(field, &text, self.docs(field)?, None)));
            }
        }
        if clauses.is_empty() {
            return Ok(none());
        }
        let should = clauses.len();
        let minimum = query.minimum_should_match.of(should).max(1);
        let alike = self.clauses(clauses, should, minimum, query.boost)?;
        if query.include {
            return Ok(alike);
        }
        let own = query.like.iter().filter_map(|like| match like {
            Like::Document { id, .. } => Some(id.clone()),
            Like::Text(_) => None,
        });
        let own = self.query(&Query::Ids { values: own.collect(), boost: 1.0 })?;
        self.clauses(vec![(Occur::Must, alike), (Occur::MustNot, own)], 0, 0, 1.0)
    }

    /// What a liked document holds, or the text as a document without fields.
    fn liked(&self, like: &Like) -> Result<Liked> {
        let (index, id) = match like {
            Like::Text(text) => return Ok(Liked::Text(text.clone())),
            Like::Document { index, id } => (index, id),
        };
        if index.as_ref().is_some_and(|index| *index != self.view.name) {
            return Err(Error::unsupported(&format!(
                "[more_like_this] of a document of another index than [{}]",
                self.view.name
            )));
        }
        let searcher = &self.view.searcher;
        let by_id = TermQuery::new(Term::from_field_text(self.view.schema.id, id), IndexRecordOption::Basic);
        let by_id = ConstScoreQuery::new(Box::new(by_id), 1.0);
        let found = searcher.search(&by_id, &TopDocs::with_limit(1).order_by_score())?;
        let Some((_, address)) = found.first() else { return Ok(Liked::Document(Map::new())) };
        let (_, source) = fetch(searcher, &self.view.schema, *address)?;
        let source = serde_json::from_slice(&source)
            .map_err(|error| Error::shard(format!("a stored document cannot be read: {error}"), &self.view.name))?;
        Ok(Liked::Document(source))
    }

    /// The terms of a field that tell most of what is liked, the most telling first.
    fn telling(&self, field: &Field, liked: &[Liked], query: &MoreLikeThis) -> Result<Vec<String>> {
        let analyzer = self.view.registry.analyzer(&field.analyzer)?;
        let mut frequencies: HashMap<String, usize> = HashMap::new();
        for one in liked {
            let values = match one {
                Liked::Text(text) => vec![text.as_str()],
                Liked::Document(source) => {
                    values_at(source, &field.source_path).into_iter().filter_map(Value::as_str).collect()
                }
            };
            for token in analyzer.analyze_values(values.into_iter(), VALUE_POSITION_GAP) {
                *frequencies.entry(token.text).or_default() += 1;
            }
        }
        let docs = self.docs(field)?;
        let mut weighed: Vec<(f64, String)> = Vec::new();
        for (text, frequency) in frequencies {
            let chars = text.chars().count();
            if frequency < query.term_freq_min || chars < query.chars_min || chars > query.chars_max {
                continue;
            }
            let doc_freq = self.view.searcher.doc_freq(&Term::from_field_text(self.slot(field), &text))?;
            let bounded = usize::try_from(doc_freq).unwrap_or(usize::MAX);
            if doc_freq == 0 || bounded < query.doc_freq_min || bounded > query.doc_freq_max {
                continue;
            }
            weighed.push((weight(frequency, docs, doc_freq), text));
        }
        // Equal weights by the word, so that the same document has the same words each time.
        weighed.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.cmp(b)));
        weighed.truncate(query.terms_max);
        Ok(weighed.into_iter().map(|(_, text)| text).collect())
    }
}

enum Liked {
    Text(String),
    Document(Map<String, Value>),
}

/// Frequency in what is liked times rarity in the index.
#[expect(clippy::cast_precision_loss, reason = "counts of words and documents")]
fn weight(frequency: usize, docs: u64, doc_freq: u64) -> f64 {
    frequency as f64 * (((docs.max(doc_freq) + 1) as f64 / (doc_freq + 1) as f64).ln() + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_texts_and_documents_and_refuses_the_rest() {
        let parsed = parse(&json!({"fields": ["text"], "like": ["a text", {"_index": "i", "_id": 7}]})).unwrap();
        let Query::MoreLikeThis(query) = parsed else { panic!("another query") };
        assert!(matches!(&query.like[0], Like::Text(text) if text == "a text"));
        assert!(matches!(&query.like[1], Like::Document { index: Some(index), id } if index == "i" && id == "7"));
        assert_eq!((query.terms_max, query.doc_freq_min, query.minimum_should_match.of(10)), (25, 5, 3));
        for bad in [
            json!({"like": "x"}),
            json!({"fields": [], "like": "x"}),
            json!({"fields": ["text"]}),
            json!({"fields": ["text"], "like": {"doc": {"text": "x"}}}),
            json!({"fields": ["text"], "like": "x", "max_query_terms": 0}),
            json!({"fields": ["text"], "like": "x", "stop_words": ["the"]}),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rare_word_tells_more_than_a_common_one() {
        assert!(weight(1, 1000, 2) > weight(1, 1000, 900));
        assert!(weight(3, 1000, 2) > weight(1, 1000, 2));
    }
}
