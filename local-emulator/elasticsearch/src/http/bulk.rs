//! `_bulk`: many writes, each answered for itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::documents::{expect, new_id, written_json, written_status};
use super::request::parse_json;
use super::serve::App;
use super::{Reply, Request, update};
use crate::body::{Body, single};
use crate::error::{Error, Result};
use crate::index::{Expect, Index};
use crate::search::SourceFilter;

struct Item<'a> {
    action: &'a str,
    index: String,
    id: Option<String>,
    expect: Result<Expect>,
    retries: u64,
    /// Instead of what the whole request says.
    require_alias: Option<bool>,
    /// What an update answers of the document.
    source: Option<SourceFilter>,
}

const ACTIONS: &[&str] = &["index", "create", "update", "delete"];

fn parse_item<'a>(line: &'a Value, number: usize, default: Option<&str>) -> Result<Item<'a>> {
    let (action, value) = single(line, "bulk").map_err(|_| {
        Error::illegal(format!("Malformed action/metadata line [{number}], expected one action with its metadata"))
    })?;
    if !ACTIONS.contains(&action) {
        return Err(Error::illegal(format!(
            "Malformed action/metadata line [{number}], expected field [create], [delete], [index] or [update] but found [{action}]"
        )));
    }
    let mut body = Body::new(value, "bulk action")?;
    let unsigned = |number: Option<i64>| number.map(|number| u64::try_from(number).unwrap_or(0));
    let index = body.text("_index")?.or(default).ok_or_else(|| Error::validation("index is missing"))?.to_owned();
    let id = body.scalar("_id")?;
    let version = unsigned(body.integer("version")?);
    let version_type = body.text("version_type")?;
    let (seq_no, term) = (unsigned(body.integer("if_seq_no")?), unsigned(body.integer("if_primary_term")?));
    let retries = unsigned(body.integer("retry_on_conflict")?).unwrap_or(0);
    let require_alias = body.flag("require_alias")?;
    let source = body.get("_source").map(SourceFilter::parse).transpose()?;
    let create = match body.text("op_type")? {
        None | Some("index") => action == "create",
        Some("create") => true,
        Some(other) => return Err(Error::illegal(format!("opType must be 'create' or 'index', found: [{other}]"))),
    };
    // One tantivy index holds all shards, so that routing has nothing to choose.
    body.scalar("routing")?;
    body.finish().map_err(|error| {
        Error::illegal(format!("Action/metadata line [{number}] contains an unknown parameter: {}", error.reason))
    })?;
    let mut expected = expect(version, version_type, seq_no, term);
    if create {
        expected = match expected {
            Ok(Expect::Any) => Ok(Expect::Absent),
            Ok(_) => Err(Error::validation("create operations only support internal versioning. use index instead")),
            error => error,
        };
    }
    let action = if create { "create" } else { action };
    Ok(Item { action, index, id, expect: expected, retries, require_alias, source })
}

/// Status and body of one item's answer.
type Answer = (u16, Map<String, Value>);

struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn next_line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.iter().position(|&byte| byte == b'\n').unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

pub(super) fn bulk(app: &App, request: &Request, default: Option<&str>) -> Result<Reply> {
    let started = Instant::now();
    request.allow(&[
        "refresh",
        "routing",
        "wait_for_active_shards",
        "require_alias",
        "_source",
        "_source_includes",
        "_source_excludes",
        "list_executed_pipelines",
        "include_source_on_error",
    ])?;
    let refresh = request.refresh()?;
    let require_alias = request.flag("require_alias", false)?;
    if request.body.is_empty() {
        return Err(Error::parsing("request body is required"));
    }
    if request.body.last() != Some(&b'\n') {
        return Err(Error::illegal("The bulk request must be terminated by a newline [\\n]"));
    }
    // A malformed line refuses the whole request, so all are read before the first is applied.
    let mut metadata = Vec::new();
    let mut lines = Lines { rest: &request.body, number: 0 };
    while let Some(line) = lines.next_line() {
        if line.is_empty() {
            continue;
        }
        let number = lines.number;
        let parsed = parse_json(line)
            .map_err(|error| Error::illegal(format!("Malformed action/metadata line [{number}]: {}", error.reason)))?;
        if parsed.as_object().is_some_and(Map::is_empty) {
            return Err(Error::illegal(format!(
                "Malformed action/metadata line [{number}], expected FIELD_NAME but found [END_OBJECT]"
            )));
        }
        let deletes = parsed.get("delete").is_some();
        let source = if deletes {
            &[][..]
        } else {
            lines.next_line().ok_or_else(|| {
                Error::illegal(format!("Malformed action/metadata line [{number}]: its source is missing"))
            })?
        };
        metadata.push((number, parsed, source));
    }
    let items = metadata
        .iter()
        .map(|(number, parsed, source)| Ok((parse_item(parsed, *number, default)?, *source)))
        .collect::<Result<Vec<_>>>()?;
    if items.is_empty() {
        return Err(Error::validation("no requests added"));
    }
    let _aliases = app.aliases.read();
    let mut touched: BTreeMap<String, Arc<Index>> = BTreeMap::new();
    let mut answers: Vec<(&str, String, String, Result<Answer>)> = Vec::with_capacity(items.len());
    for (item, source) in &items {
        let id = item.id.clone().unwrap_or_else(new_id);
        let outcome = apply(app, request, item, &id, source, require_alias, &mut touched);
        answers.push((item.action, item.index.clone(), id, outcome));
    }
    for index in touched.values() {
        index.acknowledge()?;
        if refresh {
            index.refresh()?;
        }
    }
    let mut errors = false;
    let mut json = Vec::with_capacity(answers.len());
    for (action, index, id, outcome) in answers {
        let object = match outcome {
            Ok((status, mut object)) => {
                object.insert("status".into(), status.into());
                Value::Object(object)
            }
            Err(error) => {
                errors = true;
                json!({ "_index": index, "_id": id, "status": error.status, "error": error.object() })
            }
        };
        json.push(json!({ action: object }));
    }
    let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Reply::ok(json!({ "errors": errors, "took": took, "items": json })))
}

fn apply(
    app: &App,
    request: &Request,
    item: &Item<'_>,
    id: &str,
    source: &[u8],
    require_alias: bool,
    touched: &mut BTreeMap<String, Arc<Index>>,
) -> Result<Answer> {
    let expected = item.expect.clone()?;
    if item.require_alias.unwrap_or(require_alias) && !app.catalog.is_alias(&item.index) {
        return Err(super::documents::alias_required(&item.index));
    }
    let index = match touched.get(&item.index) {
        Some(index) => Arc::clone(index),
        None => {
            let index = if item.action == "delete" && expected == Expect::Any {
                app.catalog.write_target(&item.index)?.ok_or_else(|| Error::index_not_found(&item.index))?
            } else {
                app.catalog.write_or_create(&item.index, request.now_ms)?
            };
            touched.insert(item.index.clone(), Arc::clone(&index));
            index
        }
    };
    match item.action {
        "delete" => {
            if item.id.is_none() {
                return Err(Error::validation("id is missing"));
            }
            let written = index.delete(id, expected)?;
            Ok((written_status(written.outcome), written_json(&index, id, written, false)))
        }
        "update" => {
            if item.id.is_none() {
                return Err(Error::validation("id is missing"));
            }
            let mut change = update::Change::parse(&parse_json(source)?)?;
            if change.source.is_none() {
                change.source = item.source.clone();
            }
            if change.source.is_none() && request.params.keys().any(|key| key.starts_with("_source")) {
                change.source = Some(super::documents::source_filter(request)?);
            }
            let updated = update::apply(&index, id, &change, expected, item.retries)?;
            update::answer(&index, id, &updated, &change, false)
        }
        _ => {
            let written = index.put(id, source, expected)?;
            Ok((written_status(written.outcome), written_json(&index, id, written, false)))
        }
    }
}
