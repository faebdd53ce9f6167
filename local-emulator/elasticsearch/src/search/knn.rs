//! The `knn` section of a search: the documents whose vectors are nearest, exactly, by looking at all of them.
//!
//! A graph of neighbours would be faster beyond some hundred thousand vectors, and would not find all. For the documents
//! of one machine the look at each is milliseconds, and a filter costs nothing but makes it shorter.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tantivy::index::SegmentId;
use tantivy::query::{BooleanQuery, EmptyScorer, EnableScoring, Explanation, Query as Tantivy, Scorer, Weight};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

use super::collect::Leaf;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::View;
use crate::mapping::{Field, Kind, vector_numbers};
use crate::query::{self, Query, compile, matching};

/// The most candidates that a search may name; here it names them in vain, since every vector is one.
const CANDIDATES_MAX: usize = 10_000;

/// One search for near vectors.
#[derive(Debug)]
pub(crate) struct Knn {
    field: String,
    vector: Vec<f32>,
    k: usize,
    filter: Vec<Query>,
    /// Only what is at least so near, in the similarity's own measure.
    similarity: Option<f32>,
    boost: f32,
}

impl Knn {
    /// One or a list of them. `size` is the search's own.
    pub(super) fn parse_all(value: &Value, size: usize) -> Result<Vec<Self>> {
        match value {
            Value::Array(values) => values.iter().map(|value| Self::parse(value, size)).collect(),
            value => Ok(vec![Self::parse(value, size)?]),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
    fn parse(value: &Value, size: usize) -> Result<Self> {
        let mut body = Body::new(value, "knn")?;
        for key in ["query_vector_builder", "inner_hits", "rescore_vector", "visit_percentage", "_name"] {
            if value.get(key).is_some() {
                return Err(Error::unsupported(&format!("[{key}] of [knn]")));
            }
        }
        let field = body.text("field")?.ok_or_else(|| body.missing("field"))?.to_owned();
        let vector = body
            .get("query_vector")
            .ok_or_else(|| Error::illegal("either [query_vector_builder] or [query_vector] must be provided"))?;
        let vector = vector_numbers(vector)?;
        let k = body.count("k")?.unwrap_or(size);
        let candidates = body.count("num_candidates")?.unwrap_or((k + k / 2).clamp(1, CANDIDATES_MAX));
        if k == 0 {
            return Err(Error::illegal("[k] must be greater than 0"));
        }
        if candidates < k {
            return Err(Error::illegal("[num_candidates] cannot be less than [k]"));
        }
        if candidates > CANDIDATES_MAX {
            return Err(Error::illegal(format!("[num_candidates] cannot exceed [{CANDIDATES_MAX}]")));
        }
        let filter = match body.get("filter") {
            None => Vec::new(),
            Some(Value::Array(filters)) => filters.iter().map(query::parse).collect::<Result<_>>()?,
            Some(filter) => vec![query::parse(filter)?],
        };
        let similarity = body.float("similarity")?.map(|similarity| similarity as f32);
        let boost = body.boost()?;
        body.finish()?;
        Ok(Self { field, vector, k, filter, similarity, boost })
    }

    /// The nearest over all indices, by leaf.
    fn nearest(&self, views: &[View], leaves: &[Leaf<'_>], now_ms: i64) -> Result<Vec<Near>> {
        let mut found: Vec<Near> = Vec::new();
        for (view_ord, view) in views.iter().enumerate() {
            // Where the field is not mapped nothing is near; the real server says no more.
            let Some(field) = view.mapping.field(&self.field) else { continue };
            let asked = self.asked(field, view)?;
            let Kind::Vector { dimensions, similarity } = field.kind else { continue };
            for (leaf_ord, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| leaf.view_ord == view_ord) {
                let allowed = self.allowed(leaf, now_ms)?;
                let matrix = view.vectors.of(&view.searcher, leaf.segment, field.id, dimensions, similarity)?;
                for (doc, vector) in matrix.rows() {
                    if leaf.segment.is_deleted(doc) || !allowed.iter().all(|bits| bits.contains(doc)) {
                        continue;
                    }
                    let alike = similarity.of(&asked, vector);
                    if self.similarity.is_none_or(|least| similarity.reaches(alike, least)) {
                        found.push(Near { leaf: leaf_ord, doc, score: similarity.score(alike) });
                    }
                }
            }
        }
        if found.len() > self.k {
            found.select_nth_unstable_by(self.k - 1, Near::rank);
            found.truncate(self.k);
        }
        Ok(found)
    }

    /// The vector as it is compared with those of `field`.
    fn asked(&self, field: &Field, view: &View) -> Result<Vec<f32>> {
        let refused = |cause: Error| {
            Error::shard(format!("failed to create query: {}", cause.reason), &view.name).caused_by(cause)
        };
        let Kind::Vector { dimensions, similarity } = field.kind else {
            return Err(refused(Error::illegal("[knn] queries are only supported on [dense_vector] fields")));
        };
        if !field.indexed {
            let path = &field.path;
            let reason =
                format!("to perform knn search on field [{path}], its mapping must have [index] set to [true]");
            return Err(refused(Error::illegal(reason)));
        }
        if self.vector.len() != dimensions {
            return Err(refused(Error::illegal(format!(
                "The query vector has a different number of dimensions [{}] than the document vectors [{dimensions}].",
                self.vector.len()
            ))));
        }
        similarity.prepared(self.vector.clone()).map_err(refused)
    }

    fn allowed(&self, leaf: &Leaf<'_>, now_ms: i64) -> Result<Vec<BitSet>> {
        let one = |filter: &Query| {
            let compiled = compile(filter, leaf.view, now_ms)?;
            let weight = compiled.query.weight(EnableScoring::disabled_from_searcher(&leaf.view.searcher))?;
            Ok(matching(weight.as_ref(), leaf.segment)?)
        };
        self.filter.iter().map(one).collect()
    }
}

/// `queries` (one an index; none where the search has only vectors), or near.
pub(super) fn with_nearest(
    searches: &[Knn],
    queries: Option<Vec<Box<dyn Tantivy>>>,
    views: &[View],
    leaves: &[Leaf<'_>],
    now_ms: i64,
) -> Result<Vec<Box<dyn Tantivy>>> {
    let mut clauses: Vec<Vec<Box<dyn Tantivy>>> = match queries {
        Some(queries) => queries.into_iter().map(|query| vec![query]).collect(),
        None => views.iter().map(|_| Vec::new()).collect(),
    };
    for search in searches {
        let mut by_view: Vec<HashMap<SegmentId, Vec<(DocId, Score)>>> = views.iter().map(|_| HashMap::new()).collect();
        for near in search.nearest(views, leaves, now_ms)? {
            let leaf = &leaves[near.leaf];
            let docs = by_view[leaf.view_ord].entry(leaf.segment.segment_id()).or_default();
            docs.push((near.doc, near.score * search.boost));
        }
        for (clauses, mut segments) in clauses.iter_mut().zip(by_view) {
            segments.values_mut().for_each(|docs| docs.sort_unstable_by_key(|(doc, _)| *doc));
            clauses.push(Box::new(Scored { segments: Arc::new(segments) }));
        }
    }
    Ok(clauses.into_iter().map(|clauses| Box::new(BooleanQuery::union(clauses)) as Box<dyn Tantivy>).collect())
}

#[derive(Debug, Clone, Copy)]
struct Near {
    leaf: usize,
    doc: DocId,
    score: f32,
}

impl Near {
    fn rank(a: &Self, b: &Self) -> Ordering {
        b.score.total_cmp(&a.score).then(a.leaf.cmp(&b.leaf)).then(a.doc.cmp(&b.doc))
    }
}

/// Certain documents with certain scores.
#[derive(Debug, Clone)]
struct Scored {
    segments: Arc<HashMap<SegmentId, Vec<(DocId, Score)>>>,
}

impl Tantivy for Scored {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Scored {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(docs) = self.segments.get(&segment.segment_id()) else { return Ok(Box::new(EmptyScorer)) };
        Ok(Box::new(ScoredDocs { docs: docs.clone(), at: 0, boost }))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("explain is not supported".to_owned()))
    }
}

struct ScoredDocs {
    docs: Vec<(DocId, Score)>,
    at: usize,
    boost: Score,
}

impl DocSet for ScoredDocs {
    fn advance(&mut self) -> DocId {
        self.at = (self.at + 1).min(self.docs.len());
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.docs.get(self.at).map_or(TERMINATED, |(doc, _)| *doc)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }
}

impl Scorer for ScoredDocs {
    fn score(&mut self) -> Score {
        self.docs.get(self.at).map_or(0.0, |(_, score)| score * self.boost)
    }
}
