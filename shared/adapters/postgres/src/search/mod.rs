//! What a tenant has of search: [`SynonymStore`](octavo_domain_search::SynonymStore),
//! [`SavedSearchStore`](octavo_domain_search::SavedSearchStore) and
//! [`SearchAnalytics`](octavo_domain_search::SearchAnalytics) of [`Postgres`](crate::Postgres), [`DueSavedSearches`].
//!
//! A saved search is fenced by `runs`: whoever commits a run says which number they saw. Counts of a tenant are added by one
//! at a time, so that the limit of texts holds.

mod analytics_add;
mod analytics_click;
mod analytics_report;
mod due;
mod generations;
mod saved;
mod saved_commit;
mod store;
mod sweep;
mod synonyms;

pub use due::DueSavedSearches;
pub(crate) use generations::generations_bump;
pub(crate) use sweep::SWEEPS;
