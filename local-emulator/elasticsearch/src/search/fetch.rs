//! From a hit to its JSON.

use serde_json::{Map, Value, json};

use super::collect::{Hit, Leaf};
use super::request::SearchRequest;
use super::sort::{By, Sort};
use super::source::values_at;
use crate::error::{Error, Result};
use crate::index::{SEQ_NO, VERSION, fetch};
use crate::mapping::{Kind, date};
use crate::query::Matchers;

/// `hits.hits[]` of one hit. `matchers` are those of the hit's index.
pub(super) fn hit_json(
    hit: &Hit,
    leaf: &Leaf<'_>,
    request: &SearchRequest,
    sorts: &[Sort],
    scored: bool,
    matchers: &Matchers,
) -> Result<Value> {
    let address = tantivy::DocAddress::new(leaf.segment_ord, hit.doc);
    let (id, bytes) = fetch(&leaf.view.searcher, &leaf.view.schema, address)?;
    let mut json = Map::new();
    json.insert("_index".into(), leaf.view.name.as_str().into());
    json.insert("_id".into(), id.into());
    let columns = leaf.segment.fast_fields();
    if request.version {
        json.insert("_version".into(), columns.u64(VERSION)?.first(hit.doc).unwrap_or(1).into());
    }
    if request.seq_no {
        json.insert("_seq_no".into(), columns.u64(SEQ_NO)?.first(hit.doc).unwrap_or(0).into());
        json.insert("_primary_term".into(), 1.into());
    }
    json.insert("_score".into(), if scored { json!(hit.score) } else { Value::Null });
    let wants_source = !request.source.none;
    if wants_source || request.highlight.is_some() || !request.fields.is_empty() {
        let source: Map<String, Value> = serde_json::from_slice(&bytes).map_err(std::io::Error::from)?;
        let highlighted = match &request.highlight {
            Some(highlight) => highlight.apply(leaf.view, &source, matchers)?,
            None => Map::new(),
        };
        let fields = fields_json(request, leaf, &source)?;
        if wants_source {
            json.insert("_source".into(), Value::Object(request.source.apply(source)));
        }
        if !fields.is_empty() {
            json.insert("fields".into(), Value::Object(fields));
        }
        if !highlighted.is_empty() {
            json.insert("highlight".into(), Value::Object(highlighted));
        }
    }
    if !sorts.is_empty() {
        let keys = hit.keys.iter().zip(sorts).map(|(key, sort)| match &sort.by {
            By::Field { format, .. } => key.json(format.as_deref()),
            _ => key.json(None),
        });
        json.insert("sort".into(), keys.collect());
    }
    Ok(Value::Object(json))
}

/// The `fields` option: values by path, always arrays, dates printed by the field's format.
fn fields_json(request: &SearchRequest, leaf: &Leaf<'_>, source: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    for (pattern, format) in &request.fields {
        for path in leaf.view.mapping.expand(pattern) {
            let Some(field) = leaf.view.mapping.field(&path) else { continue };
            if format.as_deref().is_some_and(|format| format != "use_field_mapping")
                && !matches!(field.kind, Kind::Date { .. })
            {
                return Err(Error::unsupported(&format!("[format] of [{path}], which is no date,")));
            }
            let values: Vec<Value> = values_at(source, &field.source_path)
                .into_iter()
                .map(|value| match &field.kind {
                    Kind::Date { format: own } => {
                        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        match date::parse(&text, own, date::Fill::Down) {
                            Ok(millis) => Value::from(date::print_as(
                                millis,
                                format.as_deref().filter(|format| *format != "use_field_mapping").unwrap_or(own),
                            )),
                            Err(_) => value.clone(),
                        }
                    }
                    _ => value.clone(),
                })
                .collect();
            if !values.is_empty() {
                all.insert(path, Value::Array(values));
            }
        }
    }
    Ok(all)
}
