//! Sets the tenant's synonyms.

use super::view::{SynonymsView, shown};
use crate::caller::only_admin;
use crate::{Deps, SearchFault};
use chrono::SubsecRound;
use octavo_domain_search::{StoredSynonyms, SynonymRules};
use octavo_wiring_edge::{EntityTag, Problem, ProblemDocument, Request, Response, if_match};
use std::sync::Arc;

/// Set the synonyms
///
/// For administrators. All of them: what is left out is gone. `If-Match` names the entity tag of what was read, `"r0"` where
/// there were none. The next search goes by them.
///
/// At most 1,000 rules of both kinds; a rule has at most 16 terms, a term at most 64 characters and 5 words. One search looks
/// for at most 32 other ways to say what it asks for; at each place of its text the longest term holds.
#[utoipa::path(
    put, path = "/v1/search/synonyms", tag = "search", operation_id = "search_synonyms_put",
    params(("If-Match" = String, Header, description = "The entity tag of what was read", example = "\"r0\"")),
    request_body = SynonymRules,
    responses(
        (status = 200, description = "Set; shown in their normal form", body = SynonymsView, headers(("ETag" = String))),
        (status = 400, description = "No JSON, or no entity tag of ours",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not accepted",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Only administrators may (SEARCH_0011)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "They were changed meanwhile (SEARCH_0012)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "A rule is not acceptable (SEARCH_0001)",
            body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is needed (SEARCH_0013)",
            body = ProblemDocument, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let EntityTag(seen) = if_match(&request)?.ok_or(SearchFault::RevisionNeeded)?;
    let rules: SynonymRules = request.json()?;
    let rules = rules.checked().map_err(SearchFault::Invalid)?;
    let (tenant, store) = (&principal.tenant, &deps.desk.synonyms);
    let set = StoredSynonyms {
        revision: seen.checked_add(1).filter(|revision| *revision > 0).unwrap_or(i64::MAX),
        rules,
        updated_at: deps.clock.now().trunc_subsecs(6),
        updated_by: principal.user.clone(),
    };
    if !store.synonyms_put(tenant, &set).await? {
        let current = store.synonyms_get(tenant).await?.map_or(0, |present| present.revision);
        return Err(SearchFault::Changed { current }.into());
    }
    Ok(shown(Some(set)))
}
