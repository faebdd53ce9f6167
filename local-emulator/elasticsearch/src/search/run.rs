//! A whole search, from request to answer.

use std::time::Instant;

use serde_json::{Map, Value, json};
use tantivy::query::{EnableScoring, Query as Tantivy};
use tantivy::{DocId, TERMINATED};

use super::collect::{Leaf, Plan, collect, leaves, top_hits};
use super::fetch::hit_json;
use super::knn::with_nearest;
use super::request::{SearchRequest, Total};
use super::sort::{By, Key, Sort};
use super::{Pits, suggest};
use crate::aggs;
use crate::error::{Error, Result};
use crate::index::{View, fetch};
use crate::query::{Matchers, Query, compile};

/// What a search runs on.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) pits: &'a Pits,
    pub(crate) now_ms: i64,
    /// Prefix the names of aggregations and suggesters with their types.
    pub(crate) typed_keys: bool,
    /// `hits.total` as a number, as version 6 had it.
    pub(crate) total_as_int: bool,
    /// The scroll that this is a page of: it may go beyond the window.
    pub(crate) scroll: Option<&'a str>,
}

/// The compiled query and its matchers, one a view.
type PerView = (Vec<Box<dyn Tantivy>>, Vec<Matchers>);

fn compile_all(query: &Query, views: &[View], now_ms: i64) -> Result<PerView> {
    let mut queries = Vec::with_capacity(views.len());
    let mut matchers = Vec::with_capacity(views.len());
    for view in views {
        let compiled = compile(query, view, now_ms)?;
        queries.push(compiled.query);
        matchers.push(compiled.matchers);
    }
    Ok((queries, matchers))
}

/// Runs a search over `views`; those of its point in time where it names one.
pub(crate) fn search(request: &SearchRequest, views: Vec<View>, context: &Context<'_>) -> Result<Value> {
    let started = Instant::now();
    let views = match &request.pit {
        Some(pit) => context.pits.views(&pit.id, pit.keep_alive)?,
        None => views,
    };
    for view in &views {
        let window = request.from.saturating_add(request.size);
        if window > view.max_result_window && context.scroll.is_none() {
            return Err(Error::shard_argument(format!(
                "Result window is too large, from + size must be less than or equal to: [{}] but was [{window}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting.",
                view.max_result_window
            ))
            .with("index", view.name.as_str()));
        }
    }
    let sorts = effective_sort(request)?;
    let after = after_keys(request, &sorts, &views)?;
    // A shorter `search_after` in a point in time leaves the tie-break out.
    let compared = after.as_ref().map_or(sorts.len(), Vec::len);
    let (queries, mut matchers) = compile_all(&request.query, &views, context.now_ms)?;
    for query in request.highlight.iter().flat_map(|highlight| highlight.queries()) {
        let (_, more) = compile_all(query, &views, context.now_ms)?;
        for (into, from) in matchers.iter_mut().zip(more) {
            for (field, found) in from {
                into.entry(field).or_default().extend(found);
            }
        }
    }
    let post_filters =
        request.post_filter.as_ref().map(|filter| compile_all(filter, &views, context.now_ms)).transpose()?;
    let scored = sorts.is_empty() || request.track_scores || sorts.iter().any(|sort| matches!(sort.by, By::Score));
    let leaves = leaves(&views);
    let queries = if request.knn.is_empty() {
        queries
    } else {
        let asked = (!request.only_near).then_some(queries);
        with_nearest(&request.knn, asked, &views, &leaves, context.now_ms)?
    };
    let plan = Plan {
        queries: &queries,
        post_filters: post_filters.as_ref().map(|(queries, _)| queries.as_slice()),
        sorts: if compared < sorts.len() { &sorts[..compared] } else { &sorts },
        after: after.as_deref(),
        keep: request.from + request.size,
        scores: (scored && request.size > 0) || request.min_score.is_some(),
        min_score: request.min_score,
        documents: !request.aggregations.is_empty(),
    };
    let collected = collect(&views, &leaves, &plan)?;
    let mut hits = Vec::new();
    for hit in collected.hits.iter().skip(request.from).take(request.size) {
        let leaf = &leaves[hit.leaf];
        hits.push(hit_json(hit, leaf, request, &sorts, scored, &matchers[leaf.view_ord])?);
    }
    let mut answer = Map::new();
    if let Some(scroll) = context.scroll {
        answer.insert("_scroll_id".into(), scroll.into());
    }
    if let Some(pit) = &request.pit {
        answer.insert("pit_id".into(), pit.id.as_str().into());
    }
    let mut hits_json = Map::new();
    if let Some(total) = total_json(request.total, collected.total, context.total_as_int) {
        hits_json.insert("total".into(), total);
    }
    let max_score = collected.max_score.filter(|_| scored && !hits.is_empty());
    hits_json.insert("max_score".into(), json!(max_score));
    hits_json.insert("hits".into(), Value::Array(hits));
    let aggregations = if request.aggregations.is_empty() {
        None
    } else {
        let run = aggs::Run::new(&leaves, context.now_ms, context.typed_keys);
        Some(run.all(&request.aggregations, &collected.documents)?)
    };
    let suggest = if request.suggest.is_empty() {
        None
    } else {
        Some(suggest::run(&request.suggest, &views, context.typed_keys)?)
    };
    answer.insert("took".into(), u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX).into());
    answer.insert("timed_out".into(), false.into());
    answer.insert("_shards".into(), shards(views.len()));
    answer.insert("hits".into(), Value::Object(hits_json));
    answer.extend(aggregations.map(|aggregations| ("aggregations".to_owned(), aggregations)));
    answer.extend(suggest.map(|suggest| ("suggest".to_owned(), suggest)));
    Ok(Value::Object(answer))
}

/// The `top_hits` aggregation over these documents.
pub(crate) fn top_hits_json(request: &SearchRequest, leaves: &[Leaf<'_>], documents: &[(u32, DocId)]) -> Result<Value> {
    let matchers = Matchers::default();
    let mut hits = Vec::new();
    let best = top_hits(request, leaves, documents)?;
    for hit in best.iter().skip(request.from).take(request.size) {
        hits.push(hit_json(hit, &leaves[hit.leaf], request, &request.sort, false, &matchers)?);
    }
    Ok(json!({ "hits": { "total": { "value": documents.len(), "relation": "eq" }, "max_score": null, "hits": hits } }))
}

pub(crate) fn shards(count: usize) -> Value {
    json!({ "total": count, "successful": count, "skipped": 0, "failed": 0 })
}

/// In a point in time every sort ends with a tie-break, so that pages neither overlap nor leave gaps.
fn effective_sort(request: &SearchRequest) -> Result<Vec<Sort>> {
    let mut sorts = request.sort.clone();
    let has_shard_doc = sorts.iter().any(|sort| matches!(sort.by, By::ShardDoc));
    if request.pit.is_none() {
        if has_shard_doc {
            return Err(Error::validation("[_shard_doc] sort field cannot be used without [point in time]"));
        }
        return Ok(sorts);
    }
    if !sorts.is_empty() && !has_shard_doc {
        sorts.push(Sort { by: By::ShardDoc, descending: false });
    }
    Ok(sorts)
}

fn after_keys(request: &SearchRequest, sorts: &[Sort], views: &[View]) -> Result<Option<Vec<Key>>> {
    let Some(after) = &request.search_after else { return Ok(None) };
    if request.sort.is_empty() {
        return Err(Error::shard_argument("Sort must contain at least one field."));
    }
    if after.len() != sorts.len() && after.len() != request.sort.len() {
        return Err(Error::shard_argument(format!(
            "search_after has {} value(s) but sort has {}.",
            after.len(),
            request.sort.len()
        )));
    }
    after.iter().zip(sorts).map(|(value, sort)| sort.key(value, views)).collect::<Result<_>>().map(Some)
}

fn total_json(total: Total, count: u64, as_int: bool) -> Option<Value> {
    let (value, relation) = match total {
        Total::None if as_int => return Some(json!(-1)),
        Total::None => return None,
        Total::UpTo(limit) if count > limit => (limit, "gte"),
        _ => (count, "eq"),
    };
    Some(if as_int { json!(count) } else { json!({ "value": value, "relation": relation }) })
}

/// Documents that a query matches.
pub(crate) fn count(query: &Query, views: &[View], now_ms: i64) -> Result<u64> {
    let mut count = 0;
    for view in views {
        let compiled = compile(query, view, now_ms)?;
        count += compiled.query.count(&view.searcher)? as u64;
    }
    Ok(count)
}

/// A document that a query matches: id, version, sequence number, source.
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) seq_no: u64,
    pub(crate) source: std::sync::Arc<[u8]>,
}

/// Documents that a query matches in one index, at most `limit`.
pub(crate) fn matching_ids(query: &Query, view: &View, now_ms: i64, limit: usize) -> Result<Vec<Found>> {
    let compiled = compile(query, view, now_ms)?;
    let weight = compiled.query.weight(EnableScoring::disabled_from_searcher(&view.searcher))?;
    let mut found = Vec::new();
    for (segment_ord, segment) in (0..).zip(view.searcher.segment_readers()) {
        let versions = segment.fast_fields().u64(crate::index::VERSION)?;
        let seq_nos = segment.fast_fields().u64(crate::index::SEQ_NO)?;
        let mut scorer = weight.scorer(segment, 1.0)?;
        let mut doc = scorer.doc();
        while doc != TERMINATED && found.len() < limit {
            if !segment.is_deleted(doc) {
                let address = tantivy::DocAddress::new(segment_ord, doc);
                let (id, source) = fetch(&view.searcher, &view.schema, address)?;
                found.push(Found {
                    id,
                    version: versions.first(doc).unwrap_or(1),
                    seq_no: seq_nos.first(doc).unwrap_or(0),
                    source,
                });
            }
            doc = scorer.advance();
        }
    }
    Ok(found)
}
