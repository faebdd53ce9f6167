//! Indices: create, read, delete; mappings, settings, refresh.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::serve::App;
use super::{Reply, Request};
use crate::catalog::Lenience;
use crate::error::{Error, Result};
use crate::index::Index;

const EXPANSION: &[&str] =
    &["ignore_unavailable", "allow_no_indices", "expand_wildcards", "local", "include_defaults", "flat_settings"];

pub(super) fn create(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&["wait_for_active_shards"])?;
    let body = request.json()?;
    if let Value::Object(object) = &body
        && let Some(key) = object.keys().find(|key| !["settings", "mappings", "aliases"].contains(&key.as_str()))
    {
        return Err(Error::parsing(format!("unknown key [{key}] for create index")));
    }
    app.catalog.create(name, &body, request.now_ms)?;
    Ok(Reply::ok(json!({ "acknowledged": true, "shards_acknowledged": true, "index": name })))
}

pub(super) fn delete(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(EXPANSION)?;
    let indices = app.catalog.resolve_concrete(name, request.lenience()?)?;
    app.catalog.delete(&indices.iter().map(|index| index.name.clone()).collect::<Vec<_>>())?;
    Ok(Reply::acknowledged())
}

pub(super) fn exists(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(EXPANSION)?;
    let found = app.catalog.resolve(name, Lenience { allow_no_indices: false, ..Lenience::default() });
    match found {
        Ok(_) => Ok(Reply::ok(Value::Null)),
        Err(error) if error.status == 404 => Ok(Reply::status(404, Value::Null)),
        Err(error) => Err(error),
    }
}

fn aliases_json(app: &App, index: &str) -> Value {
    app.catalog
        .aliases_of(index)
        .into_iter()
        .map(|(alias, options)| (alias, json!(options)))
        .collect::<Map<_, _>>()
        .into()
}

pub(super) fn settings_json(index: &Index) -> Value {
    let mut settings = index.settings().json();
    settings.entry("number_of_shards").or_insert_with(|| "1".into());
    settings.entry("number_of_replicas").or_insert_with(|| "1".into());
    settings.insert("provided_name".into(), index.name.as_str().into());
    settings.insert("creation_date".into(), index.created_ms.to_string().into());
    settings.insert("uuid".into(), index.uuid.as_str().into());
    settings.insert("version".into(), json!({ "created": "8536000" }));
    json!({ "index": settings })
}

pub(super) fn get(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(EXPANSION)?;
    let mut all = Map::new();
    for index in app.catalog.resolve(name, request.lenience()?)? {
        let one = json!({
            "aliases": aliases_json(app, &index.name),
            "mappings": index.mapping().json(),
            "settings": settings_json(&index),
        });
        all.insert(index.name.clone(), one);
    }
    Ok(Reply::ok(all.into()))
}

pub(super) fn get_mapping(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(EXPANSION)?;
    let indices = app.catalog.resolve(name, request.lenience()?)?;
    let all: Map<String, Value> =
        indices.iter().map(|index| (index.name.clone(), json!({ "mappings": index.mapping().json() }))).collect();
    Ok(Reply::ok(all.into()))
}

pub(super) fn put_mapping(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&["ignore_unavailable", "allow_no_indices", "expand_wildcards", "write_index_only"])?;
    let body = request.required_json()?;
    let names_a_type = body
        .as_object()
        .is_some_and(|object| object.iter().any(|(key, value)| key == "_doc" && value.get("properties").is_some()));
    if names_a_type {
        return Err(Error::illegal("Types cannot be provided in put mapping requests"));
    }
    for index in app.catalog.resolve(name, request.lenience()?)? {
        index.merge_mapping(&body)?;
    }
    Ok(Reply::acknowledged())
}

pub(super) fn get_settings(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(EXPANSION)?;
    let flat = request.flag("flat_settings", false)?;
    let mut all = Map::new();
    for index in app.catalog.resolve(name, request.lenience()?)? {
        let settings = settings_json(&index);
        let shown = |settings: Value| if flat { flatten(&settings) } else { settings };
        let mut one = Map::new();
        one.insert("settings".into(), shown(settings));
        if request.flag("include_defaults", false)? {
            one.insert("defaults".into(), shown(json!({ "index": index.settings().defaults_json() })));
        }
        all.insert(index.name.clone(), one.into());
    }
    Ok(Reply::ok(all.into()))
}

fn flatten(value: &Value) -> Value {
    fn walk(prefix: &str, value: &Value, into: &mut Map<String, Value>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    walk(&if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") }, value, into);
                }
            }
            value => {
                into.insert(prefix.to_owned(), value.clone());
            }
        }
    }
    let mut flat = Map::new();
    walk("", value, &mut flat);
    flat.into()
}

pub(super) fn put_settings(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&[
        "ignore_unavailable",
        "allow_no_indices",
        "expand_wildcards",
        "preserve_existing",
        "flat_settings",
        "reopen",
    ])?;
    let body = request.required_json()?;
    let body = body.get("settings").unwrap_or(&body);
    let preserve = request.flag("preserve_existing", false)?;
    for index in app.catalog.resolve(name, request.lenience()?)? {
        index.update_settings(body, preserve)?;
    }
    Ok(Reply::acknowledged())
}

/// `_shards` of what is done to every copy: those of replicas are counted and never there.
pub(super) fn copies_json(indices: &[Arc<Index>]) -> Value {
    let (mut total, mut successful) = (0, 0);
    for index in indices {
        let settings = index.settings();
        successful += settings.shards();
        total += settings.shards().saturating_mul(settings.replicas().saturating_add(1));
    }
    json!({ "total": total, "successful": successful, "failed": 0 })
}

/// Refresh, flush and forcemerge are one here: a refresh commits.
pub(super) fn refresh(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&[
        "ignore_unavailable",
        "allow_no_indices",
        "expand_wildcards",
        "force",
        "wait_if_ongoing",
        "max_num_segments",
        "flush",
        "only_expunge_deletes",
        "wait_for_completion",
    ])?;
    if !request.flag("wait_for_completion", true)? {
        return Err(Error::unsupported("[wait_for_completion=false]"));
    }
    if request.flag("force", false)? && !request.flag("wait_if_ongoing", true)? {
        return Err(Error::validation("wait_if_ongoing must be true for a force flush"));
    }
    let indices = app.catalog.resolve(name, request.lenience()?)?;
    for index in &indices {
        index.refresh()?;
    }
    Ok(Reply::ok(json!({ "_shards": copies_json(&indices) })))
}
