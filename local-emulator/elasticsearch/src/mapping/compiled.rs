//! A mapping, compiled.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field::{Dynamic, Field};

/// A field's lasting numbers.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Assignments {
    pub(super) ids: BTreeMap<String, u32>,
    pub(super) slots: BTreeMap<String, usize>,
}

/// A compiled mapping. Immutable; a change makes a new one.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    /// The top-level mapping object without `properties`: `dynamic`, `_meta`, `date_detection`, `numeric_detection`.
    pub(super) root: Map<String, Value>,
    pub(super) properties: Map<String, Value>,
    pub(super) assignments: Assignments,
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) objects: BTreeMap<String, Dynamic>,
    /// Multi-fields by the field that they belong to.
    pub(super) children: BTreeMap<String, Vec<String>>,
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
