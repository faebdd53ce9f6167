//! One field of a mapping.

use serde_json::Value;

use super::vector::Similarity;

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
    /// dense_vector, of floats.
    Vector {
        dimensions: usize,
        similarity: Similarity,
    },
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
