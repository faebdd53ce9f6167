//! Saved searches as they are shown.

use crate::{Deps, SearchFault};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::Principal;
use octavo_domain_search::{Cadence, SavedSearch, SavedSearchId, SearchRequest};
use octavo_wiring_edge::{Problem, Request};
use serde::Serialize;

/// A search that is run again and again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SavedView {
    /// Which.
    id: SavedSearchId,
    /// What it is called.
    #[schema(example = "New leases")]
    name: String,
    /// What is looked for.
    search: SearchRequest,
    /// How often you are told.
    notify: Cadence,
    /// When it was saved.
    created_at: DateTime<Utc>,
    /// When it was run last.
    last_run_at: Option<DateTime<Utc>>,
    /// When it is run next.
    next_run_at: DateTime<Utc>,
    /// Of how many documents it has told.
    told: i64,
}

impl SavedView {
    pub(super) fn of(saved: SavedSearch) -> Self {
        Self {
            id: saved.id,
            name: saved.name,
            search: saved.search,
            notify: saved.notify,
            created_at: saved.created_at,
            last_run_at: saved.last_run_at,
            next_run_at: saved.next_run_at,
            told: saved.told,
        }
    }
}

/// The one that the path names, if it is the caller's.
pub(super) async fn own(deps: &Deps, request: &Request) -> Result<SavedSearch, Problem> {
    let principal = request.principal()?;
    let id: SavedSearchId = request.param("id")?;
    let found = deps.desk.saved.saved_get(&principal.tenant, id).await?;
    Ok(owned(found, principal)?)
}

/// What is somebody else's is not said to be there.
pub(super) fn owned(found: Option<SavedSearch>, principal: &Principal) -> Result<SavedSearch, SearchFault> {
    found.filter(|saved| saved.owner == principal.user).ok_or(SearchFault::NotSaved)
}
