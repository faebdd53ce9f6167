//! A saved search.

use crate::SearchRequest;
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_kernel::{FieldFault, GroupId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Saved searches of one person.
pub const SAVED_MAX: usize = 50;
/// Characters of a saved search's name.
pub const SAVED_NAME_CHARS_MAX: usize = 100;
/// Documents that a saved search remembers to have told of; of older ones it may tell again, when they are changed.
pub const TOLD_MAX: usize = 10_000;

/// Which saved search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid, example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081")]
pub struct SavedSearchId(pub Uuid);

impl fmt::Display for SavedSearchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SavedSearchId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the hyphenated form: a saved search has one address, not four.
        let parsed = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
        parsed.map(Self).ok_or_else(|| "expected a UUID in its hyphenated form".to_owned())
    }
}

impl SavedSearchId {
    /// The same id for the same key of the same person: a request that is sent again makes nothing new.
    pub fn of_key(tenant: &TenantId, user: &UserId, key: &str) -> Self {
        let mut hash = blake3::Hasher::new();
        // Neither a tenant nor a user can hold a NUL, so that no two different triples are alike.
        for part in ["octavo saved search 1", tenant.as_str(), user.as_str(), key] {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize().as_bytes()[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// How often somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// Within seconds after it can be found while things change, and a minute at the latest.
    AsFound,
    /// Once an hour.
    Hourly,
    /// Once a day, at the hour at which it was saved.
    Daily,
    /// Once a week, at the day and hour at which it was saved.
    Weekly,
}

impl Cadence {
    /// From one run to the next; of [`Self::AsFound`] while things change.
    pub fn period(self) -> TimeDelta {
        match self {
            Self::AsFound => TimeDelta::seconds(10),
            Self::Hourly => TimeDelta::hours(1),
            Self::Daily => TimeDelta::days(1),
            Self::Weekly => TimeDelta::weeks(1),
        }
    }

    /// As it is kept and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsFound => "as_found",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// What [`Self::as_str`] said.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AsFound, Self::Hourly, Self::Daily, Self::Weekly].into_iter().find(|cadence| cadence.as_str() == text)
    }
}

/// Something that somebody looks for again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSearch {
    /// Which.
    pub id: SavedSearchId,
    /// Whose: nobody else sees it, and it finds what they may read.
    pub owner: UserId,
    /// The owner's groups when it was saved, or run by the owner last: nobody is asked for a token when it runs by itself.
    pub groups: BTreeSet<GroupId>,
    /// What it is called.
    pub name: String,
    /// What is looked for.
    pub search: SearchRequest,
    /// How often the owner is told.
    pub notify: Cadence,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
    /// How often it was run: whoever runs it says which number they saw.
    pub runs: i64,
    /// When it was run last.
    pub last_run_at: Option<DateTime<Utc>>,
    /// When it is run next.
    pub next_run_at: DateTime<Utc>,
    /// Of how many documents it has told.
    pub told: i64,
}

/// Name and search of what is to be saved in their normal form, or everything that is wrong, each by its field. What belongs to
/// a page of an answer (cursor, size, facets, highlights, an explanation) is left away.
///
/// # Errors
/// A name that is no line of 1 to [`SAVED_NAME_CHARS_MAX`] characters, a search that is not acceptable, or one that looks for
/// nothing in particular.
pub fn check_saved(name: &str, search: &SearchRequest) -> Result<(String, SearchRequest), Vec<FieldFault>> {
    let mut faults = Vec::new();
    let name = name.trim();
    if !(1..=SAVED_NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        faults.push(FieldFault::new("name", format!("expected one line of 1 to {SAVED_NAME_CHARS_MAX} characters")));
    }
    let search = SearchRequest {
        text: search.text.clone(),
        filters: search.filters.clone(),
        sort: search.sort,
        mode: search.mode,
        ..SearchRequest::default()
    };
    match search.validate() {
        Ok(query) if query.text.is_none() && query.filters == crate::Filters::default() => {
            // It would tell of every change in the tenant.
            faults.push(FieldFault::new("search", "expected a text or a filter"));
        }
        Ok(_) => {}
        Err(wrong) => {
            faults.extend(
                wrong.into_iter().map(|fault| FieldFault::new(format!("search.{}", fault.field), fault.message)),
            );
        }
    }
    if faults.is_empty() { Ok((name.to_owned(), search)) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(name: &str, search: serde_json::Value) -> Result<(String, SearchRequest), Vec<String>> {
        let search: SearchRequest = serde_json::from_value(search).unwrap();
        check_saved(name, &search).map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn what_belongs_to_a_page_is_left_away() {
        let given =
            json!({"text": "lease", "size": 3, "cursor": "x", "highlight": true, "explain": true, "sort": "title"});
        let (name, search) = checked(" Leases ", given).unwrap();
        let expected = serde_json::from_value(json!({"text": "lease", "sort": "title"})).unwrap();
        assert_eq!((name.as_str(), search), ("Leases", expected));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long = "x".repeat(101);
        for (name, search, expected) in [
            ("", json!({"text": "a"}), vec!["name"]),
            (long.as_str(), json!({"text": "a"}), vec!["name"]),
            ("a\nb", json!({"text": "a"}), vec!["name"]),
            ("a", json!({}), vec!["search"]),
            ("a", json!({"text": " "}), vec!["search"]),
            ("", json!({"filters": {"owners": ["a b"]}}), vec!["name", "search.filters.owners[0]"]),
        ] {
            assert_eq!(checked(name, search.clone()).unwrap_err(), expected, "{name:?} {search}");
        }
        assert!(checked("a", json!({"filters": {"shared_with_me": true}})).is_ok());
    }

    #[test]
    fn a_key_names_one_search_of_one_person() {
        let id = |tenant: &str, user: &str, key: &str| {
            SavedSearchId::of_key(&tenant.parse().unwrap(), &user.parse().unwrap(), key)
        };
        assert_eq!(id("acme", "ada", "k"), id("acme", "ada", "k"));
        for other in [id("acme", "ada", "l"), id("acme", "bob", "k"), id("umbrella", "ada", "k")] {
            assert_ne!(id("acme", "ada", "k"), other);
        }
        assert_eq!(id("acme", "ada", "k").to_string().parse(), Ok(id("acme", "ada", "k")));
        assert!("01934d2e7b1c7def8a2b3c4d5e6f7081".parse::<SavedSearchId>().is_err());
    }

    #[test]
    fn a_cadence_comes_back_as_it_was_kept() {
        for cadence in [Cadence::AsFound, Cadence::Hourly, Cadence::Daily, Cadence::Weekly] {
            assert_eq!(Cadence::parse(cadence.as_str()), Some(cadence));
            assert_eq!(serde_json::to_value(cadence).unwrap(), cadence.as_str());
        }
        assert_eq!(Cadence::parse("never"), None);
    }
}
