//! Lifecycle policies: kept and answered. None is carried out here: an index stays until somebody deletes it.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::error::{Error, Result};
use crate::wildcard;

/// The phases that Elasticsearch has.
const PHASES: [&str; 5] = ["hot", "warm", "cold", "frozen", "delete"];

fn missing(name: &str) -> Error {
    Error::new(404, "resource_not_found_exception", format!("Lifecycle policy not found: {name}"))
}

pub(super) fn put(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&[])?;
    let json = request.required_json()?;
    let mut body = Body::new(&json, "put_lifecycle_request")?;
    let policy = body.get("policy").ok_or_else(|| Error::illegal("Required [policy]"))?;
    body.finish()?;
    let mut inner = Body::new(policy, "lifecycle_policy")?;
    inner.get("_meta");
    inner.get("deprecated");
    let phases = inner.get("phases").and_then(Value::as_object).ok_or_else(|| Error::illegal("Required [phases]"))?;
    inner.finish()?;
    if let Some(unknown) = phases.keys().find(|phase| !PHASES.contains(&phase.as_str())) {
        return Err(Error::illegal(format!("lifecycle type [timeseries] doesn't support phase [{unknown}]")));
    }
    let modified = DateTime::from_timestamp_millis(request.now_ms).unwrap_or_default();
    let modified = modified.to_rfc3339_opts(SecondsFormat::Millis, true);
    let before = app.catalog.policies().get(name).and_then(|kept| kept["version"].as_u64()).unwrap_or(0);
    let kept = json!({ "version": before + 1, "modified_date": modified, "policy": policy });
    app.catalog.change_policies(|policies| drop(policies.insert(name.to_owned(), kept)))?;
    Ok(Reply::acknowledged())
}

pub(super) fn get(app: &App, request: &Request, expression: &str) -> Result<Reply> {
    request.allow(&[])?;
    let policies = app.catalog.policies();
    let mut found = Map::new();
    for part in expression.split(',') {
        let before = found.len();
        for (name, policy) in policies.iter().filter(|(name, _)| wildcard::matches(part, name)) {
            let mut policy = policy.clone();
            policy["in_use_by"] = json!({ "indices": [], "data_streams": [], "composable_templates": [] });
            found.insert(name.clone(), policy);
        }
        if found.len() == before && !part.contains('*') {
            return Err(missing(part));
        }
    }
    Ok(Reply::ok(found.into()))
}

pub(super) fn delete(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&[])?;
    let mut was = false;
    app.catalog.change_policies(|policies| was = policies.remove(name).is_some())?;
    if was { Ok(Reply::acknowledged()) } else { Err(missing(name)) }
}
