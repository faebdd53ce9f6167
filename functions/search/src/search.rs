//! Searching: `POST /v1/search`.

use crate::answer_cache::CacheUse;
use crate::{Deps, SearchFault};
use octavo_domain_kernel::Principal;
use octavo_domain_search::{Found, Scope, SearchAnswer, SearchQuery, SearchRequest, SearchState, cache_key};

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
    let (found, cache) = found(deps, &scope, &query, &state).await?;

    let next_cursor = found.next.map(|position| deps.cursor_key.seal(tenant, user, &query, position, began));
    let took = deps.clock.now().signed_duration_since(began).num_milliseconds();
    let answer = SearchAnswer {
        hits: found.hits,
        total: found.total,
        facets: found.facets,
        suggestions: found.suggestions,
        tolerant: found.tolerant,
        next_cursor,
        // The clock may have been set back in between.
        took_ms: u64::try_from(took).unwrap_or(0),
    };
    Ok(Searched { answer, cache })
}

async fn found(
    deps: &Deps,
    scope: &Scope,
    query: &SearchQuery,
    state: &SearchState,
) -> Result<(Found, CacheUse), SearchFault> {
    let age = deps.clock.now().signed_duration_since(state.generation_at);
    if age.to_std().unwrap_or_default() < deps.index.visible_within() {
        // What the generation counted may not be visible yet: an answer of now, kept, would hide it for minutes.
        let found = deps.index.search(scope, query).await.map_err(SearchFault::index)?;
        return Ok((found, CacheUse::Bypass));
    }
    let key = cache_key(scope, query, state.generation);
    let (kept, cache) = deps.answers.get(&key).await;
    if let Some(found) = kept {
        return Ok((found, cache));
    }
    let found = deps.index.search(scope, query).await.map_err(SearchFault::index)?;
    if cache == CacheUse::Miss {
        deps.answers.set(&key, &found).await;
    }
    Ok((found, cache))
}
