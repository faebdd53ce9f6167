//! What a run looks for, and what is true after it.

use super::{Cadence, SavedSearch, SavedSearchId};
use crate::{DateRange, FUSED_EACH, Mode, PAGE_HITS_MAX, SearchQuery, SearchState, Sort};
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::{DocumentId, FieldFault, GroupId, OutboxEntry, Principal, TenantId};
use std::collections::BTreeSet;

/// Documents that one run looks at, those changed last first. Where more than these were changed since the last run, the rest
/// is not told of.
pub const RUN_DOCUMENTS_MAX: usize = 1000;
/// How late a change may come into the index and still be told of, in hours: so much of the time before the last run is looked
/// at again.
const LATE_HOURS: i64 = 24;
/// How far the clocks of database and function may be apart, in seconds.
const CLOCKS_APART_SECONDS: i64 = 60;
/// From one run to the next of what is told as it is found, while nothing in the tenant changes, in seconds.
const IDLE_SECONDS: i64 = 60;
/// How long a run is put off when what it needs is away, in seconds.
const PUT_OFF_SECONDS: i64 = 60;

/// Whom a run finds documents for: the owner as they were known last, without any role.
pub fn principal_of(tenant: &TenantId, saved: &SavedSearch) -> Principal {
    Principal {
        tenant: tenant.clone(),
        user: saved.owner.clone(),
        name: None,
        groups: saved.groups.clone(),
        roles: BTreeSet::new(),
        api_key: None,
    }
}

/// What a run asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// What has the words, what was changed last first: all of it, page by page.
    pub words: SearchQuery,
    /// What is near in meaning as well, if the search is hybrid: its vector is still to be filled in. Fused by rank, since time
    /// says nothing of nearness; the first [`Look::NEAR_PAGES`] pages hold everything near.
    pub near: Option<SearchQuery>,
}

impl Look {
    /// Pages of [`Look::near`] that can hold what the words do not find: both lists whole, whatever they have in common.
    pub const NEAR_PAGES: usize = (2 * FUSED_EACH).div_ceil(PAGE_HITS_MAX) as usize;
}

/// What a run asks for: of what was changed since the search was saved, or since about the last run; typing errors are not
/// tolerated.
///
/// # Errors
/// A search that was acceptable when it was saved and is no longer.
pub fn look(saved: &SavedSearch) -> Result<Look, Vec<FieldFault>> {
    let mut query = saved.search.validate()?;
    let late = TimeDelta::hours(LATE_HOURS);
    let since = saved.last_run_at.map_or(saved.created_at, |last| (last - late).max(saved.created_at));
    let DateRange { from, to } = query.filters.updated;
    query.filters.updated = DateRange { from: Some(from.map_or(since, |from| from.max(since))), to };
    query.size = PAGE_HITS_MAX;
    query.exact = true;
    // Without words there is nothing to be near to.
    let hybrid = query.mode == Mode::Hybrid && query.text.is_some();
    let near = hybrid.then(|| SearchQuery { sort: Sort::Relevance, ..query.clone() });
    Ok(Look { words: SearchQuery { sort: Sort::Updated, mode: Mode::Words, ..query }, near })
}

/// Whether nothing that a search of this tenant could find has changed since the last run, so that there is nothing to look for.
/// `visible_within_ms`: how long the index may take to show a change.
pub fn unchanged_since(saved: &SavedSearch, state: &SearchState, visible_within_ms: i64) -> bool {
    let visible = TimeDelta::milliseconds(visible_within_ms) + TimeDelta::seconds(CLOCKS_APART_SECONDS);
    saved.last_run_at.is_some_and(|last| state.generation_at + visible < last)
}

/// What a run found that was not told of before.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFound {
    /// Which documents.
    pub told: Vec<DocumentId>,
    /// What tells the owner, if there is something.
    pub messages: Vec<OutboxEntry>,
    /// The owner's groups, if the run learnt of them.
    pub groups: Option<BTreeSet<GroupId>>,
}

/// What a run makes true, if nobody else ran the search meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct RunCommit {
    /// Which saved search.
    pub id: SavedSearchId,
    /// [`SavedSearch::runs`] as it was seen.
    pub seen_runs: i64,
    /// When it was run: what the next run begins from.
    pub at: DateTime<Utc>,
    /// When it is run next.
    pub next_run_at: DateTime<Utc>,
    /// What was found.
    pub found: RunFound,
}

/// What is true after a run that began at `at`. `changes`: whether anything in the tenant may have changed since the last one.
pub fn after_run(saved: &SavedSearch, at: DateTime<Utc>, changes: bool, found: RunFound) -> RunCommit {
    RunCommit { id: saved.id, seen_runs: saved.runs, at, next_run_at: next_run(saved, at, changes), found }
}

/// When it is tried again where what a run needs is away.
pub fn put_off(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::seconds(PUT_OFF_SECONDS)
}

/// At the hour of its own, however late or early the last run was.
fn next_run(saved: &SavedSearch, at: DateTime<Utc>, changes: bool) -> DateTime<Utc> {
    let period = saved.notify.period();
    if saved.notify == Cadence::AsFound {
        return at + if changes { period } else { TimeDelta::seconds(IDLE_SECONDS) };
    }
    let passed = (at - saved.created_at).num_milliseconds().max(0) / period.num_milliseconds();
    // Bounded by the calendar that it is added to: a period more than what has passed.
    saved.created_at + TimeDelta::milliseconds((passed + 1) * period.num_milliseconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn saved(notify: Cadence, last_run_at: Option<&str>) -> SavedSearch {
        SavedSearch {
            id: SavedSearchId(Uuid::from_u128(1)),
            owner: "ada".parse().unwrap(),
            groups: BTreeSet::new(),
            name: "Leases".to_owned(),
            search: serde_json::from_value(json!({"text": "lease", "mode": "hybrid"})).unwrap(),
            notify,
            created_at: at("2026-11-02T09:30:00Z"),
            runs: 7,
            last_run_at: last_run_at.map(at),
            next_run_at: at("2026-11-03T09:30:00Z"),
            told: 0,
        }
    }

    #[test]
    fn it_looks_a_day_behind_the_last_run_and_never_before_it_was_saved() {
        let from = |saved: &SavedSearch| look(saved).unwrap().words.filters.updated.from.unwrap();
        assert_eq!(from(&saved(Cadence::Daily, None)), at("2026-11-02T09:30:00Z"));
        assert_eq!(from(&saved(Cadence::Daily, Some("2026-11-02T12:00:00Z"))), at("2026-11-02T09:30:00Z"));
        let mut later = saved(Cadence::Daily, Some("2026-11-10T12:00:00Z"));
        assert_eq!(from(&later), at("2026-11-09T12:00:00Z"));
        // What the owner said narrows it further, and never widens it.
        later.search.filters.updated.from = Some(at("2026-01-01T00:00:00Z"));
        assert_eq!(from(&later), at("2026-11-09T12:00:00Z"));
        later.search.filters.updated.from = Some(at("2026-12-01T00:00:00Z"));
        assert_eq!(from(&later), at("2026-12-01T00:00:00Z"));
    }

    #[test]
    fn a_hybrid_search_looks_by_words_and_for_what_is_near_within_the_same() {
        let mut search = saved(Cadence::Daily, Some("2026-11-10T12:00:00Z"));
        let Look { words, near } = look(&search).unwrap();
        assert_eq!(
            (words.sort, words.mode, words.size, words.exact),
            (Sort::Updated, Mode::Words, PAGE_HITS_MAX, true)
        );
        let near = near.unwrap();
        assert_eq!((near.sort, near.mode, near.exact), (Sort::Relevance, Mode::Hybrid, true));
        assert_eq!((near.filters, near.text), (words.filters, words.text));
        assert!(Look::NEAR_PAGES * usize::from(PAGE_HITS_MAX) >= 2 * usize::from(FUSED_EACH));
        search.search.mode = Mode::Words;
        assert_eq!(look(&search).unwrap().near, None);
        search.search = serde_json::from_value(json!({"filters": {"owners": ["bob"]}, "mode": "hybrid"})).unwrap();
        assert_eq!(look(&search).unwrap().near, None);
    }

    #[test]
    fn it_keeps_its_hour_however_late_it_was_run() {
        let none = || RunFound { told: Vec::new(), messages: Vec::new(), groups: None };
        let next = |notify: Cadence, now: &str| after_run(&saved(notify, None), at(now), true, none()).next_run_at;
        assert_eq!(next(Cadence::AsFound, "2026-11-02T10:00:00Z"), at("2026-11-02T10:00:10Z"));
        let idle = after_run(&saved(Cadence::AsFound, None), at("2026-11-02T10:00:00Z"), false, none());
        assert_eq!(idle.next_run_at, at("2026-11-02T10:01:00Z"));
        assert_eq!(next(Cadence::Hourly, "2026-11-02T10:31:00Z"), at("2026-11-02T11:30:00Z"));
        assert_eq!(next(Cadence::Daily, "2026-11-05T09:29:00Z"), at("2026-11-05T09:30:00Z"));
        assert_eq!(next(Cadence::Daily, "2026-11-05T09:30:00Z"), at("2026-11-06T09:30:00Z"));
        assert_eq!(next(Cadence::Weekly, "2026-11-02T09:30:00Z"), at("2026-11-09T09:30:00Z"));
        // A clock that was set back.
        assert_eq!(next(Cadence::Weekly, "2026-11-01T00:00:00Z"), at("2026-11-09T09:30:00Z"));
    }

    #[test]
    fn nothing_is_looked_for_where_nothing_has_changed() {
        let state =
            SearchState { generation: 3, generation_at: at("2026-11-10T12:00:00Z"), hidden: Vec::new(), synonyms: 0 };
        let unchanged = |last: Option<&str>| unchanged_since(&saved(Cadence::AsFound, last), &state, 5000);
        assert!(!unchanged(None));
        assert!(!unchanged(Some("2026-11-10T12:00:30Z")), "it may not have been visible yet, or the clocks differ");
        assert!(!unchanged(Some("2026-11-10T12:01:05Z")));
        assert!(unchanged(Some("2026-11-10T12:01:06Z")));
    }
}
