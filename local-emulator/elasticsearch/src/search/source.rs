//! `_source` filtering.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::wildcard;

#[derive(Debug, Clone, Default)]
pub(crate) struct SourceFilter {
    /// No source at all.
    pub(crate) none: bool,
    pub(crate) includes: Vec<String>,
    pub(crate) excludes: Vec<String>,
}

fn patterns(value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(one) => Ok(one.split(',').map(|part| part.trim().to_owned()).collect()),
        Value::Array(many) => many
            .iter()
            .map(|one| {
                one.as_str().map(str::to_owned).ok_or_else(|| Error::parsing("[_source] patterns must be strings"))
            })
            .collect(),
        _ => Err(Error::parsing("[_source] patterns must be a string or an array of strings")),
    }
}

impl SourceFilter {
    /// Reads `false`, `"a,b"`, `["a", "b*"]`, `{"includes": ..., "excludes": ...}`.
    pub(crate) fn parse(value: &Value) -> Result<Self> {
        match value {
            Value::Bool(wanted) => Ok(Self { none: !wanted, ..Self::default() }),
            Value::Object(object) => {
                let mut filter = Self::default();
                for (key, value) in object {
                    match key.as_str() {
                        "includes" | "include" => filter.includes = patterns(value)?,
                        "excludes" | "exclude" => filter.excludes = patterns(value)?,
                        other => {
                            return Err(Error::parsing(format!(
                                "Unknown key for a START_OBJECT in [_source]: [{other}]."
                            )));
                        }
                    }
                }
                Ok(filter)
            }
            value => Ok(Self { includes: patterns(value)?, ..Self::default() }),
        }
    }

    pub(crate) fn is_all(&self) -> bool {
        !self.none && self.includes.is_empty() && self.excludes.is_empty()
    }

    pub(crate) fn apply(&self, source: Map<String, Value>) -> Map<String, Value> {
        if self.is_all() {
            return source;
        }
        self.object("", source, self.includes.is_empty())
    }

    fn object(&self, prefix: &str, source: Map<String, Value>, included: bool) -> Map<String, Value> {
        let mut kept = Map::new();
        for (key, value) in source {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            if self.excludes.iter().any(|pattern| wildcard::matches(pattern, &path)) {
                continue;
            }
            let included = included || self.includes.iter().any(|pattern| wildcard::matches(pattern, &path));
            match value {
                Value::Object(inner) => {
                    let empty = inner.is_empty();
                    let inner = self.object(&path, inner, included);
                    if !inner.is_empty() || (included && empty) {
                        kept.insert(key, Value::Object(inner));
                    }
                }
                Value::Array(values) => {
                    let values: Vec<Value> = values
                        .into_iter()
                        .filter_map(|value| match value {
                            Value::Object(inner) => {
                                let inner = self.object(&path, inner, included);
                                (!inner.is_empty()).then_some(Value::Object(inner))
                            }
                            value => included.then_some(value),
                        })
                        .collect();
                    if !values.is_empty() || included {
                        kept.insert(key, Value::Array(values));
                    }
                }
                value if included => {
                    kept.insert(key, value);
                }
                _ => {}
            }
        }
        kept
    }
}

/// The values at a dotted path, arrays flattened.
pub(crate) fn values_at<'a>(source: &'a Map<String, Value>, path: &str) -> Vec<&'a Value> {
    fn descend<'a>(value: &'a Value, path: Option<&str>, found: &mut Vec<&'a Value>) {
        match (value, path) {
            (Value::Array(values), _) => values.iter().for_each(|value| descend(value, path, found)),
            (Value::Object(object), Some(path)) => object_values(object, path, found),
            (Value::Null | Value::Object(_), None) | (_, Some(_)) => {}
            (value, None) => found.push(value),
        }
    }
    fn object_values<'a>(object: &'a Map<String, Value>, path: &str, found: &mut Vec<&'a Value>) {
        if let Some(value) = object.get(path) {
            descend(value, None, found);
        }
        // A key may itself hold dots, so every split is tried.
        for (at, _) in path.match_indices('.') {
            if let Some(value) = object.get(&path[..at]) {
                descend(value, Some(&path[at + 1..]), found);
            }
        }
    }
    let mut found = Vec::new();
    object_values(source, path, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filtered(filter: &Value, source: Value) -> Value {
        let Value::Object(source) = source else { panic!("an object") };
        Value::Object(SourceFilter::parse(filter).unwrap().apply(source))
    }

    #[test]
    fn includes_and_excludes_follow_dotted_paths() {
        let source = json!({ "a": 1, "o": { "x": 1, "y": 2 }, "l": [{ "x": 1, "z": 3 }] });
        assert_eq!(
            filtered(&json!(["o.x", "l.*"]), source.clone()),
            json!({ "o": { "x": 1 }, "l": [{ "x": 1, "z": 3 }] })
        );
        assert_eq!(filtered(&json!({ "excludes": ["o", "*.z"] }), source), json!({ "a": 1, "l": [{ "x": 1 }] }));
    }

    #[test]
    fn values_are_found_below_arrays_and_dotted_keys() {
        let Value::Object(source) = json!({ "a": [{ "b": [1, 2] }, { "b": 3 }], "c.d": 4 }) else {
            panic!("an object")
        };
        assert_eq!(values_at(&source, "a.b"), [&json!(1), &json!(2), &json!(3)]);
        assert_eq!(values_at(&source, "c.d"), [&json!(4)]);
    }
}
