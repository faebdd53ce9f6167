//! Queries that tantivy lacks: terms scored with per-field statistics, scans of the term dictionary, ranges of doc
//! values, and function scores.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use tantivy::query::{
    BitSetDocSet, Bm25StatisticsProvider, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED, TantivyError, Term};

use crate::columns::Values;
use crate::mapping::Number;

fn no_explanation() -> tantivy::Result<Explanation> {
    Err(TantivyError::InvalidArgument("explain is not supported".to_owned()))
}

fn internal(error: &crate::error::Error) -> TantivyError {
    TantivyError::InternalError(error.to_string())
}

/// A term or phrase whose BM25 statistics are those of the documents that have the field, as in Lucene; tantivy alone
/// would count all documents of the index.
#[derive(Debug, Clone)]
pub(super) struct FieldStatistics {
    pub(super) inner: Box<dyn QueryDebug>,
    /// Documents that have the field.
    pub(super) docs: u64,
    /// Overrides the document frequency: the terms of one fuzzy expansion share the highest.
    pub(super) doc_freq: Option<u64>,
}

pub(super) trait QueryDebug: Query {
    fn clone_box(&self) -> Box<dyn QueryDebug>;
    fn as_query(&self) -> &dyn Query;
}

impl<Q: Query + Clone> QueryDebug for Q {
    fn clone_box(&self) -> Box<dyn QueryDebug> {
        Box::new(self.clone())
    }

    fn as_query(&self) -> &dyn Query {
        self
    }
}

impl Clone for Box<dyn QueryDebug> {
    fn clone(&self) -> Self {
        (**self).clone_box()
    }
}

struct Statistics<'a> {
    searcher: &'a Searcher,
    docs: u64,
    doc_freq: Option<u64>,
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Bm25StatisticsProvider::total_num_tokens(self.searcher, field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.docs.max(1))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let own = self.searcher.doc_freq(term)?;
        // Never more than there are documents, or the logarithm of the idf is undefined.
        Ok(self.doc_freq.unwrap_or(own).min(self.docs.max(1)))
    }
}

impl Query for FieldStatistics {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        match scoring {
            EnableScoring::Enabled { searcher, .. } => {
                let statistics = Statistics { searcher, docs: self.docs, doc_freq: self.doc_freq };
                self.inner.as_query().weight(EnableScoring::enabled_from_statistics_provider(&statistics, searcher))
            }
            disabled @ EnableScoring::Disabled { .. } => self.inner.as_query().weight(disabled),
        }
    }
}

type Accept = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Documents of all terms between two bounds that a predicate accepts; constant score 1.
#[derive(Clone)]
pub(super) struct TermScan {
    pub(super) field: Field,
    pub(super) lower: Bound<String>,
    pub(super) upper: Bound<String>,
    /// Terms must begin with this; it is cut off before the predicate sees the term.
    pub(super) prefix: String,
    pub(super) accept: Option<Accept>,
}

impl fmt::Debug for TermScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TermScan").field("lower", &self.lower).field("upper", &self.upper).finish_non_exhaustive()
    }
}

impl Query for TermScan {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

fn bitset_scorer(bits: BitSet, boost: Score) -> Box<dyn Scorer> {
    if bits.max_value() == 0 {
        return Box::new(EmptyScorer);
    }
    Box::new(ConstScorer::new(BitSetDocSet::from(bits), boost))
}

impl Weight for TermScan {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inverted = segment.inverted_index(self.field)?;
        let mut bits = BitSet::with_max_value(segment.max_doc());
        let mut range = inverted.terms().range();
        range = match &self.lower {
            Bound::Included(text) => range.ge(text.as_bytes()),
            Bound::Excluded(text) => range.gt(text.as_bytes()),
            Bound::Unbounded => range.ge(self.prefix.as_bytes()),
        };
        range = match &self.upper {
            Bound::Included(text) => range.le(text.as_bytes()),
            Bound::Excluded(text) => range.lt(text.as_bytes()),
            Bound::Unbounded => range,
        };
        let mut terms = range.into_stream()?;
        while terms.advance() {
            let Some(rest) = terms.key().strip_prefix(self.prefix.as_bytes()) else { break };
            if let Some(accept) = &self.accept
                && !std::str::from_utf8(rest).is_ok_and(|text| accept(text))
            {
                continue;
            }
            let mut postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            while postings.doc() != TERMINATED {
                bits.insert(postings.doc());
                postings.advance();
            }
        }
        Ok(bitset_scorer(bits, boost))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        no_explanation()
    }
}

/// Documents with a number between two inclusive bounds; constant score 1.
#[derive(Debug, Clone)]
pub(super) struct NumberRange {
    pub(super) field_id: u32,
    pub(super) lower: Number,
    pub(super) upper: Number,
}

impl Query for NumberRange {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for NumberRange {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounds of a float range over integers: rounded inwards, saturating"
    )]
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut docs = Vec::new();
        match Values::open(segment, self.field_id).map_err(|error| internal(&error))? {
            Values::Integer(column) => {
                let lower = match self.lower {
                    Number::Integer(number) => number,
                    Number::Float(number) => number.ceil() as i64,
                };
                let upper = match self.upper {
                    Number::Integer(number) => number,
                    Number::Float(number) => number.floor() as i64,
                };
                // A range that lies below all values would find the lowest of them.
                if lower <= upper && upper >= column.min_value() && lower <= column.max_value() {
                    column.get_docids_for_value_range(lower..=upper, 0..segment.max_doc(), &mut docs);
                }
            }
            Values::Float(column) => {
                let (lower, upper) = (self.lower.as_f64(), self.upper.as_f64());
                // A range that lies below all values would find the lowest of them.
                if lower <= upper && upper >= column.min_value() && lower <= column.max_value() {
                    column.get_docids_for_value_range(lower..=upper, 0..segment.max_doc(), &mut docs);
                }
            }
            Values::None | Values::Text(_) => {}
        }
        let mut bits = BitSet::with_max_value(segment.max_doc());
        for doc in docs {
            bits.insert(doc);
        }
        Ok(bitset_scorer(bits, boost))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        no_explanation()
    }
}

/// Turns a document's score into another.
pub(super) trait Rescore: Send + Sync {
    /// For one segment: what to do with each document's score.
    fn for_segment(&self, segment: &SegmentReader) -> tantivy::Result<Box<dyn Fn(DocId, Score) -> Score + Send>>;
}

/// Builds the function of a query; given the searcher because filters inside functions need it.
pub(super) type MakeRescore = Arc<dyn Fn(EnableScoring<'_>) -> tantivy::Result<Arc<dyn Rescore>> + Send + Sync>;

/// A query whose scores are computed from those of another.
#[derive(Clone)]
pub(super) struct Rescored {
    pub(super) inner: Arc<dyn Query>,
    pub(super) make: MakeRescore,
}

impl fmt::Debug for Rescored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rescored").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Query for Rescored {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let inner = self.inner.weight(scoring)?;
        if !scoring.is_scoring_enabled() {
            return Ok(inner);
        }
        Ok(Box::new(RescoredWeight { inner, rescore: (self.make)(scoring)? }))
    }
}

struct RescoredWeight {
    inner: Box<dyn Weight>,
    rescore: Arc<dyn Rescore>,
}

impl Weight for RescoredWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let inner = self.inner.scorer(segment, 1.0)?;
        Ok(Box::new(RescoredScorer { inner, rescore: self.rescore.for_segment(segment)?, boost }))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        no_explanation()
    }
}

struct RescoredScorer {
    inner: Box<dyn Scorer>,
    rescore: Box<dyn Fn(DocId, Score) -> Score + Send>,
    boost: Score,
}

impl DocSet for RescoredScorer {
    fn advance(&mut self) -> DocId {
        self.inner.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.inner.seek(target)
    }

    fn doc(&self) -> DocId {
        self.inner.doc()
    }

    fn size_hint(&self) -> u32 {
        self.inner.size_hint()
    }
}

impl Scorer for RescoredScorer {
    fn score(&mut self) -> Score {
        let score = self.inner.score();
        (self.rescore)(self.inner.doc(), score) * self.boost
    }
}

/// The documents of a segment that a query matches, deleted ones included.
pub(crate) fn matching(weight: &dyn Weight, segment: &SegmentReader) -> tantivy::Result<BitSet> {
    let mut bits = BitSet::with_max_value(segment.max_doc());
    let mut scorer = weight.scorer(segment, 1.0)?;
    while scorer.doc() != TERMINATED {
        bits.insert(scorer.doc());
        scorer.advance();
    }
    Ok(bits)
}
