//! `_search` (the first page of a scroll too), `_msearch`, `_count`, `_pit`.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::documents::source_filter;
use super::request::{names_hidden, parse_json};
use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::catalog::Lenience;
use crate::error::{Error, Result};
use crate::index::View;
use crate::query::{self, Query};
use crate::search::{self, Context, SearchRequest, shards};

/// The most searches of one `_msearch`.
const SEARCHES_MAX: usize = 1_000;

const SEARCH: &[&str] = &[
    "allow_no_indices",
    "allow_partial_search_results",
    "batched_reduce_size",
    "ccs_minimize_roundtrips",
    "docvalue_fields",
    "expand_wildcards",
    "from",
    "ignore_throttled",
    "ignore_unavailable",
    "max_concurrent_searches",
    "max_concurrent_shard_requests",
    "pre_filter_shard_size",
    "preference",
    "q",
    "request_cache",
    "rest_total_hits_as_int",
    "routing",
    "scroll",
    "search_type",
    "size",
    "sort",
    "track_scores",
    "track_total_hits",
    "typed_keys",
    "_source",
    "_source_includes",
    "_source_excludes",
    "version",
    "seq_no_primary_term",
    "terminate_after",
];

/// Parameters that change nothing on one node with one shard an index, but have bounds.
fn check_parameters(request: &Request) -> Result<()> {
    for key in ["from", "size"] {
        if let Some(number) =
            request.param(key).filter(|text| text.starts_with('-') && text[1..].parse::<u64>().is_ok())
        {
            return Err(Error::illegal(format!("[{key}] parameter cannot be negative, found [{number}]")));
        }
    }
    for (key, least, name) in
        [("batched_reduce_size", 2, "batchedReduceSize"), ("pre_filter_shard_size", 1, "preFilterShardSize")]
    {
        if request.number(key)?.is_some_and(|number| number < least) {
            return Err(Error::illegal(format!("{name} must be >= {least}")));
        }
    }
    match request.param("search_type") {
        None | Some("query_then_fetch" | "dfs_query_then_fetch") => Ok(()),
        Some(other) => Err(Error::illegal(format!("No search type for [{other}]"))),
    }
}

fn inaccurate(bound: impl std::fmt::Display) -> Error {
    Error::illegal(format!(
        "[rest_total_hits_as_int] cannot be used if the tracking of total hits is not accurate, got {bound}"
    ))
}

/// # Errors
/// Where hits are to be told as one number, and not all of them are counted.
fn check_total(context: &Context<'_>, parsed: &mut SearchRequest, said: bool) -> Result<()> {
    if !context.total_as_int {
        return Ok(());
    }
    match parsed.total {
        search::Total::UpTo(bound) if said => Err(inaccurate(bound)),
        search::Total::UpTo(_) => {
            parsed.total = search::Total::Exact;
            Ok(())
        }
        search::Total::Exact | search::Total::None => Ok(()),
    }
}

pub(super) fn views(app: &App, expression: &str, lenience: Lenience) -> Result<Vec<View>> {
    Ok(app.catalog.resolve(expression, lenience)?.iter().map(|index| index.view()).collect())
}

pub(super) fn context<'a>(app: &'a App, request: &Request) -> Result<Context<'a>> {
    Ok(Context {
        pits: &app.pits,
        now_ms: request.now_ms,
        typed_keys: request.flag("typed_keys", false)?,
        total_as_int: request.flag("rest_total_hits_as_int", false)?,
        scroll: None,
    })
}

/// Reads `q`: the words of a simple query string over all fields.
fn uri_query(text: &str) -> Result<Query> {
    if text.contains(':') {
        return Err(Error::unsupported("query string syntax in [q]"));
    }
    query::parse(&json!({ "simple_query_string": { "query": text } }))
}

pub(super) fn search(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(SEARCH)?;
    check_parameters(request)?;
    let mut parsed = SearchRequest::parse(&request.json()?)?;
    if let Some(size) = request.number("size")? {
        parsed.size = usize::try_from(size).unwrap_or(usize::MAX);
    }
    if let Some(from) = request.number("from")? {
        parsed.from = usize::try_from(from).unwrap_or(usize::MAX);
    }
    if let Some(total) = request.param("track_total_hits") {
        parsed.total = search::total(&Value::from(total))?;
    }
    if let Some(text) = request.param("q") {
        parsed.query = uri_query(text)?;
    }
    if let Some(sort) = request.param("sort") {
        parsed.sort = search::parse_sort(&sort.split(',').map(Value::from).collect())?;
    }
    if let Some(names) = request.param("docvalue_fields") {
        parsed.fields.extend(names.split(',').map(|name| (name.to_owned(), None)));
    }
    if request.params.keys().any(|key| key.starts_with("_source")) {
        parsed.source = source_filter(request)?;
    }
    parsed.version |= request.flag("version", false)?;
    parsed.seq_no |= request.flag("seq_no_primary_term", false)?;
    parsed.track_scores |= request.flag("track_scores", false)?;
    if parsed.pit.is_some() && request.segments.first().is_none_or(|first| first != "_search") {
        return Err(Error::validation(
            "[indices] cannot be used with point in time. Do not specify any index with point in time.",
        ));
    }
    let context = context(app, request)?;
    let said = request.param("track_total_hits").is_some() || parsed.total_said;
    check_total(&context, &mut parsed, said)?;
    let views = if parsed.pit.is_some() { Vec::new() } else { views(app, expression, request.lenience()?)? };
    let Some(keep_alive) = request.param("scroll") else {
        return Ok(Reply::ok(search::search(&parsed, views, &context)?));
    };
    let keep_alive = search::keep_alive(keep_alive)?;
    if parsed.size > 0 && request.flag("request_cache", false)? {
        return Err(Error::validation("[request_cache] cannot be used in a scroll context"));
    }
    // How many there are is told of all.
    parsed.total = search::Total::Exact;
    Ok(Reply::ok(app.scrolls.open(parsed, views, keep_alive, &context)?))
}

pub(super) fn multi_search(app: &App, request: &Request, default: Option<&str>) -> Result<Reply> {
    let started = Instant::now();
    request.allow(SEARCH)?;
    let context = context(app, request)?;
    let lines: Vec<&[u8]> = request.body.split(|&byte| byte == b'\n').collect();
    let mut answers = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if at + 1 >= lines.len() && lines[at].iter().all(u8::is_ascii_whitespace) {
            break;
        }
        if answers.len() == SEARCHES_MAX {
            return Err(Error::illegal(format!("a multi search may hold at most {SEARCHES_MAX} searches")));
        }
        let header = if lines[at].iter().all(u8::is_ascii_whitespace) { json!({}) } else { parse_json(lines[at])? };
        let body =
            lines.get(at + 1).filter(|line| !line.is_empty()).ok_or_else(|| Error::validation("no requests added"))?;
        let body = parse_json(body)?;
        at += 2;
        if let (true, Some(bound)) = (context.total_as_int, body.get("track_total_hits").and_then(Value::as_i64)) {
            return Err(inaccurate(bound));
        }
        let one = || -> Result<Value> {
            let mut header = Body::new(&header, "msearch header")?;
            let index = header.texts("index")?.map(|names| names.join(","));
            let lenience = Lenience {
                ignore_unavailable: header.flag("ignore_unavailable")?.unwrap_or(false),
                allow_no_indices: header.flag("allow_no_indices")?.unwrap_or(true),
                hidden: header.texts("expand_wildcards")?.is_some_and(|kinds| names_hidden(&kinds.join(","))),
            };
            for key in [
                "preference",
                "routing",
                "search_type",
                "request_cache",
                "expand_wildcards",
                "allow_partial_search_results",
            ] {
                header.get(key);
            }
            header.finish()?;
            let mut parsed = SearchRequest::parse(&body)?;
            check_total(&context, &mut parsed, false)?;
            let expression = index.as_deref().or(default).unwrap_or("*");
            let views = if parsed.pit.is_some() { Vec::new() } else { views(app, expression, lenience)? };
            search::search(&parsed, views, &context)
        };
        answers.push(match one() {
            Ok(mut answer) => {
                if let Value::Object(object) = &mut answer {
                    object.insert("status".into(), 200.into());
                }
                answer
            }
            Err(error) => error.body(),
        });
    }
    if answers.is_empty() {
        return Err(Error::validation("no requests added"));
    }
    let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Reply::ok(json!({ "took": took, "responses": answers })))
}

/// The `query` of a body that may hold nothing else but what `more` reads.
pub(super) fn only_query(
    json: &Value,
    context: &str,
    more: impl FnOnce(&mut Body<'_>) -> Result<()>,
) -> Result<Option<Query>> {
    let empty = Value::Object(Map::new());
    let mut body = Body::new(if json.is_null() { &empty } else { json }, context)?;
    let query = body.get("query").map(query::parse).transpose()?;
    more(&mut body)?;
    body.finish().map_err(|error| {
        Error::parsing(error.reason.replacen("query does not support", "request does not support", 1))
    })?;
    Ok(query)
}

pub(super) fn count(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(SEARCH)?;
    let mut query = only_query(&request.json()?, "count", |_| Ok(()))?;
    if let Some(text) = request.param("q") {
        query = Some(uri_query(text)?);
    }
    let views = views(app, expression, request.lenience()?)?;
    let count = search::count(&query.unwrap_or(Query::MatchAll { boost: 1.0 }), &views, request.now_ms)?;
    Ok(Reply::ok(json!({ "count": count, "_shards": shards(views.len()) })))
}

pub(super) fn open_pit(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(&[
        "keep_alive",
        "ignore_unavailable",
        "expand_wildcards",
        "preference",
        "routing",
        "allow_partial_search_results",
    ])?;
    let keep_alive = request.param("keep_alive").ok_or_else(|| Error::validation("[keep_alive] is not specified"))?;
    let keep_alive = search::keep_alive(keep_alive)?;
    let views = views(app, expression, request.lenience()?)?;
    let shards = shards(views.len());
    Ok(Reply::ok(json!({ "id": app.pits.open(views, keep_alive)?, "_shards": shards })))
}

pub(super) fn close_pit(app: &App, request: &Request) -> Result<Reply> {
    request.allow(&[])?;
    let json = request.required_json()?;
    let mut body = Body::new(&json, "close point in time")?;
    let id = body.text("id")?.ok_or_else(|| Error::illegal("Required [id]"))?.to_owned();
    body.finish()?;
    let freed = u64::from(app.pits.close(&id));
    Ok(Reply::status(if freed > 0 { 200 } else { 404 }, json!({ "succeeded": true, "num_freed": freed })))
}
