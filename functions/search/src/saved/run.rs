//! Runs a saved search: looks for what was changed since about the last time, and tells its owner of what is new.

use super::tell::{publish, told_messages};
use crate::{Deps, SearchFault};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use octavo_domain_kernel::{DocumentId, Principal, TenantId};
use octavo_domain_search::{
    Hit, RUN_DOCUMENTS_MAX, RunFound, SavedSearch, SavedSearchId, Scope, SearchState, after_run, look, principal_of,
    put_off, unchanged_since,
};
use std::collections::HashSet;

/// How often a run begins anew when somebody else ran the search meanwhile.
const ATTEMPTS_MAX: u32 = 3;
/// A bell that rings so much early by this process's clock is heard: the database's may be ahead.
const EARLY: TimeDelta = TimeDelta::seconds(5);

/// What a run told of.
#[derive(Debug)]
pub(super) struct Ran {
    /// The documents, those changed last first.
    pub(super) hits: Vec<Hit>,
    /// When the search is run next.
    pub(super) next_run_at: DateTime<Utc>,
}

/// Runs one that is due, with what its owner may read now. Nothing where it is not due, or gone: the message came twice, or late.
/// Where something is away that a run needs, it is put off.
pub(crate) async fn wake(deps: &Deps, tenant: &TenantId, id: SavedSearchId) -> Result<(), SearchFault> {
    for _ in 0..ATTEMPTS_MAX {
        let Some(saved) = deps.desk.saved.saved_get(tenant, id).await? else { return Ok(()) };
        let now = deps.clock.now().trunc_subsecs(6);
        if saved.next_run_at > now + EARLY {
            return Ok(());
        }
        match run(deps, &principal_of(tenant, &saved), &saved, false, now).await {
            Ok(Some(ran)) => {
                tracing::debug!(saved = %id, told = ran.hits.len(), "a saved search was run");
                return Ok(());
            }
            Ok(None) => {}
            Err(fault) => {
                let cause = std::error::Error::source(&fault).map(ToString::to_string);
                tracing::warn!(saved = %id, %fault, cause, "the run of a saved search was put off");
                return Ok(deps.desk.saved.saved_put_off(tenant, id, saved.runs, put_off(now)).await?);
            }
        }
    }
    Err(SearchFault::RunMeanwhile)
}

/// Runs one for its owner, who is there, and learns which groups they are in now.
pub(super) async fn run_by_owner(
    deps: &Deps,
    principal: &Principal,
    mut saved: SavedSearch,
) -> Result<Ran, SearchFault> {
    for _ in 0..ATTEMPTS_MAX {
        let now = deps.clock.now().trunc_subsecs(6);
        if let Some(ran) = run(deps, principal, &saved, true, now).await? {
            return Ok(ran);
        }
        let again = deps.desk.saved.saved_get(&principal.tenant, saved.id).await?;
        saved = super::view::owned(again, principal)?;
    }
    Err(SearchFault::RunMeanwhile)
}

/// One run; none if somebody else ran it meanwhile.
async fn run(
    deps: &Deps,
    principal: &Principal,
    saved: &SavedSearch,
    by_owner: bool,
    now: DateTime<Utc>,
) -> Result<Option<Ran>, SearchFault> {
    let tenant = &principal.tenant;
    let state = deps.state.search_state(tenant, &principal.readers()).await.map_err(SearchFault::StateAway)?;
    let visible_within_ms = i64::try_from(deps.index.visible_within().as_millis()).unwrap_or(i64::MAX);
    // Somebody who is there may be in other groups than before: then there is something new without any change.
    let changes = !unchanged_since(saved, &state, visible_within_ms);
    let hits = if by_owner || changes { new_hits(deps, principal, saved, &state).await? } else { Vec::new() };
    let messages = told_messages(deps, tenant, saved, &hits, now);
    let groups = (by_owner && principal.groups != saved.groups).then(|| principal.groups.clone());
    let told = hits.iter().map(|hit| hit.id).collect();
    let commit = after_run(saved, now, changes, RunFound { told, messages, groups });
    if !deps.desk.saved.saved_commit(tenant, &commit).await? {
        return Ok(None);
    }
    publish(deps, tenant, &commit.found.messages).await;
    Ok(Some(Ran { hits, next_run_at: commit.next_run_at }))
}

/// What it finds and has not told of.
async fn new_hits(
    deps: &Deps,
    principal: &Principal,
    saved: &SavedSearch,
    state: &SearchState,
) -> Result<Vec<Hit>, SearchFault> {
    let tenant = &principal.tenant;
    let scope = Scope::new(principal, state).map_err(SearchFault::IndexBehind)?;
    let mut query = look(saved).map_err(SearchFault::Invalid)?;
    query.alternatives = deps.synonyms.alternatives(tenant, state.synonyms, query.text.as_deref()).await;
    let mut hits: Vec<Hit> = Vec::new();
    loop {
        let page = deps.index.search(&scope, &query).await.map_err(SearchFault::index)?;
        // What only looks like the words is nothing to disturb anybody for.
        if page.tolerant {
            break;
        }
        hits.extend(page.hits);
        match page.next {
            Some(position) if hits.len() < RUN_DOCUMENTS_MAX => query.after = Some(position),
            _ => break,
        }
    }
    hits.truncate(RUN_DOCUMENTS_MAX);
    if hits.is_empty() {
        return Ok(hits);
    }
    let ids: Vec<DocumentId> = hits.iter().map(|hit| hit.id).collect();
    let untold = deps.desk.saved.saved_untold(tenant, saved.id, &ids).await?;
    let mut untold: HashSet<DocumentId> = untold.into_iter().collect();
    // Each once: a document that was changed while this paged may stand on two pages.
    hits.retain(|hit| untold.remove(&hit.id));
    Ok(hits)
}
