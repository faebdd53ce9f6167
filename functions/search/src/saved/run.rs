//! Runs a saved search: looks for what was changed since about the last time, and tells its owner of what is new.

use super::tell::{publish, told_messages};
use crate::{Deps, SearchFault};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use octavo_domain_kernel::{DocumentId, Principal, TenantId};
use octavo_domain_search::{
    Degraded, Hit, Look, RUN_DOCUMENTS_MAX, RunFound, SavedSearch, SavedSearchId, Scope, SearchQuery, SearchState,
    after_run, look, principal_of, put_off, unchanged_since,
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
    /// Why a hybrid search was run by its words alone, if it was.
    pub(super) degraded: Option<Degraded>,
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
                tracing::debug!(saved = %id, told = ran.hits.len(), degraded = ?ran.degraded, "a saved search was run");
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
    let found = if by_owner || changes { new_hits(deps, principal, saved, &state).await? } else { New::default() };
    let New { hits, degraded } = found;
    let messages = told_messages(deps, tenant, saved, &hits, now);
    let groups = (by_owner && principal.groups != saved.groups).then(|| principal.groups.clone());
    let told = hits.iter().map(|hit| hit.id).collect();
    let commit = after_run(saved, now, changes, RunFound { told, messages, groups });
    if !deps.desk.saved.saved_commit(tenant, &commit).await? {
        return Ok(None);
    }
    publish(deps, tenant, &commit.found.messages).await;
    Ok(Some(Ran { hits, next_run_at: commit.next_run_at, degraded }))
}

/// What is new, those changed last first.
#[derive(Debug, Default)]
struct New {
    hits: Vec<Hit>,
    degraded: Option<Degraded>,
}

/// What it finds and has not told of.
async fn new_hits(
    deps: &Deps,
    principal: &Principal,
    saved: &SavedSearch,
    state: &SearchState,
) -> Result<New, SearchFault> {
    let tenant = &principal.tenant;
    let scope = Scope::new(principal, state).map_err(SearchFault::IndexBehind)?;
    let Look { mut words, near } = look(saved).map_err(SearchFault::Invalid)?;
    words.alternatives = deps.synonyms.alternatives(tenant, state.synonyms, words.text.as_deref()).await;
    let alternatives = words.alternatives.clone();
    let (mut hits, _) = pages(deps, &scope, words, usize::MAX).await?;
    let mut degraded = None;
    if let Some(mut near) = near {
        near.alternatives = alternatives;
        degraded = meant(deps, tenant, &mut near).await?;
        if degraded.is_none() {
            let (also, without) = pages(deps, &scope, near, Look::NEAR_PAGES).await?;
            degraded = without;
            hits.extend(also);
            hits.sort_by(|one, other| other.updated_at.cmp(&one.updated_at).then(one.id.cmp(&other.id)));
        }
    }
    // Each once: a document that was changed while this paged may stand on two pages, and in both lists.
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert(hit.id));
    hits.truncate(RUN_DOCUMENTS_MAX);
    if hits.is_empty() {
        return Ok(New { hits, degraded });
    }
    let ids: Vec<DocumentId> = hits.iter().map(|hit| hit.id).collect();
    let untold = deps.desk.saved.saved_untold(tenant, saved.id, &ids).await?;
    let untold: HashSet<DocumentId> = untold.into_iter().collect();
    hits.retain(|hit| untold.contains(&hit.id));
    Ok(New { hits, degraded })
}

/// Fills in the vector of a search for what is near, or tells why it has none: a run goes by words then.
async fn meant(deps: &Deps, tenant: &TenantId, near: &mut SearchQuery) -> Result<Option<Degraded>, SearchFault> {
    match deps.vectors.fill(tenant, near).await {
        // It was saved while searches by meaning were set up.
        Err(SearchFault::HybridOff { .. }) => Ok(Some(Degraded::EmbeddingsAway)),
        filled => filled,
    }
}

/// The hits of at most `pages_max` pages ([`RUN_DOCUMENTS_MAX`] or a few more), and why they are by words alone, if they are.
async fn pages(
    deps: &Deps,
    scope: &Scope,
    mut query: SearchQuery,
    pages_max: usize,
) -> Result<(Vec<Hit>, Option<Degraded>), SearchFault> {
    let (mut hits, mut degraded) = (Vec::new(), None);
    for _ in 0..pages_max {
        let page = deps.index.search(scope, &query).await.map_err(SearchFault::index)?;
        hits.extend(page.hits);
        degraded = degraded.or(page.degraded);
        match page.next {
            Some(position) if hits.len() < RUN_DOCUMENTS_MAX => query.after = Some(position),
            _ => break,
        }
    }
    Ok((hits, degraded))
}
