//! From the JSON of a mapping to the table of fields; everything not understood is refused.

use serde_json::{Map, Value};

use super::vector::{self, VECTOR};
use super::{Assignments, Dynamic, FIELDS_MAX, Field, Kind, Mapping, date};
use crate::analysis::Registry;
use crate::error::{Error, Result};
use crate::index::TEXT_SLOTS;

fn dynamic(value: &Value) -> Result<Dynamic> {
    match value {
        Value::Bool(true) => Ok(Dynamic::True),
        Value::Bool(false) => Ok(Dynamic::False),
        Value::String(text) => match text.as_str() {
            "true" => Ok(Dynamic::True),
            "false" => Ok(Dynamic::False),
            "strict" => Ok(Dynamic::Strict),
            other => Err(Error::mapper(format!("dynamic [{other}] is not supported: expected true, false or strict"))),
        },
        other => Err(Error::mapper(format!("dynamic [{other}] is not supported: expected true, false or strict"))),
    }
}

fn kind(path: &str, name: &str, definition: &Map<String, Value>) -> Result<Kind> {
    Ok(match name {
        "text" | "match_only_text" => Kind::Text,
        "keyword" => Kind::Keyword,
        "byte" => Kind::Integer { min: i8::MIN.into(), max: i8::MAX.into() },
        "short" => Kind::Integer { min: i16::MIN.into(), max: i16::MAX.into() },
        "integer" => Kind::Integer { min: i32::MIN.into(), max: i32::MAX.into() },
        "long" => Kind::Integer { min: i64::MIN, max: i64::MAX },
        "double" | "float" | "half_float" => Kind::Float,
        "boolean" => Kind::Boolean,
        "date" => {
            let format = definition.get("format").and_then(Value::as_str).unwrap_or(date::DEFAULT_FORMAT).to_owned();
            date::check_format(&format)
                .map_err(|error| Error::mapper(format!("Failed to parse mapping: field [{path}]: {}", error.reason)))?;
            Kind::Date { format }
        }
        "completion" => Kind::Completion,
        "dense_vector" => {
            let (dimensions, similarity) = vector::definition(path, definition)?;
            Kind::Vector { dimensions, similarity }
        }
        other => {
            let inner = Error::mapper(format!("No handler for type [{other}] declared on field [{}]", leaf(path)));
            return Err(Error::mapper(format!("Failed to parse mapping: {}", inner.reason)).caused_by(inner));
        }
    })
}

fn leaf(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

const COMMON: &[&str] = &["type", "index", "store", "copy_to", "meta", "fields", "boost"];
const TEXT: &[&str] = &[
    "analyzer",
    "search_analyzer",
    "search_quote_analyzer",
    "norms",
    "index_options",
    "term_vector",
    "similarity",
    "position_increment_gap",
    "index_prefixes",
    "index_phrases",
];
const KEYWORD: &[&str] = &[
    "ignore_above",
    "normalizer",
    "null_value",
    "doc_values",
    "norms",
    "eager_global_ordinals",
    "split_queries_on_whitespace",
];
const NUMERIC: &[&str] = &["coerce", "ignore_malformed", "null_value", "doc_values"];
const DATE: &[&str] = &["format", "locale", "ignore_malformed", "null_value", "doc_values"];
const COMPLETION: &[&str] =
    &["analyzer", "search_analyzer", "preserve_separators", "preserve_position_increments", "max_input_length"];

/// Parameters that change what is stored or found and that this engine would not honour: refused unless they ask for
/// what it does anyway.
fn check_honoured(path: &str, definition: &Map<String, Value>) -> Result<()> {
    let refused = |key: &str| Err(Error::mapper(format!("unsupported value of parameter [{key}] on field [{path}]")));
    for (key, allowed) in [
        ("store", Value::Bool(false)),
        ("coerce", Value::Bool(true)),
        ("ignore_malformed", Value::Bool(false)),
        ("index_phrases", Value::Bool(false)),
        ("similarity", Value::from("BM25")),
        ("boost", Value::from(1.0)),
        ("index_options", Value::from("positions")),
    ] {
        // A vector has these two as well, and they are other things there.
        let vectors = matches!(key, "similarity" | "index_options")
            && definition.get("type") == Some(&Value::from("dense_vector"));
        if let Some(value) = definition.get(key)
            && !vectors
            && *value != allowed
            && !(key == "index_options" && value == "offsets")
        {
            return refused(key);
        }
    }
    if definition.get("norms") == Some(&Value::Bool(false)) && definition.get("type") == Some(&Value::from("text")) {
        return refused("norms");
    }
    Ok(())
}

struct Compiler<'a> {
    registry: &'a Registry,
    mapping: Mapping,
}

impl Compiler<'_> {
    fn assign(&mut self, path: &str, kind: &Kind) -> Result<(u32, usize)> {
        let assignments = &mut self.mapping.assignments;
        let next = u32::try_from(assignments.ids.len()).map_err(|_| Error::illegal("too many fields"))?;
        let id = *assignments.ids.entry(path.to_owned()).or_insert(next);
        let slot = if *kind == Kind::Text {
            let next = assignments.slots.len();
            let slot = *assignments.slots.entry(path.to_owned()).or_insert(next);
            if slot >= TEXT_SLOTS {
                return Err(Error::illegal(format!(
                    "Limit of text fields [{TEXT_SLOTS}] has been exceeded by field [{path}]"
                )));
            }
            slot
        } else {
            0
        };
        Ok((id, slot))
    }

    fn leaf(&mut self, path: &str, source_path: &str, definition: &Map<String, Value>, type_name: &str) -> Result<()> {
        let kind = kind(path, type_name, definition)?;
        let specific = match kind {
            Kind::Text => TEXT,
            Kind::Keyword => KEYWORD,
            Kind::Integer { .. } | Kind::Float | Kind::Boolean => NUMERIC,
            Kind::Date { .. } => DATE,
            Kind::Completion => COMPLETION,
            Kind::Vector { .. } => VECTOR,
        };
        for key in definition.keys() {
            if !COMMON.contains(&key.as_str()) && !specific.contains(&key.as_str()) {
                return Err(Error::mapper(format!(
                    "Failed to parse mapping: unknown parameter [{key}] on mapper [{}] of type [{type_name}]",
                    leaf(path)
                )));
            }
        }
        check_honoured(path, definition)?;
        let text = |key: &str| definition.get(key).and_then(Value::as_str);
        let fallback = if kind == Kind::Completion { "simple" } else { "default" };
        let analyzer = text("analyzer").unwrap_or(fallback).to_owned();
        let search_analyzer = text("search_analyzer").unwrap_or(&analyzer).to_owned();
        for name in [&analyzer, &search_analyzer] {
            self.registry.analyzer(name).map_err(|_| {
                Error::mapper(format!("Failed to parse mapping: analyzer [{name}] has not been configured in mappings"))
            })?;
        }
        let normalizer = text("normalizer").map(str::to_owned);
        if let Some(name) = &normalizer {
            self.registry.normalizer(name).map_err(|_| {
                Error::mapper(format!(
                    "Failed to parse mapping: normalizer [{name}] not found for field [{}]",
                    leaf(path)
                ))
            })?;
        }
        let (id, slot) = self.assign(path, &kind)?;
        let copy_to = match definition.get("copy_to") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        let flag = |key: &str| definition.get(key).and_then(Value::as_bool).unwrap_or(true);
        let field = Field {
            id,
            path: path.to_owned(),
            type_name: type_name.to_owned(),
            slot,
            analyzer,
            search_analyzer,
            normalizer,
            ignore_above: definition.get("ignore_above").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()),
            null_value: definition.get("null_value").filter(|value| !value.is_null()).cloned(),
            indexed: flag("index"),
            doc_values: flag("doc_values") && !matches!(kind, Kind::Text | Kind::Completion | Kind::Vector { .. }),
            source_path: source_path.to_owned(),
            copy_to,
            kind,
        };
        self.mapping.fields.insert(path.to_owned(), field);
        if self.mapping.fields.len() > FIELDS_MAX {
            return Err(Error::illegal(format!("Limit of total fields [{FIELDS_MAX}] has been exceeded")));
        }
        if let Some(fields) = definition.get("fields") {
            let fields =
                fields.as_object().ok_or_else(|| Error::mapper(format!("[fields] of [{path}] must be an object")))?;
            for (name, definition) in fields {
                let child = format!("{path}.{name}");
                let definition =
                    definition.as_object().ok_or_else(|| Error::mapper(format!("[{child}] must be an object")))?;
                let type_name = definition
                    .get("type")
                    .and_then(Value::as_str)
                    .ok_or_else(|| Error::mapper(format!("No type specified for field [{child}]")))?;
                self.mapping.children.entry(path.to_owned()).or_default().push(child.clone());
                self.leaf(&child, source_path, definition, type_name)?;
            }
        }
        Ok(())
    }

    fn properties(&mut self, prefix: &str, properties: &Map<String, Value>, inherited: Dynamic) -> Result<()> {
        for (name, definition) in properties {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let Some(definition) = definition.as_object() else {
                return Err(Error::mapper(format!(
                    "Expected map for property [fields] on field [{name}] but got a value"
                )));
            };
            match definition.get("type").and_then(Value::as_str) {
                Some("nested") => {
                    return Err(Error::mapper(format!(
                        "Failed to parse mapping: type [nested] of field [{path}] is not supported by this embedded engine"
                    )));
                }
                None | Some("object") => {
                    for key in definition.keys() {
                        if !["type", "properties", "dynamic", "enabled"].contains(&key.as_str()) {
                            return Err(if definition.contains_key("properties") {
                                Error::mapper(format!("unsupported parameter [{key}] on object [{path}]"))
                            } else {
                                Error::mapper(format!("Failed to parse mapping: No type specified for field [{path}]"))
                            });
                        }
                    }
                    let mut own = definition.get("dynamic").map_or(Ok(inherited), dynamic)?;
                    if definition.get("enabled") == Some(&Value::Bool(false)) {
                        own = Dynamic::False;
                    }
                    self.mapping.objects.insert(path.clone(), own);
                    if let Some(inner) = definition.get("properties") {
                        let inner = inner
                            .as_object()
                            .ok_or_else(|| Error::mapper(format!("[properties] of [{path}] must be an object")))?;
                        self.properties(&path, inner, own)?;
                    }
                }
                Some(type_name) => self.leaf(&path, &path, definition, type_name)?,
            }
        }
        Ok(())
    }
}

impl Mapping {
    /// Compiles the body of a mapping: `{"properties": {...}, "dynamic": ...}`. Fields that `assignments` knows keep
    /// their numbers.
    pub(crate) fn compile(body: &Value, assignments: Assignments, registry: &Registry) -> Result<Self> {
        let empty = Map::new();
        let body = match body {
            Value::Null => &empty,
            Value::Object(body) => body,
            _ => return Err(Error::mapper("Failed to parse mapping: expected an object")),
        };
        let mut root = body.clone();
        let properties = match root.shift_remove("properties") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(properties)) => properties,
            Some(_) => return Err(Error::mapper("Failed to parse mapping: [properties] must be an object")),
        };
        for key in root.keys() {
            if !["dynamic", "_meta", "date_detection", "numeric_detection"].contains(&key.as_str()) {
                return Err(Error::mapper(format!(
                    "Failed to parse mapping: Root mapping definition has unsupported parameters:  [{key} : {}]",
                    root[key]
                )));
            }
        }
        if root.get("numeric_detection") == Some(&Value::Bool(true)) {
            return Err(Error::mapper("Failed to parse mapping: [numeric_detection] is not supported"));
        }
        let own = root.get("dynamic").map_or(Ok(Dynamic::True), dynamic)?;
        let mapping = Self {
            root,
            properties: properties.clone(),
            assignments,
            fields: Default::default(),
            objects: Default::default(),
            children: Default::default(),
        };
        let mut compiler = Compiler { registry, mapping };
        compiler.mapping.objects.insert(String::new(), own);
        compiler.properties("", &properties, own)?;
        Ok(compiler.mapping)
    }
}
