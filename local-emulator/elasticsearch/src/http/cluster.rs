//! What the cluster says of itself: root, health, stats, nodes.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::indices::copies_json;
use super::serve::App;
use super::{Reply, Request};
use crate::catalog::Lenience;
use crate::error::{Error, Result};
use crate::index::Index;
use crate::{CLUSTER_NAME, NODE_ID, VERSION};

pub(super) fn root(app: &App) -> Reply {
    Reply::ok(json!({
        "name": "octavo-embedded",
        "cluster_name": CLUSTER_NAME,
        "cluster_uuid": app.catalog.cluster_uuid(),
        "version": {
            "number": VERSION,
            "build_flavor": "default",
            "build_type": "embedded",
            "build_hash": "unknown",
            "build_date": "2026-01-01T00:00:00.000000000Z",
            "build_snapshot": false,
            "lucene_version": "9.12.0",
            "minimum_wire_compatibility_version": "7.17.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    }))
}

/// Always green: replicas are configured but not needed by one embedded node.
pub(super) fn health_json(indices: &[Arc<Index>]) -> Map<String, Value> {
    let primaries: u64 = indices.iter().map(|index| index.settings().shards()).sum();
    let json = json!({
        "cluster_name": CLUSTER_NAME,
        "status": "green",
        "timed_out": false,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "active_primary_shards": primaries,
        "active_shards": primaries,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": 0,
        "unassigned_primary_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    });
    match json {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Whether one green node without replicas is what `wait_for_nodes` and `wait_for_active_shards` wait for.
fn can_become(request: &Request, health: &Map<String, Value>) -> Result<bool> {
    let bad = |key: &str, text: &str| Error::illegal(format!("cannot parse [{key}] with value [{text}]"));
    let nodes = match request.param("wait_for_nodes") {
        None => true,
        Some(text) => {
            let named = ["ge", "le", "gt", "lt"]
                .iter()
                .zip([">=", "<=", ">", "<"])
                .find_map(|(name, sign)| Some((sign, text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?)));
            let signed = || [">=", "<=", ">", "<"].into_iter().find_map(|sign| Some((sign, text.strip_prefix(sign)?)));
            let (sign, number) = named.or_else(signed).unwrap_or(("=", text));
            let number: u64 = number.trim().parse().map_err(|_| bad("wait_for_nodes", text))?;
            match sign {
                ">=" => 1 >= number,
                "<=" => 1 <= number,
                ">" => 1 > number,
                "<" => 1 < number,
                _ => number == 1,
            }
        }
    };
    let active = match request.param("wait_for_active_shards") {
        None | Some("all") => true,
        Some(text) => {
            let number: u64 = text.parse().map_err(|_| bad("wait_for_active_shards", text))?;
            health["active_shards"].as_u64() >= Some(number)
        }
    };
    Ok(nodes && active)
}

pub(super) fn health(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(&[
        "level",
        "local",
        "wait_for_status",
        "wait_for_active_shards",
        "wait_for_events",
        "wait_for_nodes",
        "wait_for_no_initializing_shards",
        "wait_for_no_relocating_shards",
        "expand_wildcards",
    ])?;
    let indices = app.catalog.resolve(expression, Lenience::default())?;
    let mut health = health_json(&indices);
    if let Some(level) = request.param("level").filter(|level| *level != "cluster") {
        let each: Map<String, Value> = indices
            .iter()
            .map(|index| {
                let settings = index.settings();
                let mut one = json!({
                    "status": "green", "number_of_shards": settings.shards(), "number_of_replicas": settings.replicas(),
                    "active_primary_shards": settings.shards(), "active_shards": settings.shards(),
                    "relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0,
                });
                if level == "shards" {
                    let shard = json!({
                        "status": "green", "primary_active": true, "active_shards": 1, "relocating_shards": 0,
                        "initializing_shards": 0, "unassigned_shards": 0, "unassigned_primary_shards": 0,
                    });
                    one["shards"] =
                        (0..settings.shards()).map(|n| (n.to_string(), shard.clone())).collect::<Map<_, _>>().into();
                }
                (index.name.clone(), one)
            })
            .collect();
        health.insert("indices".into(), each.into());
    }
    // What is not so now will not become so by waiting.
    if !can_become(request, &health)? {
        health.insert("timed_out".into(), true.into());
        return Ok(Reply::status(408, health.into()));
    }
    Ok(Reply::ok(health.into()))
}

pub(super) fn settings(request: &Request) -> Result<Reply> {
    request.allow(&["flat_settings", "include_defaults"])?;
    Ok(Reply::ok(json!({ "persistent": {}, "transient": {} })))
}

pub(super) fn nodes(request: &Request) -> Result<Reply> {
    request.allow(&["flat_settings"])?;
    Ok(Reply::ok(json!({
        "_nodes": { "total": 1, "successful": 1, "failed": 0 },
        "cluster_name": CLUSTER_NAME,
        "nodes": { NODE_ID: {
            "name": "octavo-embedded", "version": VERSION, "host": "127.0.0.1", "ip": "127.0.0.1",
            "roles": ["data", "ingest", "master"], "build_flavor": "default",
        } },
    })))
}

pub(super) fn cluster_stats(app: &App, request: &Request) -> Result<Reply> {
    request.allow(&["flat_settings"])?;
    let indices = app.catalog.all();
    let documents: u64 = indices.iter().map(|index| index.document_count()).sum();
    let deleted: u64 = indices.iter().map(|index| index.deleted_count()).sum();
    let bytes: u64 = indices.iter().map(|index| index.store_bytes()).sum();
    Ok(Reply::ok(json!({
        "_nodes": { "total": 1, "successful": 1, "failed": 0 },
        "cluster_name": CLUSTER_NAME,
        "cluster_uuid": app.catalog.cluster_uuid(),
        "status": "green",
        "indices": {
            "count": indices.len(),
            "docs": { "count": documents, "deleted": deleted },
            "store": { "size_in_bytes": bytes },
        },
        "nodes": {
            "count": { "total": 1, "data": 1, "master": 1 }, "versions": [VERSION],
            "discovery_types": { "single-node": 1 },
            "packaging_types": [{ "flavor": "default", "type": "embedded", "count": 1 }],
        },
    })))
}

pub(super) fn stats(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(&[
        "level",
        "expand_wildcards",
        "include_segment_file_sizes",
        "include_unloaded_segments",
        "forbid_closed_indices",
    ])?;
    let mut each = Map::new();
    let (mut documents, mut deleted, mut bytes, mut segments) = (0, 0, 0, 0);
    let indices = app.catalog.resolve(expression, Lenience::default())?;
    let figures = |documents: u64, deleted: u64, bytes: u64, segments: usize| {
        json!({
            "docs": { "count": documents, "deleted": deleted },
            "store": { "size_in_bytes": bytes, "total_data_set_size_in_bytes": bytes },
            "segments": { "count": segments },
        })
    };
    for index in &indices {
        let own = (index.document_count(), index.deleted_count(), index.store_bytes(), index.segment_count());
        documents += own.0;
        deleted += own.1;
        bytes += own.2;
        segments += own.3;
        let own = figures(own.0, own.1, own.2, own.3);
        each.insert(
            index.name.clone(),
            json!({ "uuid": index.uuid, "health": "green", "status": "open", "primaries": own, "total": own }),
        );
    }
    let all = figures(documents, deleted, bytes, segments);
    let mut answer = json!({ "_shards": copies_json(&indices), "_all": { "primaries": all, "total": all } });
    match request.param("level") {
        None | Some("indices") => answer["indices"] = each.into(),
        Some("cluster") => {}
        Some(other) => return Err(Error::unsupported(&format!("[level={other}]"))),
    }
    Ok(Reply::ok(answer))
}
