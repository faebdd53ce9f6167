//! Which form of a document an index takes.
//!
//! An index that an earlier release made is written and read as it is until it is reindexed: what its mapping does not
//! know is left out of what is written, and a query's fields that are not there match nothing.

use crate::schema::{LANGUAGES_SINCE, META_SCHEMA, SCHEMA_VERSION};
use crate::vectors::{Held, Mappings};
use octavo_domain_search::EmbeddingModel;

/// The form of a document: the version of the schema that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form(u32);

/// What an index takes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) form: Form,
    /// Numbers of a vector, if it takes vectors of the settings' model.
    pub(crate) dimensions: Option<u16>,
}

impl Form {
    /// That of an index of this release.
    pub(crate) const NEWEST: Self = Self(SCHEMA_VERSION);

    #[cfg(test)]
    pub(crate) fn from_version(version: u32) -> Self {
        Self(version)
    }

    /// Whether a text goes into the field of its language, and its beginning into one of its own.
    pub(crate) fn has_languages(self) -> bool {
        self.0 >= LANGUAGES_SINCE
    }

    /// Of the index `name`: as its mapping says, as its name does where that is of a release that did not say so, the
    /// newest where neither tells.
    pub(crate) fn of(name: &str, mappings: &Mappings) -> Self {
        let said = mappings.meta.get(META_SCHEMA).and_then(serde_json::Value::as_u64);
        let said = said.and_then(|version| u32::try_from(version).ok());
        let named = || name.rsplit_once("-v")?.1.parse().ok();
        // An index of a later release takes what this one writes: versions only add.
        said.or_else(named).map_or(Self::NEWEST, |version: u32| Self(version.min(SCHEMA_VERSION)))
    }
}

impl Shape {
    #[cfg(test)]
    pub(crate) const NEWEST: Self = Self { form: Form::NEWEST, dimensions: None };

    /// Of the index `name`, for vectors of `model`.
    pub(crate) fn of(name: &str, mappings: &Mappings, model: Option<&EmbeddingModel>) -> Self {
        let held = Held::of(mappings).map(|held| held.model);
        let dimensions = model.filter(|model| held.as_ref() == Some(*model)).map(|model| model.dimensions);
        Self { form: Form::of(name, mappings), dimensions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn is_told_by_the_mapping_and_else_by_the_name() {
        let form = |name: &str, mappings: Value| Form::of(name, &serde_json::from_value(mappings).unwrap());
        assert_eq!(form("docs-v1", json!({})), Form(1));
        assert_eq!(form("docs-v1", json!({"_meta": {"schema": 2}})), Form(2));
        assert_eq!(form("docs-v7", json!({"_meta": {"schema": 1}})), Form(1));
        assert_eq!(form("docs-v9999", json!({})), Form::NEWEST);
        assert_eq!(form("by-hand", json!({})), Form::NEWEST);
    }

    #[test]
    fn takes_vectors_of_the_settings_model_only() {
        let model = |name: &str| EmbeddingModel { name: name.to_owned(), dimensions: 3 };
        let mappings: Mappings = serde_json::from_value(json!({
            "_meta": {"schema": 2, "vectors": {"model": "a", "dimensions": 3}},
            "properties": {"vector": {"type": "dense_vector"}}
        }))
        .unwrap();
        let dimensions = |model: Option<EmbeddingModel>| Shape::of("docs-v2", &mappings, model.as_ref()).dimensions;
        assert_eq!(dimensions(Some(model("a"))), Some(3));
        assert_eq!(dimensions(Some(model("b"))), None);
        assert_eq!(dimensions(None), None);
    }
}
