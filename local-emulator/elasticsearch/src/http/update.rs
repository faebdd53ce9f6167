//! Partial updates: a document merged into the one that is there.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::documents::{expect, filtered, read_target, written_json, written_status};
use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::{Expect, Index, Outcome, Written};
use crate::search::SourceFilter;

/// The body of `_update`, and the second line of a bulk update.
pub(super) struct Change {
    doc: Option<Map<String, Value>>,
    upsert: Option<Map<String, Value>>,
    doc_as_upsert: bool,
    detect_noop: bool,
    pub(super) source: Option<SourceFilter>,
}

/// What an update did.
pub(super) enum Updated {
    Written(Written),
    /// The document has all of it already.
    Noop(Written),
}

impl Change {
    pub(super) fn parse(value: &Value) -> Result<Self> {
        let mut body = Body::new(value, "UpdateRequest")?;
        if body.get("script").is_some() || body.get("scripted_upsert").is_some() {
            return Err(Error::unsupported("[script] in an update"));
        }
        let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
        let change = Self {
            doc: object(body.get("doc")),
            upsert: object(body.get("upsert")),
            doc_as_upsert: body.flag("doc_as_upsert")?.unwrap_or(false),
            detect_noop: body.flag("detect_noop")?.unwrap_or(true),
            source: body.get("_source").map(SourceFilter::parse).transpose()?,
        };
        body.finish().map_err(|error| match error.reason.rsplit_once("support [") {
            Some((_, key)) => unknown_field(key.trim_end_matches(']')),
            None => error,
        })?;
        if change.doc.is_none() {
            return Err(Error::validation("script or doc is missing"));
        }
        Ok(change)
    }
}

/// A key of an update that is none, with the one that was perhaps meant.
fn unknown_field(key: &str) -> Error {
    let known = ["doc", "upsert", "doc_as_upsert", "detect_noop", "_source", "script", "scripted_upsert"];
    let near = known.iter().find(|name| crate::query::distance_within(key, name, 1, true).is_some());
    let hint = near.map_or_else(String::new, |name| format!(" did you mean [{name}]?"));
    Error::x_content(format!("[UpdateRequest] unknown field [{key}]{hint}"))
}

/// Objects merge key by key; everything else replaces. Whether anything changed.
fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) -> bool {
    let mut changed = false;
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => changed |= merge(into, from),
            (Some(existing), value) if existing == value => {}
            _ => {
                into.insert(key.clone(), value.clone());
                changed = true;
            }
        }
    }
    changed
}

pub(super) fn apply(index: &Arc<Index>, id: &str, change: &Change, expected: Expect, retries: u64) -> Result<Updated> {
    let mut attempt = 0;
    loop {
        match apply_once(index, id, change, expected) {
            Err(error) if error.status == 409 && expected == Expect::Any && attempt < retries => attempt += 1,
            outcome => return outcome,
        }
    }
}

fn apply_once(index: &Arc<Index>, id: &str, change: &Change, expected: Expect) -> Result<Updated> {
    let bytes = |object: &Map<String, Value>| serde_json::to_vec(object).map_err(std::io::Error::from);
    let Some(stored) = index.get(id)? else {
        let insert = match (&change.doc, &change.upsert) {
            (Some(doc), _) if change.doc_as_upsert => doc,
            (_, Some(upsert)) => upsert,
            _ => {
                return Err(Error::new(404, "document_missing_exception", format!("[{id}]: document missing"))
                    .with("index", index.name.as_str())
                    .with("shard", "0"));
            }
        };
        return Ok(Updated::Written(index.put(id, &bytes(insert)?, Expect::Absent)?));
    };
    if let Expect::SeqNo(seq_no) = expected
        && seq_no != stored.seq_no
    {
        let detail = format!(
            "required seqNo [{seq_no}], primary term [1]. current document has seqNo [{}] and primary term [1]",
            stored.seq_no
        );
        return Err(Error::version_conflict(&index.name, id, &detail));
    }
    let mut source: Map<String, Value> = serde_json::from_slice(&stored.source).map_err(std::io::Error::from)?;
    let changed = change.doc.as_ref().is_some_and(|doc| merge(&mut source, doc));
    if !changed && change.detect_noop {
        return Ok(Updated::Noop(Written {
            outcome: Outcome::Updated,
            version: stored.version,
            seq_no: stored.seq_no,
        }));
    }
    Ok(Updated::Written(index.put(id, &bytes(&source)?, Expect::SeqNo(stored.seq_no))?))
}

/// Status and body of an update's answer.
pub(super) fn answer(
    index: &Arc<Index>,
    id: &str,
    updated: &Updated,
    change: &Change,
    forced: bool,
) -> Result<(u16, Map<String, Value>)> {
    let (status, mut json) = match updated {
        Updated::Written(written) => (written_status(written.outcome), written_json(index, id, *written, forced)),
        Updated::Noop(written) => {
            let mut json = written_json(index, id, *written, false);
            json.insert("result".into(), "noop".into());
            json.insert("_shards".into(), serde_json::json!({ "total": 0, "successful": 0, "failed": 0 }));
            (200, json)
        }
    };
    if let Some(filter) = &change.source
        && let Some(stored) = index.get(id)?
    {
        let mut get = Map::new();
        get.insert("found".into(), true.into());
        get.extend(filtered(&stored, filter)?.map(|source| ("_source".to_owned(), source)));
        json.insert("get".into(), get.into());
    }
    Ok((status, json))
}

pub(super) fn update(app: &App, request: &Request, name: &str, id: &str) -> Result<Reply> {
    request.allow(&[
        "refresh",
        "if_seq_no",
        "if_primary_term",
        "retry_on_conflict",
        "routing",
        "_source",
        "_source_includes",
        "_source_excludes",
        "wait_for_active_shards",
        "require_alias",
        "lang",
    ])?;
    let refresh = request.refresh()?;
    let expected = expect(None, None, request.number("if_seq_no")?, request.number("if_primary_term")?)?;
    let mut change = Change::parse(&request.required_json()?)?;
    if request.params.keys().any(|key| key.starts_with("_source")) {
        change.source = Some(super::documents::source_filter(request)?);
    }
    if request.flag("require_alias", false)? && !app.catalog.is_alias(name) {
        return Err(super::documents::alias_required(name));
    }
    let index = if change.doc_as_upsert || change.upsert.is_some() {
        app.catalog.write_or_create(name, request.now_ms)?
    } else {
        app.catalog.write_target(name)?.map_or_else(|| read_target(app, name), Ok)?
    };
    let updated = apply(&index, id, &change, expected, request.number("retry_on_conflict")?.unwrap_or(0))?;
    index.acknowledge()?;
    if refresh {
        index.refresh()?;
    }
    let (status, json) =
        answer(&index, id, &updated, &change, refresh && request.param("refresh") != Some("wait_for"))?;
    Ok(Reply::status(status, json.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_merge_and_equal_values_are_no_change() {
        let Value::Object(mut into) = json!({ "a": { "b": 1, "c": 2 }, "l": [1] }) else { panic!("an object") };
        let Value::Object(from) = json!({ "a": { "c": 3 }, "l": [2] }) else { panic!("an object") };
        assert!(merge(&mut into, &from));
        assert_eq!(Value::Object(into.clone()), json!({ "a": { "b": 1, "c": 3 }, "l": [2] }));
        assert!(!merge(&mut into, &from));
    }
}
