//! Which form of a document the index that is written to takes.
//!
//! An index that an earlier release made is written and read as it is until it is reindexed: what its mapping does not
//! know is left out of what is written, and a query's fields that are not there match nothing.

use crate::Options;
use crate::engine::Engine;
use crate::schema::{LANGUAGES_SINCE, SCHEMA_VERSION};
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The form of a document: the version of the schema that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form(u32);

#[derive(Debug, Default, Deserialize)]
struct Aliases {
    #[serde(default)]
    aliases: BTreeMap<String, Alias>,
}

#[derive(Debug, Default, Deserialize)]
struct Alias {
    is_write_index: Option<bool>,
}

impl Form {
    /// That of an index of this release.
    pub(crate) const NEWEST: Self = Self(SCHEMA_VERSION);

    /// From and into a number, to be kept in an atomic.
    pub(crate) fn from_version(version: u32) -> Self {
        Self(version)
    }

    /// The version of the schema.
    pub(crate) fn version(self) -> u32 {
        self.0
    }

    /// Whether a text goes into the field of its language, and its beginning into one of its own.
    pub(crate) fn has_languages(self) -> bool {
        self.0 >= LANGUAGES_SINCE
    }

    /// Of the index behind the write alias; the newest where its name does not tell.
    pub(crate) async fn of_written(engine: &Engine, options: &Options, timeout: Duration) -> Result<Self, PortError> {
        let alias = options.write_alias();
        let answer = engine.send(Method::Get, &format!("/_alias/{alias}"), &[], None, timeout).await?;
        let indices: BTreeMap<String, Aliases> = answer.json()?;
        Ok(written(&indices, &alias).unwrap_or(Self::NEWEST))
    }
}

fn written(indices: &BTreeMap<String, Aliases>, alias: &str) -> Option<Form> {
    let is_written = |index: &Aliases| index.aliases.get(alias).and_then(|alias| alias.is_write_index);
    // With one index behind the alias it need not be said which is written.
    let chosen = indices
        .iter()
        .find(|(_, index)| is_written(index) == Some(true))
        .or_else(|| indices.iter().next().filter(|_| indices.len() == 1));
    let (name, _) = chosen?;
    // An index of a later release takes what this one writes: versions only add.
    name.rsplit_once("-v")?.1.parse().ok().map(|version: u32| Form(version.min(SCHEMA_VERSION)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn form(indices: Value) -> Option<u32> {
        written(&serde_json::from_value(indices).unwrap(), "docs-write").map(Form::version)
    }

    #[test]
    fn is_told_by_the_name_of_the_index_that_is_written() {
        assert_eq!(form(json!({"docs-v1": {"aliases": {"docs-write": {}}}})), Some(1));
        let two = json!({
            "docs-v1": {"aliases": {"docs-write": {"is_write_index": false}}},
            "docs-v2": {"aliases": {"docs-write": {"is_write_index": true}}}
        });
        assert_eq!(form(two), Some(2));
        assert_eq!(form(json!({"docs-v9999": {"aliases": {"docs-write": {}}}})), Some(SCHEMA_VERSION));
        for unknown in [json!({}), json!({"by-hand": {"aliases": {"docs-write": {}}}})] {
            assert_eq!(form(unknown), None);
        }
    }
}
