//! What the fields of an index are, and how a JSON document becomes index terms and doc values.
//!
//! The mapping is kept twice: as the JSON tree of `properties` (what `GET _mapping` answers) and compiled into a flat
//! table from dotted path to [`Field`]. A field keeps its number for the life of the index; text fields also keep one
//! of the text slots of the tantivy schema (see `index::schema`).
//!
//! To add a field type: a variant of [`Kind`], its name in `compile.rs`, its values in `document.rs`.

mod compile;
pub(crate) mod date;
mod document;
mod merge;
mod value;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use document::Document;
pub(crate) use merge::merge_bodies;
pub(crate) use value::{Number, parse_boolean, parse_number};

/// The most fields that a mapping may hold (`index.mapping.total_fields.limit`).
pub(crate) const FIELDS_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dynamic {
    /// Unknown fields are added.
    True,
    /// Unknown fields stay in the source only.
    False,
    /// Unknown fields are refused.
    Strict,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Text,
    Keyword,
    /// byte, short, integer, long: the inclusive limits.
    Integer {
        min: i64,
        max: i64,
    },
    /// float, double and their kin.
    Float,
    Boolean,
    Date {
        format: String,
    },
    Completion,
}

/// One leaf field, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Stable within the index; prefixes the field's terms and names its doc values.
    pub(crate) id: u32,
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// The name of its type as mapped, such as `integer`.
    pub(crate) type_name: String,
    /// Text only: which text field of the tantivy schema holds it.
    pub(crate) slot: usize,
    pub(crate) analyzer: String,
    pub(crate) search_analyzer: String,
    pub(crate) normalizer: Option<String>,
    /// In characters; longer keyword values are in the source only.
    pub(crate) ignore_above: Option<usize>,
    pub(crate) null_value: Option<Value>,
    pub(crate) indexed: bool,
    pub(crate) doc_values: bool,
    /// Where in the source its values are: its own path, or that of the field whose multi-field it is.
    pub(crate) source_path: String,
    pub(crate) copy_to: Vec<String>,
}

/// A field's lasting numbers.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Assignments {
    ids: BTreeMap<String, u32>,
    slots: BTreeMap<String, usize>,
}

/// A compiled mapping. Immutable; a change makes a new one.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    /// The top-level mapping object without `properties`: `dynamic`, `_meta`, `date_detection`, `numeric_detection`.
    root: Map<String, Value>,
    properties: Map<String, Value>,
    assignments: Assignments,
    fields: BTreeMap<String, Field>,
    objects: BTreeMap<String, Dynamic>,
    /// Multi-fields by the field that they belong to.
    children: BTreeMap<String, Vec<String>>,
}

impl Mapping {
    pub(crate) fn field(&self, path: &str) -> Option<&Field> {
        self.fields.get(path)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    pub(crate) fn is_object(&self, path: &str) -> bool {
        self.objects.contains_key(path)
    }

    pub(crate) fn assignments(&self) -> &Assignments {
        &self.assignments
    }

    /// The mapping as `GET _mapping` answers it.
    pub(crate) fn json(&self) -> Value {
        let mut all = self.root.clone();
        if !self.properties.is_empty() {
            all.insert("properties".into(), Value::Object(self.properties.clone()));
        }
        Value::Object(all)
    }

    /// Field paths that a pattern with `*` names, in order; a name without `*` is itself, mapped or not.
    pub(crate) fn expand(&self, pattern: &str) -> Vec<String> {
        if !pattern.contains('*') {
            return vec![pattern.to_owned()];
        }
        self.fields.keys().filter(|path| crate::wildcard::matches(pattern, path)).cloned().collect()
    }
}
