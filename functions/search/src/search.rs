//! Searching: `POST /v1/search`.

use crate::answer_cache::CacheUse;
use crate::{Deps, SearchFault, analytics};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::Principal;
use octavo_domain_search::{
    Explanation, Found, Scope, SearchAnswer, SearchQuery, SearchRequest, SearchState, cache_key,
};

/// An answer, and what the cache had to do with it.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) answer: SearchAnswer,
    pub(crate) cache: CacheUse,
}

/// Answers `request` for `principal`. `cursor_field` names the cursor in faults.
pub(crate) async fn search(
    deps: &Deps,
    principal: &Principal,
    request: &SearchRequest,
    cursor_field: &'static str,
) -> Result<Searched, SearchFault> {
    let began = deps.clock.now();
    let mut query = request.validate().map_err(SearchFault::Invalid)?;
    let (tenant, user) = (&principal.tenant, &principal.user);
    if let Some(cursor) = &request.cursor {
        let opened = deps.cursor_key.open(tenant, user, &query, cursor, began);
        query.after = Some(opened.map_err(|source| SearchFault::Cursor { field: cursor_field, source })?);
    }
    let state = deps.state.search_state(tenant, &principal.readers()).await.map_err(SearchFault::StateAway)?;
    let scope = Scope::new(principal, &state).map_err(SearchFault::IndexBehind)?;
    query.alternatives = deps.synonyms.alternatives(tenant, state.synonyms, query.text.as_deref()).await;
    let degraded = deps.vectors.fill(tenant, &mut query).await?;
    let (found, cache, engine_ms) = found(deps, &scope, &query, &state).await?;
    let explanation = request.explain.then(|| Explanation {
        engine_query: deps.index.describe(&scope, &query),
        engine_ms,
        cache: cache.as_str().to_owned(),
    });

    let next_cursor = found.next.map(|position| deps.cursor_key.seal(tenant, user, &query, position, began));
    let took_ms = since(deps, began);
    let search_id = analytics::note(deps, principal, &query, found.total.value, found.tolerant, took_ms);
    let answer = SearchAnswer {
        hits: found.hits,
        total: found.total,
        facets: found.facets,
        suggestions: found.suggestions,
        tolerant: found.tolerant,
        degraded: degraded.or(found.degraded),
        next_cursor,
        took_ms,
        search_id,
        explanation,
    };
    Ok(Searched { answer, cache })
}

/// Milliseconds since `began`.
fn since(deps: &Deps, began: DateTime<Utc>) -> u64 {
    // The clock may have been set back in between.
    u64::try_from(deps.clock.now().signed_duration_since(began).num_milliseconds()).unwrap_or(0)
}

/// What is found, what the cache had to do with it, and the milliseconds that the engine took, if it was asked.
async fn found(
    deps: &Deps,
    scope: &Scope,
    query: &SearchQuery,
    state: &SearchState,
) -> Result<(Found, CacheUse, Option<u64>), SearchFault> {
    let age = deps.clock.now().signed_duration_since(state.generation_at);
    if age.to_std().unwrap_or_default() < deps.index.visible_within() {
        // What the generation counted may not be visible yet: an answer of now, kept, would hide it for minutes.
        let (found, engine_ms) = asked(deps, scope, query).await?;
        return Ok((found, CacheUse::Bypass, Some(engine_ms)));
    }
    let key = cache_key(scope, query, state.generation);
    let (kept, cache) = deps.answers.get(&key).await;
    if let Some(found) = kept {
        return Ok((found, cache, None));
    }
    let (found, engine_ms) = asked(deps, scope, query).await?;
    if cache == CacheUse::Miss {
        deps.answers.set(&key, &found).await;
    }
    Ok((found, cache, Some(engine_ms)))
}

async fn asked(deps: &Deps, scope: &Scope, query: &SearchQuery) -> Result<(Found, u64), SearchFault> {
    let began = deps.clock.now();
    let found = deps.index.search(scope, query).await.map_err(SearchFault::index)?;
    Ok((found, since(deps, began)))
}
