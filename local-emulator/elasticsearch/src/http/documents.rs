//! Single documents: index, create, get, delete, mget.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::catalog::Lenience;
use crate::error::{Error, Result};
use crate::index::{Expect, Index, Outcome, Stored, Written};
use crate::search::SourceFilter;

/// An id for a document that came without one.
pub(super) fn new_id() -> String {
    #[expect(clippy::disallowed_methods, reason = "an engine makes up the ids that clients leave to it")]
    let id = uuid::Uuid::now_v7();
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id.as_bytes())
}

/// Reads `version`, `version_type`, `if_seq_no`, `if_primary_term`.
pub(super) fn expect(
    version: Option<u64>,
    version_type: Option<&str>,
    if_seq_no: Option<u64>,
    if_primary_term: Option<u64>,
) -> Result<Expect> {
    match (version_type.unwrap_or("internal"), version, if_seq_no, if_primary_term) {
        ("external" | "external_gt", Some(version), None, None) => Ok(Expect::Newer(version)),
        ("external_gte", Some(version), None, None) => Ok(Expect::NotOlder(version)),
        ("external" | "external_gt" | "external_gte", None, ..) => Err(Error::validation(
            "an external version type needs a version: illegal version value [-3] for version type [EXTERNAL]",
        )),
        ("internal", None, None, None) => Ok(Expect::Any),
        ("internal", None, Some(seq_no), Some(1)) => Ok(Expect::SeqNo(seq_no)),
        // A primary term that never was cannot be that of any document.
        ("internal", None, Some(_), Some(_)) => Ok(Expect::SeqNo(u64::MAX)),
        ("internal", Some(_), ..) => Err(Error::validation(
            "internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead",
        )),
        ("internal", ..) => Err(Error::validation("ifSeqNo and ifPrimaryTerm must be used together")),
        ("external" | "external_gt" | "external_gte", ..) => {
            Err(Error::validation("compare and write operations can not use versioning"))
        }
        (other, ..) => Err(Error::illegal(format!("No version type match [{other}]"))),
    }
}

fn expect_of(request: &Request) -> Result<Expect> {
    expect(
        request.number("version")?,
        request.param("version_type"),
        request.number("if_seq_no")?,
        request.number("if_primary_term")?,
    )
}

pub(super) fn result_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Deleted => "deleted",
        Outcome::NotFound => "not_found",
    }
}

pub(super) fn written_status(outcome: Outcome) -> u16 {
    match outcome {
        Outcome::Created => 201,
        Outcome::NotFound => 404,
        Outcome::Updated | Outcome::Deleted => 200,
    }
}

pub(super) fn written_json(index: &Index, id: &str, written: Written, forced_refresh: bool) -> Map<String, Value> {
    let copies = index.settings().replicas() + 1;
    let mut json = Map::new();
    json.insert("_index".into(), index.name.as_str().into());
    json.insert("_id".into(), id.into());
    json.insert("_version".into(), written.version.into());
    json.insert("result".into(), result_name(written.outcome).into());
    if forced_refresh {
        json.insert("forced_refresh".into(), true.into());
    }
    json.insert("_shards".into(), json!({ "total": copies, "successful": 1, "failed": 0 }));
    json.insert("_seq_no".into(), written.seq_no.into());
    json.insert("_primary_term".into(), 1.into());
    json
}

/// What `require_alias` answers for a name that is none.
pub(super) fn alias_required(name: &str) -> Error {
    let mut error = Error::index_not_found(name);
    error.reason = format!("{} and [require_alias] request flag is [true] and [{name}] is not an alias", error.reason);
    error
}

const WRITE: &[&str] = &[
    "refresh",
    "version",
    "version_type",
    "if_seq_no",
    "if_primary_term",
    "routing",
    "wait_for_active_shards",
    "op_type",
    "require_alias",
];

pub(super) fn put(app: &App, request: &Request, name: &str, id: Option<&str>, create: bool) -> Result<Reply> {
    request.allow(WRITE)?;
    let create = match request.param("op_type") {
        None | Some("index") => create,
        Some("create") => true,
        Some(other) => return Err(Error::illegal(format!("opType must be 'create' or 'index', found: [{other}]"))),
    };
    let refresh = request.refresh()?;
    let expect = match (create, expect_of(request)?) {
        (true, Expect::Any) => Expect::Absent,
        (true, _) => {
            return Err(Error::validation("create operations only support internal versioning. use index instead"));
        }
        (false, expect) => expect,
    };
    if request.body.is_empty() {
        return Err(Error::validation("source is missing"));
    }
    if request.flag("require_alias", false)? && !app.catalog.is_alias(name) {
        return Err(alias_required(name));
    }
    let index = app.catalog.write_or_create(name, request.now_ms)?;
    let id = id.map_or_else(new_id, str::to_owned);
    let written = index.put(&id, &request.body, expect)?;
    index.acknowledge()?;
    if refresh {
        index.refresh()?;
    }
    let forced = refresh && request.param("refresh") != Some("wait_for");
    let mut reply = Reply::status(written_status(written.outcome), written_json(&index, &id, written, forced).into());
    reply.location = Some(format!(
        "/{}/_doc/{}",
        index.name,
        percent_encoding::utf8_percent_encode(&id, percent_encoding::NON_ALPHANUMERIC)
    ));
    Ok(reply)
}

pub(super) fn delete(app: &App, request: &Request, name: &str, id: &str) -> Result<Reply> {
    request.allow(WRITE)?;
    let refresh = request.refresh()?;
    let expect = expect_of(request)?;
    let index = app.catalog.write_target(name)?.ok_or_else(|| Error::index_not_found(name))?;
    let written = index.delete(id, expect)?;
    index.acknowledge()?;
    if refresh {
        index.refresh()?;
    }
    let forced = refresh && request.param("refresh") != Some("wait_for");
    Ok(Reply::status(written_status(written.outcome), written_json(&index, id, written, forced).into()))
}

/// The one index that a read by id looks in.
pub(super) fn read_target(app: &App, name: &str) -> Result<Arc<Index>> {
    let mut indices = app.catalog.resolve(name, Lenience::default())?;
    match indices.len() {
        1 => Ok(indices.remove(0)),
        0 => Err(Error::index_not_found(name)),
        _ => Err(Error::illegal(format!(
            "alias [{name}] has more than one index associated with it [{}], can't execute a single index op",
            indices.iter().map(|index| index.name.as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// `_source`, `_source_includes` and `_source_excludes` of the URL.
pub(super) fn source_filter(request: &Request) -> Result<SourceFilter> {
    let mut filter = match request.param("_source") {
        None | Some("true" | "") => SourceFilter::default(),
        Some("false") => SourceFilter::parse(&Value::Bool(false))?,
        Some(patterns) => SourceFilter { includes: list(patterns), ..SourceFilter::default() },
    };
    for key in ["_source_includes", "_source_include"] {
        filter.includes.extend(request.param(key).map(list).unwrap_or_default());
    }
    for key in ["_source_excludes", "_source_exclude"] {
        filter.excludes.extend(request.param(key).map(list).unwrap_or_default());
    }
    Ok(filter)
}

pub(super) const SOURCE: &[&str] = &[
    "_source",
    "_source_includes",
    "_source_excludes",
    "realtime",
    "refresh",
    "routing",
    "preference",
    "version",
    "version_type",
];

pub(super) fn filtered(stored: &Stored, filter: &SourceFilter) -> Result<Option<Value>> {
    if filter.none {
        return Ok(None);
    }
    let source: Map<String, Value> = serde_json::from_slice(&stored.source).map_err(std::io::Error::from)?;
    Ok(Some(Value::Object(filter.apply(source))))
}

fn found_json(index: &Index, id: &str, stored: Option<&Stored>, filter: &SourceFilter) -> Result<Value> {
    let Some(stored) = stored else {
        return Ok(json!({ "_index": index.name, "_id": id, "found": false }));
    };
    let mut json = Map::new();
    json.insert("_index".into(), index.name.as_str().into());
    json.insert("_id".into(), id.into());
    json.insert("_version".into(), stored.version.into());
    json.insert("_seq_no".into(), stored.seq_no.into());
    json.insert("_primary_term".into(), 1.into());
    json.insert("found".into(), true.into());
    json.extend(filtered(stored, filter)?.map(|source| ("_source".to_owned(), source)));
    Ok(json.into())
}

pub(super) fn get(app: &App, request: &Request, name: &str, id: &str) -> Result<Reply> {
    request.allow(SOURCE)?;
    let index = read_target(app, name)?;
    if request.refresh()? {
        index.refresh()?;
    }
    let stored = if request.flag("realtime", true)? { index.get(id)? } else { index.get_refreshed(id)? };
    if let (Some(version), Some(stored)) = (request.number("version")?, &stored)
        && version != stored.version
    {
        let detail = format!("current version [{}] is different than the one provided [{version}]", stored.version);
        return Err(Error::version_conflict(&index.name, id, &detail));
    }
    let status = if stored.is_some() { 200 } else { 404 };
    Ok(Reply::status(status, found_json(&index, id, stored.as_ref(), &source_filter(request)?)?))
}

pub(super) fn source(app: &App, request: &Request, name: &str, id: &str) -> Result<Reply> {
    request.allow(SOURCE)?;
    let index = read_target(app, name)?;
    let filter = source_filter(request)?;
    if request.refresh()? {
        index.refresh()?;
    }
    match if request.flag("realtime", true)? { index.get(id)? } else { index.get_refreshed(id)? } {
        Some(stored) => Ok(Reply::ok(filtered(&stored, &filter)?.unwrap_or_default())),
        None => {
            Err(Error::new(404, "resource_not_found_exception", format!("Document not found [{}]/[{id}]", index.name)))
        }
    }
}

pub(super) fn multi_get(app: &App, request: &Request, default: Option<&str>) -> Result<Reply> {
    request.allow(SOURCE)?;
    let json = request.required_json()?;
    let mut body = Body::new(&json, "mget")?;
    let filter = source_filter(request)?;
    let ids: Vec<String> = match body.get("ids") {
        None => Vec::new(),
        Some(Value::Array(values)) => values
            .iter()
            .map(|id| match id {
                Value::String(text) => Ok(text.clone()),
                Value::Number(number) => Ok(number.to_string()),
                other => Err(Error::x_content(format!("[mget] ids must be strings or numbers, found [{other}]"))),
            })
            .collect::<Result<_>>()?,
        Some(other) => return Err(Error::x_content(format!("[mget] ids must be an array, found [{other}]"))),
    };
    let docs = body.get("docs").and_then(Value::as_array).cloned().unwrap_or_default();
    body.finish()?;
    let mut wanted: Vec<(String, String, SourceFilter)> = Vec::new();
    let missing_index = || Error::validation("index is missing for doc 0");
    for id in ids {
        wanted.push((default.ok_or_else(missing_index)?.to_owned(), id, filter.clone()));
    }
    for doc in &docs {
        let mut doc = Body::new(doc, "mget doc")?;
        let index = doc.text("_index")?.or(default).ok_or_else(missing_index)?.to_owned();
        let id = doc.scalar("_id")?.ok_or_else(|| Error::validation("id is missing for doc 0"))?;
        let filter = doc.get("_source").map_or_else(|| Ok(filter.clone()), SourceFilter::parse)?;
        doc.scalar("routing")?;
        doc.finish()?;
        wanted.push((index, id, filter));
    }
    if wanted.is_empty() {
        return Err(Error::validation("no documents to get"));
    }
    let mut found = Vec::with_capacity(wanted.len());
    for (name, id, filter) in wanted {
        let one = read_target(app, &name).and_then(|index| {
            if request.refresh()? {
                index.refresh()?;
            }
            let stored = if request.flag("realtime", true)? { index.get(&id)? } else { index.get_refreshed(&id)? };
            found_json(&index, &id, stored.as_ref(), &filter)
        });
        found.push(one.unwrap_or_else(|error| {
            let mut object = error.object();
            if let Value::Object(object) = &mut object {
                object.insert("root_cause".into(), json!([error.object()]));
            }
            json!({ "_index": name, "_id": id, "error": object })
        }));
    }
    Ok(Reply::ok(json!({ "docs": found })))
}
