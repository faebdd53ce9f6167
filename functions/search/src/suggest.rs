//! Completing what somebody types: `GET /v1/search/suggest`.

use crate::{Deps, SearchFault};
use octavo_domain_kernel::Principal;
use octavo_domain_search::{Scope, SuggestQuery, TitleSuggestion};
use serde::{Deserialize, Serialize};

/// Titles that what was typed may become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Suggestions {
    /// The likeliest first, each title once.
    pub suggestions: Vec<TitleSuggestion>,
}

/// Completes `query` for `principal`. Not cached: nearly every one is asked once.
pub(crate) async fn suggest(
    deps: &Deps,
    principal: &Principal,
    query: &SuggestQuery,
) -> Result<Suggestions, SearchFault> {
    let state =
        deps.state.search_state(&principal.tenant, &principal.readers()).await.map_err(SearchFault::StateAway)?;
    let scope = Scope::new(principal, &state).map_err(SearchFault::IndexBehind)?;
    let suggestions = deps.index.suggest(&scope, query).await.map_err(SearchFault::index)?;
    Ok(Suggestions { suggestions })
}
