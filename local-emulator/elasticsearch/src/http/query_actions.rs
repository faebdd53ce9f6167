//! `_delete_by_query`, `_analyze`, `_validate/query`.

use std::time::Instant;

use serde_json::{Value, json};

use super::searches::{only_query, views};
use super::serve::App;
use super::{Reply, Request};
use crate::analysis::VALUE_POSITION_GAP;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::{Expect, Settings};
use crate::search::{matching_ids, shards};

/// Documents deleted between two looks at the index.
const BATCH: usize = 1_000;

pub(super) fn delete_by_query(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    let started = Instant::now();
    request.allow(&[
        "refresh",
        "conflicts",
        "wait_for_completion",
        "routing",
        "ignore_unavailable",
        "allow_no_indices",
        "expand_wildcards",
        "scroll_size",
        "requests_per_second",
        "slices",
        "max_docs",
        "wait_for_active_shards",
        "scroll",
    ])?;
    if !request.flag("wait_for_completion", true)? {
        return Err(Error::unsupported("[wait_for_completion=false]"));
    }
    let mut proceed = request.param("conflicts") == Some("proceed");
    let mut max_docs = request.number("max_docs")?.map(|max| usize::try_from(max).unwrap_or(usize::MAX));
    let query = only_query(&request.json()?, "delete_by_query", |body| {
        proceed |= body.text("conflicts")? == Some("proceed");
        max_docs = body.count("max_docs")?.or(max_docs);
        Ok(())
    })?
    .ok_or_else(|| Error::validation("query is missing"))?;
    let (mut deleted, mut conflicts, mut total) = (0u64, 0u64, 0u64);
    let mut failures = Vec::new();
    let mut left = max_docs.unwrap_or(usize::MAX);
    for index in app.catalog.resolve(expression, request.lenience()?)? {
        // All of one view: what is written meanwhile is not looked at, as with a real scroll.
        let found = matching_ids(&query, &index.view(), request.now_ms, left)?;
        left -= found.len();
        for batch in found.chunks(BATCH) {
            for document in batch {
                total += 1;
                match index.delete(&document.id, Expect::SeqNo(document.seq_no)) {
                    Ok(_) => deleted += 1,
                    Err(error) if error.status == 409 => {
                        conflicts += 1;
                        failures.push(
                            json!({ "index": index.name, "id": document.id, "cause": error.object(), "status": 409 }),
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
            if conflicts > 0 && !proceed {
                break;
            }
        }
        index.acknowledge()?;
        if request.refresh()? {
            index.refresh()?;
        }
        if conflicts > 0 && !proceed {
            break;
        }
    }
    if proceed {
        failures.clear();
    }
    let status = if failures.is_empty() { 200 } else { 409 };
    Ok(Reply::status(
        status,
        json!({
            "took": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "timed_out": false,
            "total": total,
            "deleted": deleted,
            "batches": total.div_ceil(BATCH as u64),
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

pub(super) fn analyze(app: &App, request: &Request, index: Option<&str>) -> Result<Reply> {
    request.allow(&["index"])?;
    let json = request.required_json()?;
    let mut body = Body::new(&json, "analyze")?;
    let texts = body.texts("text")?.ok_or_else(|| Error::validation("text is missing"))?;
    let analyzer = body.text("analyzer")?;
    let tokenizer = body.text("tokenizer")?;
    let filters = body.texts("filter")?.unwrap_or_default();
    let field = body.text("field")?;
    body.finish()?;
    let (registry, mapping) = match index.or(request.param("index")) {
        Some(name) => {
            let view = super::documents::read_target(app, name)?.view();
            (view.registry, Some(view.mapping))
        }
        None => (std::sync::Arc::new(crate::analysis::Registry::parse(&Settings::default().analysis)?), None),
    };
    let mapped = field.and_then(|path| mapping.as_ref().and_then(|mapping| mapping.field(path)));
    let analyzer = match (analyzer, tokenizer, mapped) {
        (Some(name), ..) => registry.analyzer(name)?,
        (None, Some(tokenizer), _) => std::sync::Arc::new(registry.ad_hoc(tokenizer, &filters)?),
        (None, None, Some(field)) => match &field.normalizer {
            Some(name) => registry.normalizer(name)?,
            None if field.kind == crate::mapping::Kind::Keyword => registry.analyzer("keyword")?,
            None => registry.analyzer(&field.analyzer)?,
        },
        (None, None, None) => registry.analyzer("default")?,
    };
    let texts = texts.iter().map(String::as_str);
    // Of no index, the texts follow each other without a gap.
    let gap = if mapping.is_some() { VALUE_POSITION_GAP } else { 1 };
    let tokens: Vec<Value> = analyzer
        .analyze_values(texts, gap)
        .into_iter()
        .map(|token| {
            json!({
                "token": token.text, "start_offset": token.offset_from, "end_offset": token.offset_to,
                "type": "<ALPHANUM>", "position": token.position,
            })
        })
        .collect();
    Ok(Reply::ok(json!({ "tokens": tokens })))
}

pub(super) fn validate(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(&[
        "ignore_unavailable",
        "allow_no_indices",
        "expand_wildcards",
        "explain",
        "rewrite",
        "all_shards",
    ])?;
    let views = views(app, expression, request.lenience()?)?;
    let outcome = only_query(&request.json()?, "validate", |_| Ok(())).and_then(|query| {
        query.map_or(Ok(()), |query| {
            views.iter().try_for_each(|view| crate::query::compile(&query, view, request.now_ms).map(|_| ()))
        })
    });
    let mut answer = json!({ "_shards": shards(1), "valid": outcome.is_ok() });
    if let (Err(error), true) = (outcome, request.flag("explain", false)?) {
        answer["error"] = Value::from(error.to_string());
    }
    Ok(Reply::ok(answer))
}
