//! Adding to a mapping: new fields are taken, an existing field keeps its type.

use serde_json::{Map, Value};

use super::Mapping;
use super::date::DEFAULT_FORMAT;
use crate::analysis::Registry;
use crate::error::{Error, Result};

/// Parameters that may differ from the mapping that exists.
const UPDATABLE: &[&str] =
    &["search_analyzer", "ignore_above", "meta", "null_value", "fields", "properties", "dynamic", "copy_to"];

fn type_name(definition: &Map<String, Value>) -> &str {
    definition.get("type").and_then(Value::as_str).unwrap_or("object")
}

fn merge_properties(prefix: &str, into: &mut Map<String, Value>, from: &Map<String, Value>) -> Result<()> {
    for (name, definition) in from {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let Some(definition) = definition.as_object() else {
            return Err(Error::mapper(format!("Expected map for property [fields] on field [{name}] but got a value")));
        };
        let Some(Value::Object(existing)) = into.get_mut(name) else {
            into.insert(name.clone(), Value::Object(definition.clone()));
            continue;
        };
        let (old, new) = (type_name(existing), type_name(definition));
        if old != new {
            return Err(Error::illegal(if old == "object" || new == "object" {
                format!("can't merge a {} mapping [{path}] with {} mapping", word(old), word(new))
            } else {
                format!("mapper [{path}] cannot be changed from type [{old}] to [{new}]")
            }));
        }
        for key in ["analyzer", "format", "normalizer", "index", "doc_values", "dims", "similarity"] {
            if old != "object" && said(existing, key) != said(definition, key) && !UPDATABLE.contains(&key) {
                let default = Value::from("[default]");
                return Err(Error::illegal(format!(
                    "Mapper for [{path}] conflicts with existing mapper:\n\tCannot update parameter [{key}] from [{}] to [{}]",
                    plain(existing.get(key).unwrap_or(&default)),
                    plain(definition.get(key).unwrap_or(&default)),
                )));
            }
        }
        for (key, value) in definition {
            match (key.as_str(), value) {
                ("properties" | "fields", Value::Object(inner)) => {
                    let slot = existing.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(slot) = slot {
                        merge_properties(&path, slot, inner)?;
                    }
                }
                _ => {
                    existing.insert(key.clone(), value.clone());
                }
            }
        }
    }
    Ok(())
}

/// The value of a parameter, where it is not what holds without it.
fn said<'a>(definition: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    definition.get(key).filter(|value| match key {
        "index" | "doc_values" => **value != Value::Bool(true),
        "similarity" => **value != "cosine",
        "format" => **value != DEFAULT_FORMAT,
        _ => true,
    })
}

/// Properties with `a.b` written as `b` below the properties of `a`.
fn without_dots(properties: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (name, definition) in properties {
        if name.split('.').any(str::is_empty) {
            return Err(Error::illegal("field name cannot be an empty string"));
        }
        let mut definition = definition.clone();
        if let Some(Value::Object(inner)) = definition.get_mut("properties") {
            *inner = without_dots(inner)?;
        }
        match name.rsplit_once('.') {
            None => merge_properties("", &mut all, &Map::from_iter([(name.clone(), definition)]))?,
            Some(_) => {
                if let Some(Value::Object(nested)) = body_for(name, &definition).get("properties") {
                    merge_properties("", &mut all, nested)?;
                }
            }
        }
    }
    Ok(all)
}

fn word(type_name: &str) -> &'static str {
    if type_name == "object" { "object" } else { "non object" }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Merges the body of one mapping into that of another, as templates and `PUT _mapping` do.
pub(crate) fn merge_bodies(into: &mut Map<String, Value>, from: &Map<String, Value>) -> Result<()> {
    for (key, value) in from {
        match (key.as_str(), value) {
            ("properties", Value::Object(from)) => {
                let properties = into.entry("properties").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(properties) = properties {
                    merge_properties("", properties, &without_dots(from)?)?;
                }
            }
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

impl Mapping {
    /// This mapping with `body` merged in.
    ///
    /// # Errors
    /// `illegal_argument_exception` where a field would change its type; `mapper_parsing_exception` for a bad body.
    pub(crate) fn merged(&self, body: &Value, registry: &Registry) -> Result<Self> {
        let Value::Object(from) = body else {
            return Err(Error::mapper("Failed to parse mapping: expected an object"));
        };
        let Value::Object(mut all) = self.json() else { return Err(Error::mapper("mapping is not an object")) };
        merge_bodies(&mut all, from)?;
        Self::compile(&Value::Object(all), self.assignments.clone(), registry)
    }
}

/// The body that maps one dotted path: `a.b` becomes `{"properties": {"a": {"properties": {"b": definition}}}}`.
pub(super) fn body_for(path: &str, definition: &Value) -> Map<String, Value> {
    let mut inner = definition.clone();
    for name in path.rsplit('.') {
        inner = serde_json::json!({ "properties": { name: inner } });
    }
    match inner {
        Value::Object(body) => body,
        _ => Map::new(),
    }
}
