//! The table of routes.

use super::serve::App;
use super::{
    Reply, Request, aliases, bulk, cat, cluster, documents, indices, lifecycle, query_actions, reindex, scrolls,
    searches, templates, update,
};
use crate::error::{Error, Result};

pub(crate) fn route(app: &App, request: &Request) -> Result<Reply> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let get = matches!(request.method.as_str(), "GET" | "HEAD");
    let get_or_post = matches!(request.method.as_str(), "GET" | "POST" | "HEAD");
    match (request.method.as_str(), segments.as_slice()) {
        (_, []) if get => Ok(cluster::root(app)),

        (_, ["_cluster", "health"]) if get => cluster::health(app, request, "*"),
        (_, ["_cluster", "health", index]) if get => cluster::health(app, request, index),
        (_, ["_cluster", "stats"]) if get => cluster::cluster_stats(app, request),
        (_, ["_cluster", "settings"]) if get => cluster::settings(request),
        (_, ["_nodes"] | ["_nodes", "http" | "_all" | "_local"] | ["_nodes", "_all", "http"]) if get => {
            cluster::nodes(request)
        }
        (_, ["_cat", "indices"]) if get => cat::indices(app, request, "*"),
        (_, ["_cat", "indices", index]) if get => cat::indices(app, request, index),
        (_, ["_cat", "count"]) if get => cat::count(app, request, "*"),
        (_, ["_cat", "count", index]) if get => cat::count(app, request, index),
        (_, ["_cat", "health"]) if get => cat::health(app, request),
        (_, ["_cat", "aliases"]) if get => cat::aliases(app, request, "*"),
        (_, ["_cat", "aliases", alias]) if get => cat::aliases(app, request, alias),

        ("PUT" | "POST", ["_index_template", name]) => templates::put(app, request, name),
        (_, ["_index_template"]) if get => templates::get(app, request, "*"),
        (_, ["_index_template", name]) if get => templates::get(app, request, name),
        ("DELETE", ["_index_template", name]) => templates::delete(app, request, name),

        ("PUT", ["_ilm", "policy", name]) => lifecycle::put(app, request, name),
        (_, ["_ilm", "policy"]) if get => lifecycle::get(app, request, "*"),
        (_, ["_ilm", "policy", name]) if get => lifecycle::get(app, request, name),
        ("DELETE", ["_ilm", "policy", name]) => lifecycle::delete(app, request, name),

        ("POST", ["_aliases"]) => aliases::update(app, request),
        (_, ["_alias" | "_aliases"]) if get => aliases::get(app, request, "*", None),
        (_, ["_alias", alias]) if get => aliases::get(app, request, "*", Some(alias)),
        (_, [index, "_alias" | "_aliases"]) if get => aliases::get(app, request, index, None),
        (_, [index, "_alias" | "_aliases", alias]) if get => aliases::get(app, request, index, Some(alias)),
        ("PUT" | "POST", [index, "_alias" | "_aliases", alias]) => aliases::put(app, request, Some(index), Some(alias)),
        ("PUT" | "POST", ["_alias" | "_aliases", alias]) => aliases::put(app, request, None, Some(alias)),
        ("PUT" | "POST", [index, "_alias" | "_aliases"]) => aliases::put(app, request, Some(index), None),
        ("PUT", ["_alias"]) => aliases::put(app, request, None, None),
        ("DELETE", [index, "_alias" | "_aliases", alias]) => aliases::delete(app, request, index, alias),

        ("PUT" | "POST", ["_bulk"]) => bulk::bulk(app, request, None),
        ("PUT" | "POST", [index, "_bulk"]) => bulk::bulk(app, request, Some(index)),
        (_, ["_mget"]) if get_or_post => documents::multi_get(app, request, None),
        (_, [index, "_mget"]) if get_or_post => documents::multi_get(app, request, Some(index)),
        ("PUT" | "POST", [index, "_doc", id]) => documents::put(app, request, index, Some(id), false),
        ("POST", [index, "_doc"]) => documents::put(app, request, index, None, false),
        ("PUT" | "POST", [index, "_create", id]) => documents::put(app, request, index, Some(id), true),
        (_, [index, "_doc", id]) if get => documents::get(app, request, index, id),
        (_, [index, "_source", id]) if get => documents::source(app, request, index, id),
        ("DELETE", [index, "_doc", id]) => documents::delete(app, request, index, id),
        ("POST", [index, "_update", id]) => update::update(app, request, index, id),

        (_, ["_search", "scroll"]) if get_or_post => scrolls::next(app, request, None),
        (_, ["_search", "scroll", id]) if get_or_post => scrolls::next(app, request, Some(id)),
        ("DELETE", ["_search", "scroll"]) => scrolls::close(app, request, None),
        ("DELETE", ["_search", "scroll", id]) => scrolls::close(app, request, Some(id)),
        (_, ["_search"]) if get_or_post => searches::search(app, request, "*"),
        (_, [index, "_search"]) if get_or_post => searches::search(app, request, index),
        (_, ["_msearch"]) if get_or_post => searches::multi_search(app, request, None),
        (_, [index, "_msearch"]) if get_or_post => searches::multi_search(app, request, Some(index)),
        (_, ["_count"]) if get_or_post => searches::count(app, request, "*"),
        (_, [index, "_count"]) if get_or_post => searches::count(app, request, index),
        ("POST", [index, "_pit"]) => searches::open_pit(app, request, index),
        ("DELETE", ["_pit"]) => searches::close_pit(app, request),
        ("POST", [index, "_delete_by_query"]) => query_actions::delete_by_query(app, request, index),
        ("POST", ["_reindex"]) => reindex::reindex(app, request),
        (_, ["_analyze"]) if get_or_post => query_actions::analyze(app, request, None),
        (_, [index, "_analyze"]) if get_or_post => query_actions::analyze(app, request, Some(index)),
        (_, ["_validate", "query"]) if get_or_post => query_actions::validate(app, request, "*"),
        (_, [index, "_validate", "query"]) if get_or_post => query_actions::validate(app, request, index),

        ("PUT", [index, "_mapping" | "_mappings"]) | ("POST", [index, "_mapping"]) => {
            indices::put_mapping(app, request, index)
        }
        (_, ["_mapping"]) if get => indices::get_mapping(app, request, "*"),
        (_, [index, "_mapping" | "_mappings"]) if get => indices::get_mapping(app, request, index),
        (_, ["_settings"]) if get => indices::get_settings(app, request, "*"),
        (_, [index, "_settings"]) if get => indices::get_settings(app, request, index),
        ("PUT", ["_settings"]) => indices::put_settings(app, request, "*"),
        ("PUT", [index, "_settings"]) => indices::put_settings(app, request, index),
        (_, ["_refresh" | "_flush" | "_forcemerge"]) if get_or_post => indices::refresh(app, request, "*"),
        (_, [index, "_refresh" | "_flush" | "_forcemerge"]) if get_or_post => indices::refresh(app, request, index),
        (_, ["_stats"]) if get => cluster::stats(app, request, "*"),
        (_, [index, "_stats"]) if get => cluster::stats(app, request, index),

        ("PUT", [index]) => indices::create(app, request, index),
        ("DELETE", [index]) if !index.starts_with('_') || *index == "_all" => indices::delete(app, request, index),
        ("HEAD", [index]) if !index.starts_with('_') => indices::exists(app, request, index),
        ("GET", [index]) if !index.starts_with('_') || *index == "_all" => indices::get(app, request, index),
        (method, _) => Err(Error::illegal(format!("no handler found for uri [{}] and method [{method}]", request.uri))),
    }
}
