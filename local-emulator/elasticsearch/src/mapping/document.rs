//! From one JSON document to terms and doc values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tantivy::schema::OwnedValue;

use super::merge::{body_for, merge_bodies};
use super::vector::{self, packed};
use super::{Dynamic, Field, IndexedDocument, Kind, Mapping, Number, date, parse_boolean, parse_number};
use crate::analysis::{Analyzer, Registry};
use crate::error::{Error, Result};
use crate::index::{Schema, completion_term, keyword_term, number_text, present_term};

/// The longest keyword term, in bytes; Lucene's limit for a term.
const KEYWORD_BYTES_MAX: usize = 32_766;

/// The deepest nesting of objects (`index.mapping.depth.limit`).
const DEPTH_MAX: usize = 20;

/// Text that dynamic mapping maps as keyword too is not indexed as keyword beyond this length. In characters.
const DYNAMIC_IGNORE_ABOVE: u64 = 256;

/// What a document became.
pub(crate) enum Document {
    Ready(IndexedDocument),
    /// The document has fields that the mapping lacks: merge this body in, then parse again.
    NeedsMapping(Value),
}

struct Parser<'a> {
    mapping: &'a Mapping,
    registry: &'a Registry,
    schema: &'a Schema,
    id: &'a str,
    /// By slot: how a text field is analysed, and its values.
    texts: BTreeMap<usize, (Arc<Analyzer>, Vec<String>)>,
    terms: Vec<String>,
    present: Vec<u32>,
    completions: Vec<String>,
    values: BTreeMap<String, OwnedValue>,
    unknown: Map<String, Value>,
}

fn push(values: &mut BTreeMap<String, OwnedValue>, key: String, value: OwnedValue) {
    match values.entry(key).or_insert_with(|| OwnedValue::Array(Vec::new())) {
        OwnedValue::Array(all) => all.push(value),
        other => *other = value,
    }
}

impl Parser<'_> {
    fn bad(&self, field: &Field, value: &Value, cause: Error) -> Error {
        let shown: String = value.as_str().map_or_else(|| value.to_string(), str::to_owned).chars().take(100).collect();
        Error::document(format!(
            "failed to parse field [{}] of type [{}] in document with id '{}'. Preview of field's value: '{shown}'",
            field.path, field.type_name, self.id
        ))
        .caused_by(cause)
    }

    fn keyword(&mut self, field: &Field, text: &str) -> Result<()> {
        if field.ignore_above.is_some_and(|limit| text.chars().count() > limit) {
            return Ok(());
        }
        let text = match &field.normalizer {
            Some(name) => self.registry.normalizer(name)?.normalize(text),
            None => text.to_owned(),
        };
        if text.len() > KEYWORD_BYTES_MAX {
            return Err(Error::document(format!(
                "Document contains at least one immense term in field=\"{}\" (whose UTF8 encoding is longer than the max length {KEYWORD_BYTES_MAX})",
                field.path
            )));
        }
        self.scalar(field, &text.clone(), OwnedValue::Str(text));
        Ok(())
    }

    fn scalar(&mut self, field: &Field, term: &str, value: OwnedValue) {
        if field.indexed {
            self.terms.push(keyword_term(field.id, term));
        }
        if field.doc_values {
            push(&mut self.values, format!("f{}", field.id), value);
        }
        self.present.push(field.id);
    }

    /// One value (not an array, not null) of one field.
    fn leaf(&mut self, field: &Field, value: &Value) -> Result<()> {
        match &field.kind {
            Kind::Text => {
                let text = plain(value).ok_or_else(|| {
                    self.bad(
                        field,
                        value,
                        Error::new(400, "illegal_state_exception", "Can't get text on a START_OBJECT"),
                    )
                })?;
                self.present.push(field.id);
                if field.indexed {
                    let analyzer = self.registry.analyzer(&field.analyzer)?;
                    self.texts.entry(field.slot).or_insert_with(|| (analyzer, Vec::new())).1.push(text);
                }
            }
            Kind::Keyword => {
                let text = plain(value).ok_or_else(|| {
                    self.bad(
                        field,
                        value,
                        Error::new(400, "illegal_state_exception", "Can't get text on a START_OBJECT"),
                    )
                })?;
                self.keyword(field, &text)?;
            }
            Kind::Integer { .. } | Kind::Float => {
                let number = parse_number(&field.kind, &field.type_name, value)
                    .map_err(|error| self.bad(field, value, error))?;
                let owned = match number {
                    Number::Integer(number) => OwnedValue::I64(number),
                    Number::Float(number) => OwnedValue::F64(number),
                };
                self.scalar(field, &number_text(number), owned);
            }
            Kind::Boolean => {
                let flag = parse_boolean(value).map_err(|error| self.bad(field, value, error))?;
                self.scalar(field, &number_text(Number::Integer(flag.into())), OwnedValue::I64(flag.into()));
            }
            Kind::Date { format } => {
                let text = match value {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => {
                        Some(number.as_i64().map_or_else(|| number.to_string(), |n| n.to_string()))
                    }
                    _ => None,
                };
                let millis = text
                    .ok_or_else(|| {
                        Error::illegal(format!("failed to parse date field [{value}] with format [{format}]"))
                    })
                    .and_then(|text| date::parse(&text, format, date::Fill::Down))
                    .map_err(|error| self.bad(field, value, error))?;
                self.scalar(field, &number_text(Number::Integer(millis)), OwnedValue::I64(millis));
            }
            Kind::Completion => self.completion(field, value)?,
            // Arrays come whole, to `vector`: this is something else.
            Kind::Vector { .. } => self.vector(field, value)?,
        }
        Ok(())
    }

    fn vector(&mut self, field: &Field, value: &Value) -> Result<()> {
        let Kind::Vector { dimensions, similarity } = field.kind else { return Ok(()) };
        let bad = |cause: Error| Error::document(format!("failed to parse: {}", cause.reason)).caused_by(cause);
        let vector = vector::numbers(value).map_err(bad)?;
        if vector.len() != dimensions {
            return Err(bad(Error::illegal(format!(
                "The [dense_vector] field [{}] in doc [document with id '{}'] has a different number of dimensions [{}] than defined in the mapping [{dimensions}]",
                field.path,
                self.id,
                vector.len()
            ))));
        }
        // Kept as it came: what is compared is made of it when it is read.
        similarity.prepared(vector.clone()).map_err(bad)?;
        for pair in packed(&vector) {
            push(&mut self.values, format!("f{}", field.id), OwnedValue::I64(pair));
        }
        self.present.push(field.id);
        Ok(())
    }

    fn completion(&mut self, field: &Field, value: &Value) -> Result<()> {
        let bad =
            |reason: &str| Error::document(format!("failed to parse completion field [{}]: {reason}", field.path));
        let (inputs, weight) = match value {
            Value::String(text) => (vec![text.clone()], 1),
            Value::Object(object) => {
                for key in object.keys() {
                    if key != "input" && key != "weight" {
                        return Err(bad(&format!("unknown field name [{key}], must be one of [input, weight]")));
                    }
                }
                let inputs = match object.get("input") {
                    Some(Value::String(one)) => vec![one.clone()],
                    Some(Value::Array(many)) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
                    _ => return Err(bad("input must be a string or an array of strings")),
                };
                let weight = match object.get("weight") {
                    None => 1,
                    Some(weight) => weight
                        .as_u64()
                        .or_else(|| weight.as_str().and_then(|text| text.parse().ok()))
                        .and_then(|weight| u32::try_from(weight).ok())
                        .ok_or_else(|| bad("weight must be in the interval [0..2147483647]"))?,
                };
                (inputs, weight)
            }
            _ => return Err(bad("expected text or object")),
        };
        let analyzer = self.registry.analyzer(&field.analyzer)?;
        for input in inputs {
            let words: Vec<String> = analyzer.analyze(&input).into_iter().map(|token| token.text).collect();
            self.completions.push(completion_term(field.id, &words.join(" "), weight, &input));
            self.present.push(field.id);
        }
        Ok(())
    }

    /// All values of a mapped field, its multi-fields and the fields that it is copied to.
    fn field(&mut self, field: &Field, value: &Value) -> Result<()> {
        match value {
            Value::Array(values) if !matches!(field.kind, Kind::Vector { .. }) => {
                for value in values {
                    self.field(field, value)?;
                }
                return Ok(());
            }
            Value::Null => {
                if let Some(null_value) = &field.null_value {
                    self.leaf(field, null_value)?;
                }
            }
            value => self.leaf(field, value)?,
        }
        let mapping = self.mapping;
        for path in mapping.children.get(&field.path).into_iter().flatten().chain(&field.copy_to) {
            if let Some(child) = mapping.field(path)
                && !(value.is_null() && child.null_value.is_none())
            {
                self.field(child, value)?;
            }
        }
        Ok(())
    }

    fn object(&mut self, prefix: &str, object: &Map<String, Value>, inherited: Dynamic, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(Error::document(format!(
                "Limit of mapping depth [{DEPTH_MAX}] has been exceeded due to object field [{prefix}]"
            )));
        }
        let mapping = self.mapping;
        for (name, value) in object {
            if !name.is_empty() && name.chars().all(|character| character == '.') {
                return Err(Error::document("field name cannot contain only the character [.]"));
            }
            if name.is_empty() || name.split('.').any(str::is_empty) {
                return Err(Error::document(format!("field name cannot be an empty string: [{name}]")));
            }
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Some(field) = mapping.field(&path) {
                self.field(field, value)?;
                continue;
            }
            let mapped = mapping.objects.get(&path).copied();
            let dynamic = mapped.unwrap_or(inherited);
            let objects = match value {
                Value::Object(inner) => vec![inner],
                Value::Array(values) if !values.is_empty() && values.iter().all(Value::is_object) => {
                    values.iter().filter_map(Value::as_object).collect()
                }
                Value::Null => continue,
                Value::Array(values) if values.iter().all(Value::is_null) => continue,
                _ if mapped.is_some() => {
                    return Err(Error::document(format!(
                        "object mapping for [{path}] tried to parse field [{name}] as object, but found a concrete value"
                    )));
                }
                _ => Vec::new(),
            };
            if mapped.is_none() {
                match dynamic {
                    Dynamic::True => {}
                    Dynamic::False => continue,
                    Dynamic::Strict => {
                        return Err(Error::new(
                            400,
                            "strict_dynamic_mapping_exception",
                            format!(
                                "mapping set to strict, dynamic introduction of [{name}] within [{}] is not allowed",
                                if prefix.is_empty() { "_doc" } else { prefix }
                            ),
                        ));
                    }
                }
            }
            if objects.is_empty() {
                self.introduce(&path, value)?;
            }
            for inner in objects {
                if mapped.is_none() && inner.is_empty() {
                    let body = body_for(&path, &json!({ "type": "object" }));
                    merge_bodies(&mut self.unknown, &body)?;
                }
                self.object(&path, inner, dynamic, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Notes what dynamic mapping makes of a value of an unmapped field.
    fn introduce(&mut self, path: &str, value: &Value) -> Result<()> {
        let sample = match value {
            Value::Array(values) => values.iter().find(|value| !value.is_null()),
            value => Some(value),
        };
        let dates = self.mapping.root.get("date_detection") != Some(&Value::Bool(false));
        let definition = match sample {
            Some(Value::String(text)) if dates && date::detects(text) => json!({ "type": "date" }),
            Some(Value::String(_)) => json!({
                "type": "text",
                "fields": { "keyword": { "type": "keyword", "ignore_above": DYNAMIC_IGNORE_ABOVE } },
            }),
            Some(Value::Bool(_)) => json!({ "type": "boolean" }),
            Some(Value::Number(number)) if number.is_i64() => json!({ "type": "long" }),
            Some(Value::Number(_)) => json!({ "type": "float" }),
            _ => {
                return Err(Error::document(format!(
                    "failed to parse field [{path}]: arrays of arrays or of mixed values cannot be mapped"
                )));
            }
        };
        // The first value decides, as it does on a real shard; one that disagrees fails when it is parsed again.
        if self.known(path) { Ok(()) } else { merge_bodies(&mut self.unknown, &body_for(path, &definition)) }
    }

    fn known(&self, path: &str) -> bool {
        let mut level = self.unknown.get("properties");
        let mut found = None;
        for name in path.split('.') {
            found = level.and_then(|properties| properties.get(name));
            level = found.and_then(|field| field.get("properties"));
        }
        found.is_some()
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

impl Mapping {
    /// Parses a document's source.
    ///
    /// # Errors
    /// `document_parsing_exception` that names the field; `strict_dynamic_mapping_exception`.
    pub(crate) fn parse(
        &self,
        id: &str,
        source: &Map<String, Value>,
        registry: &Registry,
        schema: &Schema,
    ) -> Result<Document> {
        let mut parser = Parser {
            mapping: self,
            registry,
            schema,
            id,
            texts: BTreeMap::new(),
            terms: Vec::new(),
            present: Vec::new(),
            completions: Vec::new(),
            values: BTreeMap::new(),
            unknown: Map::new(),
        };
        for key in source.keys() {
            if ["_id", "_index", "_source", "_version", "_seq_no", "_routing"].contains(&key.as_str()) {
                return Err(Error::document(format!(
                    "Field [{key}] is a metadata field and cannot be added inside a document. Use the index API request parameters."
                )));
            }
        }
        parser.object("", source, self.objects.get("").copied().unwrap_or(Dynamic::True), 1)?;
        if !parser.unknown.is_empty() {
            return Ok(Document::NeedsMapping(Value::Object(parser.unknown)));
        }
        Ok(Document::Ready(parser.finish()))
    }
}

impl Parser<'_> {
    fn finish(mut self) -> IndexedDocument {
        let schema = self.schema;
        let mut document = IndexedDocument::default();
        document.add_exact(schema.id, self.id.to_owned());
        for (slot, (analyzer, values)) in self.texts {
            document.add_text(schema.texts[slot], analyzer, values);
        }
        self.terms.sort_unstable();
        self.terms.dedup();
        for term in self.terms {
            document.add_exact(schema.keywords, term);
        }
        self.present.sort_unstable();
        self.present.dedup();
        for id in self.present {
            document.add_exact(schema.present, present_term(id));
        }
        for term in self.completions {
            document.add_exact(schema.completions, term);
        }
        if !self.values.is_empty() {
            document.add_columns(schema.values, self.values);
        }
        document
    }
}
