//! Walking the documents that match.

use std::cmp::Ordering;

use tantivy::query::{EnableScoring, Query as Tantivy};
use tantivy::{BitSet, DocId, SegmentReader, TERMINATED};

use super::request::SearchRequest;
use super::sort::{By, Key, Keys, Sort};
use crate::error::Result;
use crate::index::View;
use crate::query::matching;

/// One segment of one of the searched indices.
pub(crate) struct Leaf<'a> {
    pub(crate) view: &'a View,
    pub(crate) view_ord: usize,
    pub(crate) segment: &'a SegmentReader,
    pub(crate) segment_ord: u32,
    /// What `_shard_doc` adds to a document's number.
    pub(crate) base: i64,
}

/// Bits that `_shard_doc` leaves for the documents of one index.
const SHARD_SHIFT: u32 = 40;

pub(crate) fn leaves(views: &[View]) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    for (view_ord, view) in views.iter().enumerate() {
        let mut base = i64::try_from(view_ord).unwrap_or(0) << SHARD_SHIFT;
        for (segment_ord, segment) in (0..).zip(view.searcher.segment_readers()) {
            leaves.push(Leaf { view, view_ord, segment, segment_ord, base });
            base += i64::from(segment.max_doc());
        }
    }
    leaves
}

#[derive(Debug)]
pub(super) struct Hit {
    pub(super) keys: Vec<Key>,
    pub(super) score: f32,
    pub(super) leaf: usize,
    pub(super) doc: DocId,
}

pub(super) struct Plan<'a> {
    /// Compiled queries, one an index.
    pub(super) queries: &'a [Box<dyn Tantivy>],
    pub(super) post_filters: Option<&'a [Box<dyn Tantivy>]>,
    pub(super) sorts: &'a [Sort],
    pub(super) after: Option<&'a [Key]>,
    pub(super) keep: usize,
    pub(super) scores: bool,
    pub(super) min_score: Option<f32>,
    /// Whether the documents themselves are wanted, for aggregations.
    pub(super) documents: bool,
}

#[derive(Default)]
pub(super) struct Collected {
    pub(super) hits: Vec<Hit>,
    pub(super) total: u64,
    pub(super) max_score: Option<f32>,
    /// Documents before the post filter, by leaf.
    pub(super) documents: Vec<(u32, DocId)>,
}

fn compare(sorts: &[Sort], a: &[Key], b: &[Key]) -> Ordering {
    sorts
        .iter()
        .zip(a.iter().zip(b))
        .map(|(sort, (a, b))| sort.compare(a, b))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn rank(sorts: &[Sort], a: &Hit, b: &Hit) -> Ordering {
    compare(sorts, &a.keys, &b.keys).then(a.leaf.cmp(&b.leaf)).then(a.doc.cmp(&b.doc))
}

/// Keeps the best `keep` hits: gathers twice as many, then cuts.
struct Best<'a> {
    sorts: &'a [Sort],
    keep: usize,
    hits: Vec<Hit>,
    /// The worst hit that would still be kept.
    bar: Option<Vec<Key>>,
}

impl Best<'_> {
    fn push(&mut self, hit: Hit) {
        if self.keep == 0 {
            return;
        }
        // Later documents lose ties, so an equal one need not be looked at.
        if let Some(bar) = &self.bar
            && compare(self.sorts, &hit.keys, bar).is_ge()
        {
            return;
        }
        self.hits.push(hit);
        if self.hits.len() >= self.keep.saturating_mul(2).max(64) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let sorts = self.sorts;
        self.hits.sort_unstable_by(|a, b| rank(sorts, a, b));
        self.hits.truncate(self.keep);
        if self.hits.len() == self.keep {
            self.bar = self.hits.last().map(|hit| hit.keys.clone());
        }
    }
}

pub(super) fn collect(views: &[View], leaves: &[Leaf<'_>], plan: &Plan<'_>) -> Result<Collected> {
    let by_score = [Sort { by: By::Score, descending: true }];
    let sorts = if plan.sorts.is_empty() { &by_score[..] } else { plan.sorts };
    let mut collected = Collected::default();
    let mut best = Best { sorts, keep: plan.keep, hits: Vec::new(), bar: None };
    let mut weights = Vec::with_capacity(views.len());
    for (view, query) in views.iter().zip(plan.queries) {
        let scoring = if plan.scores {
            EnableScoring::enabled_from_searcher(&view.searcher)
        } else {
            EnableScoring::disabled_from_searcher(&view.searcher)
        };
        weights.push(query.weight(scoring)?);
    }
    for (number, leaf) in leaves.iter().enumerate() {
        let keys = Keys::open(sorts, leaf)?;
        let filter: Option<BitSet> = match plan.post_filters {
            None => None,
            Some(filters) => {
                let scoring = EnableScoring::disabled_from_searcher(&leaf.view.searcher);
                let weight = filters[leaf.view_ord].weight(scoring)?;
                Some(matching(weight.as_ref(), leaf.segment)?)
            }
        };
        let mut scorer = weights[leaf.view_ord].scorer(leaf.segment, 1.0)?;
        let mut doc = scorer.doc();
        while doc != TERMINATED {
            let alive = !leaf.segment.is_deleted(doc);
            let score = if alive && plan.scores { scorer.score() } else { 0.0 };
            if alive && plan.min_score.is_none_or(|least| score >= least) {
                if plan.documents {
                    collected.documents.push((u32::try_from(number).unwrap_or(u32::MAX), doc));
                }
                if filter.as_ref().is_none_or(|filter| filter.contains(doc)) {
                    collected.total += 1;
                    if plan.scores {
                        collected.max_score = Some(collected.max_score.map_or(score, |max| max.max(score)));
                    }
                    // Most documents lose by their score alone, and what else they are sorted by need not be read.
                    if plan.keep > 0 && best.bar.as_ref().is_none_or(|bar| !keys.lose(doc, score, bar)) {
                        let keys = keys.of(doc, score);
                        if plan.after.is_none_or(|after| compare(sorts, &keys, after).is_gt()) {
                            best.push(Hit { keys, score, leaf: number, doc });
                        }
                    }
                }
            }
            doc = scorer.advance();
        }
    }
    best.cut();
    collected.hits = best.hits;
    Ok(collected)
}

/// The best of given documents by the request's sort.
pub(super) fn top_hits(request: &SearchRequest, leaves: &[Leaf<'_>], documents: &[(u32, DocId)]) -> Result<Vec<Hit>> {
    let mut best = Best { sorts: &request.sort, keep: request.from + request.size, hits: Vec::new(), bar: None };
    let mut open: Option<(u32, Keys<'_>)> = None;
    for &(leaf, doc) in documents {
        if open.as_ref().is_none_or(|(number, _)| *number != leaf) {
            open = Some((leaf, Keys::open(&request.sort, &leaves[leaf as usize])?));
        }
        if let Some((_, keys)) = &open {
            best.push(Hit { keys: keys.of(doc, 0.0), score: 0.0, leaf: leaf as usize, doc });
        }
    }
    best.cut();
    Ok(best.hits)
}
