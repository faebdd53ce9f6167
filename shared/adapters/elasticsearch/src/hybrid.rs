//! A search by words and by meaning: two lists, fused by rank, a page at a time.
//!
//! The first [`FUSED_EACH`] of each list are fused, and a page is a piece of that. What the words find beyond them follows,
//! in its own order. Both lists are asked for anew for each page, so that every page is within the border of now; a
//! document that changes between two pages may be seen twice or not, as in any live listing. Totals and facets are those
//! of the words: near is everything, more or less.

use crate::engine::Engine;
use crate::near::{Ranked, near, ranked};
use crate::schema::RESULT_WINDOW_MAX;
use crate::vectors::VectorForm;
use crate::{Options, facets, highlight, query, search};
use octavo_domain_kernel::{DocumentId, PortError};
use octavo_domain_search::{FUSED_EACH, Found, Fused, Hit, Position, Scope, SearchQuery, Total, fuse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Where a page begins: the first of a position's values, so that it is told from one of a listing by words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// In the fused list, after so many as were seen.
    Fused,
    /// After it.
    Beyond {
        /// So many of the words' hits, the near ones aside, were seen or are in the fused list.
        words: u32,
        /// As it was told before: what is left out here is no longer counted.
        total: Total,
    },
}

impl Stage {
    fn of(after: Option<&Position>) -> Option<Self> {
        match after {
            None => Some(Self::Fused),
            Some(after) => serde_json::from_value(after.values.first()?.get("hybrid")?.clone()).ok(),
        }
    }

    fn value(self) -> Value {
        json!({"hybrid": self})
    }
}

/// Whether `query` goes on with a listing that began, or can begin one, by meaning. One that began by words alone goes on
/// by words alone.
pub(crate) fn continues(query: &SearchQuery) -> bool {
    Stage::of(query.after.as_ref()).is_some()
}

/// The same search by words alone, where a hybrid listing cannot go on.
pub(crate) fn by_words(query: &SearchQuery) -> SearchQuery {
    let mut query = query.clone();
    query.vector = None;
    if let Some(after) = &mut query.after
        && after.values.first().is_some_and(|value| value.get("hybrid").is_some())
    {
        after.values.remove(0);
    }
    query
}

/// Finds by words and by nearness to `vector`.
pub(crate) async fn search(
    engine: &Engine,
    options: &Options,
    form: VectorForm,
    scope: &Scope,
    query: &SearchQuery,
    vector: &[f32],
) -> Result<Found, PortError> {
    match Stage::of(query.after.as_ref()) {
        Some(Stage::Beyond { words, total }) => {
            let near = near(engine, options, form, scope, query, vector).await?;
            beyond(engine, options, scope, query, &near, words, total).await
        }
        _ => {
            let words = words(engine, options, scope, query);
            let near = near(engine, options, form, scope, query, vector);
            let ((words, tolerant), near) = futures::future::try_join(words, near).await?;
            fused(engine, options, scope, query, &words, tolerant, &near).await
        }
    }
}

/// The first hits by words, and whether typing errors were tolerated for them.
async fn words(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SearchQuery,
) -> Result<(Ranked, bool), PortError> {
    let ask = async |tolerant: bool| ranked(engine, options, &words_body(options, scope, query, tolerant)).await;
    if let Some(after) = &query.after {
        return Ok((ask(after.tolerant).await?, after.tolerant));
    }
    let exact = ask(false).await?;
    if exact.total().value > 0 || query.exact || !options.ranking.tolerance {
        return Ok((exact, false));
    }
    Ok((ask(true).await?, true))
}

fn words_body(options: &Options, scope: &Scope, query: &SearchQuery, tolerant: bool) -> Value {
    let first = SearchQuery { after: None, highlight: false, ..query.clone() };
    let mut body = search::body(&options.ranking, scope, &first, tolerant);
    body["size"] = json!(FUSED_EACH);
    body["_source"] = json!(false);
    if let Some(body) = body.as_object_mut() {
        body.remove("highlight");
    }
    body
}

async fn fused(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SearchQuery,
    words: &Ranked,
    tolerant: bool,
    near: &[DocumentId],
) -> Result<Found, PortError> {
    let words_ids = words.ids();
    let all = fuse(&[&words_ids, near]);
    let mut total = words.total();
    // What is found by meaning alone is found: nobody is told of fewer hits than there are.
    total.value = total.value.max(all.len() as u64);
    let seen = query.after.as_ref().map_or(0, |after| after.seen);
    let size = usize::from(query.size);
    let page: Vec<Fused> = all.iter().skip(usize::try_from(seen).unwrap_or(usize::MAX)).take(size).copied().collect();
    let end = seen + u32::from(query.size);
    let more_fused = usize::try_from(end).is_ok_and(|end| end < all.len());
    let more_words = words.total().value > u64::from(FUSED_EACH);
    let stage = if more_fused {
        Some(Stage::Fused)
    } else if more_words {
        // Beyond, the near ones are left out: so many of the words' own first hits remain before what is new.
        let near: BTreeSet<&DocumentId> = near.iter().collect();
        let own = words_ids.iter().filter(|id| !near.contains(id)).count();
        Some(Stage::Beyond { words: u32::try_from(own).unwrap_or(u32::MAX), total })
    } else {
        None
    };
    let (hits, suggestions) = shown(engine, options, scope, query, tolerant, &page).await?;
    Ok(Found {
        hits,
        total,
        facets: facets::answer(&query.facets, &words.aggregations)?,
        suggestions,
        tolerant,
        next: stage.map(|stage| {
            let seen = if stage == Stage::Fused { end } else { u32::try_from(all.len()).unwrap_or(end) };
            Position { tolerant, seen, values: vec![stage.value()] }
        }),
        degraded: None,
    })
}

/// The documents of a page as they are shown, in its order, and what the words might have been meant to be.
async fn shown(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SearchQuery,
    tolerant: bool,
    page: &[Fused],
) -> Result<(Vec<Hit>, Vec<String>), PortError> {
    if page.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let ids: Vec<DocumentId> = page.iter().map(|one| one.id).collect();
    let mut body = json!({
        "size": ids.len(), "track_total_hits": false, "_source": search::SHOWN,
        // The words are there to be marked; the border stands around them, too, and here around everything.
        "query": {"bool": {
            "filter": [{"terms": {"id": ids}}, query::border(scope, query)],
            "should": [query::query(&options.ranking, scope, query, tolerant)],
            "minimum_should_match": 0
        }}
    });
    if query.highlight || tolerant {
        body["highlight"] = highlight::request();
    }
    let answer = search::send(engine, options, &body).await?;
    let suggestions = if tolerant { answer.suggestions(query.text.as_deref().unwrap_or_default()) } else { Vec::new() };
    let mut hits: HashMap<DocumentId, Hit> =
        answer.into_hits(query.highlight).into_iter().map(|hit| (hit.id, hit)).collect();
    // What went away since the ranks were asked for is left out.
    let hits = page.iter().filter_map(|one| {
        let mut hit = hits.remove(&one.id)?;
        hit.score = Some(one.score);
        Some(hit)
    });
    Ok((hits.collect(), suggestions))
}

/// What the words find after the fused list, without what is near: that was in it.
async fn beyond(
    engine: &Engine,
    options: &Options,
    scope: &Scope,
    query: &SearchQuery,
    near: &[DocumentId],
    words: u32,
    total: Total,
) -> Result<Found, PortError> {
    let mut asked = by_words(query);
    let (tolerant, seen, values) = match asked.after.take() {
        Some(after) => (after.tolerant, after.seen, after.values),
        None => (false, 0, Vec::new()),
    };
    let mut body = search::body(&options.ranking, scope, &asked, tolerant);
    // After the counts: facets are those of all that the words find.
    body["post_filter"] = json!({"bool": {"must_not": [{"terms": {"id": near}}]}});
    if words + u32::from(query.size) < RESULT_WINDOW_MAX {
        body["from"] = json!(words);
    } else {
        body["search_after"] = json!(values);
    }
    let answer = search::send(engine, options, &body).await?;
    let mut found = search::found(&asked, answer, tolerant)?;
    found.total = total;
    if let Some(next) = &mut found.next {
        next.seen = seen + u32::from(query.size);
        next.values.insert(0, Stage::Beyond { words: words + u32::from(query.size), total }.value());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    use octavo_domain_search::{Relation, SearchRequest};

    const BEYOND: Stage = Stage::Beyond { words: 7, total: Total { value: 300, relation: Relation::Exactly } };

    fn position(values: Vec<Value>) -> Position {
        Position { tolerant: false, seen: 20, values }
    }

    #[test]
    fn a_position_tells_where_it_is() {
        assert_eq!(Stage::of(None), Some(Stage::Fused));
        for stage in [Stage::Fused, BEYOND] {
            assert_eq!(Stage::of(Some(&position(vec![stage.value(), json!(1.5), json!("x")]))), Some(stage));
        }
        // One of a listing by words, of each order.
        for values in [vec![json!(1.5), json!("x")], vec![json!("title"), json!("x")], vec![]] {
            assert_eq!(Stage::of(Some(&position(values))), None);
        }
    }

    #[test]
    fn by_words_alone_a_position_is_one_of_words() {
        let request = SearchRequest { text: Some("x".to_owned()), ..SearchRequest::default() };
        let mut query = request.validate().unwrap();
        query.after = Some(position(vec![BEYOND.value(), json!(1.5), json!("x")]));
        assert_eq!(by_words(&query).after.unwrap().values, [json!(1.5), json!("x")]);
        query.after = Some(position(vec![json!(1.5), json!("x")]));
        assert_eq!(by_words(&query).after.unwrap().values, [json!(1.5), json!("x")]);
    }
}
