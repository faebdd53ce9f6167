//! Composable index templates.

use serde_json::{Value, json};

use super::serve::App;
use super::{Reply, Request};
use crate::body::Body;
use crate::catalog::{Template, parse_alias, template_missing};
use crate::error::{Error, Result};
use crate::index::Settings;

pub(super) fn put(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&["create", "cause"])?;
    let json = request.required_json()?;
    let mut body = Body::new(&json, "index_template")?;
    let patterns = body
        .texts("index_patterns")?
        .filter(|patterns| !patterns.is_empty())
        .ok_or_else(|| Error::illegal("Required [index_patterns]"))?;
    let priority = body.count("priority")?.unwrap_or(0) as u64;
    if let Some(composed) = body.texts("composed_of")?
        && !composed.is_empty()
    {
        return Err(Error::unsupported("[composed_of] in an index template"));
    }
    if body.get("data_stream").is_some() {
        return Err(Error::unsupported("[data_stream] in an index template"));
    }
    body.get("version");
    body.get("_meta");
    body.get("allow_auto_create");
    if let Some(template) = body.get("template") {
        let mut inner = Body::new(template, "template")?;
        if let Some(settings) = inner.get("settings") {
            Settings::parse(settings)?;
        }
        for key in ["mappings", "aliases"] {
            if inner.get(key).is_some_and(|value| !value.is_object()) {
                return Err(Error::parsing(format!("[{key}] of an index template must be an object")));
            }
        }
        for (alias, options) in inner.get("aliases").and_then(Value::as_object).into_iter().flatten() {
            parse_alias(alias, options)?;
        }
        inner.finish()?;
    }
    body.finish()?;
    if request.flag("create", false)? && !app.catalog.templates(name).is_empty() {
        return Err(Error::illegal(format!("index template [{name}] already exists")));
    }
    app.catalog.put_template(name, Template { patterns, priority, body: json })?;
    Ok(Reply::acknowledged())
}

pub(super) fn get(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&["flat_settings", "local", "include_defaults"])?;
    let found: Vec<Value> = app
        .catalog
        .templates(name)
        .into_iter()
        .map(|(name, template)| {
            let mut body = template.body;
            if let Value::Object(object) = &mut body {
                object.entry("composed_of").or_insert_with(|| json!([]));
                object.insert("index_patterns".into(), json!(template.patterns));
                if let Some(settings) = object.get_mut("template").and_then(|inner| inner.get_mut("settings")) {
                    *settings = json!({ "index": Settings::parse(settings)?.json() });
                }
            }
            Ok(json!({ "name": name, "index_template": body }))
        })
        .collect::<Result<_>>()?;
    if found.is_empty() && !name.contains('*') {
        return Err(template_missing(name));
    }
    Ok(Reply::ok(json!({ "index_templates": found })))
}

pub(super) fn delete(app: &App, request: &Request, name: &str) -> Result<Reply> {
    request.allow(&[])?;
    app.catalog.delete_template(name)?;
    Ok(Reply::acknowledged())
}
