//! `_reindex` within this server.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::catalog::Lenience;
use crate::error::{Error, Result};
use crate::index::{Expect, Outcome};
use crate::query::{self, Query};
use crate::search::{SourceFilter, matching_ids};

pub(super) fn reindex(app: &App, request: &Request) -> Result<Reply> {
    let started = Instant::now();
    request.allow(&[
        "refresh",
        "wait_for_completion",
        "requests_per_second",
        "slices",
        "wait_for_active_shards",
        "scroll",
        "max_docs",
    ])?;
    if !request.flag("wait_for_completion", true)? {
        return Err(Error::unsupported("[wait_for_completion=false]"));
    }
    let json = request.required_json()?;
    let mut body = Body::new(&json, "reindex")?;
    let proceed = match body.text("conflicts")? {
        None | Some("abort") => false,
        Some("proceed") => true,
        Some(other) => {
            return Err(Error::illegal(format!("conflicts may only be \"proceed\" or \"abort\" but was [{other}]")));
        }
    };
    let mut left = body.count("max_docs")?.unwrap_or(usize::MAX);
    let mut source = Body::new(body.get("source").ok_or_else(|| body.missing("source"))?, "source")?;
    let from = source.texts("index")?.ok_or_else(|| source.missing("index"))?.join(",");
    let query = source.get("query").map_or(Ok(Query::MatchAll { boost: 1.0 }), query::parse)?;
    let filter = source.get("_source").map_or(Ok(SourceFilter::default()), SourceFilter::parse)?;
    source.count("size")?;
    source.finish()?;
    let mut dest = Body::new(body.get("dest").ok_or_else(|| body.missing("dest"))?, "dest")?;
    let to = dest.text("index")?.ok_or_else(|| dest.missing("index"))?.to_owned();
    let version_type = dest.text("version_type")?.unwrap_or("internal").to_owned();
    let create = match dest.text("op_type")? {
        None | Some("index") => false,
        Some("create") => true,
        Some(other) => return Err(Error::illegal(format!("opType must be 'create' or 'index', found: [{other}]"))),
    };
    dest.finish()?;
    body.finish()?;
    let sources = app.catalog.resolve(&from, Lenience::default())?;
    let target = app.catalog.write_or_create(&to, request.now_ms)?;
    if sources.iter().any(|index| index.name == target.name) {
        return Err(Error::validation(format!(
            "reindex cannot write into an index its reading from [{}]",
            target.name
        )));
    }
    let (mut created, mut updated, mut conflicts, mut total) = (0u64, 0u64, 0u64, 0u64);
    let mut failures = Vec::new();
    'all: for index in &sources {
        let found = matching_ids(&query, &index.view(), request.now_ms, left)?;
        left -= found.len();
        for document in found {
            total += 1;
            let expect = match version_type.as_str() {
                _ if create => Expect::Absent,
                "internal" => Expect::Any,
                "external" | "external_gt" => Expect::Newer(document.version),
                "external_gte" => Expect::NotOlder(document.version),
                other => return Err(Error::illegal(format!("No version type match [{other}]"))),
            };
            let bytes = if filter.is_all() {
                document.source.to_vec()
            } else {
                let source: Map<String, Value> =
                    serde_json::from_slice(&document.source).map_err(std::io::Error::from)?;
                serde_json::to_vec(&filter.apply(source)).map_err(std::io::Error::from)?
            };
            match target.put(&document.id, &bytes, expect) {
                Ok(written) if written.outcome == Outcome::Created => created += 1,
                Ok(_) => updated += 1,
                Err(error) if error.status == 409 && proceed => conflicts += 1,
                Err(error) => {
                    conflicts += u64::from(error.status == 409);
                    failures.push(json!({ "index": target.name, "id": document.id, "cause": error.object(), "status": error.status }));
                    break 'all;
                }
            }
        }
    }
    target.acknowledge()?;
    if request.refresh()? {
        target.refresh()?;
    }
    let status = failures
        .first()
        .and_then(|failure| failure["status"].as_u64())
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or(200);
    Ok(Reply::status(
        status,
        json!({
            "took": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "timed_out": false,
            "total": total,
            "updated": updated,
            "created": created,
            "deleted": 0,
            "batches": total.div_ceil(1_000),
            "version_conflicts": conflicts,
            "noops": 0,
            "retries": { "bulk": 0, "search": 0 },
            "throttled_millis": 0,
            "requests_per_second": -1.0,
            "throttled_until_millis": 0,
            "failures": failures,
        }),
    ))
}
