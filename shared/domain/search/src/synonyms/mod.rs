//! Synonyms: what a tenant says that means the same, and what of a search's text has another way to be said.
//!
//! The rules are kept as they were set ([`SynonymRules`]); a process makes a [`Synonyms`] of them once and asks that for
//! every search.

mod expand;
mod rules;
mod store;

pub use expand::Synonyms;
pub use rules::{
    OneWay, SYNONYM_RULES_MAX, SYNONYM_TERM_CHARS_MAX, SYNONYM_TERM_WORDS_MAX, SYNONYM_TERMS_MAX, SynonymRules,
};
pub use store::{StoredSynonyms, SynonymStore};
