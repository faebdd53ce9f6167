//! Aliases.

use serde_json::{Map, Value, json};

use super::serve::App;
use super::{Reply, Request};
use crate::body::{Body, single};
use crate::catalog::{Alias, AliasAction, Lenience, parse_alias};
use crate::error::{Error, Result};
use crate::wildcard;

fn names(body: &mut Body<'_>, one: &'static str, many: &'static str) -> Result<Vec<String>> {
    let mut names = body.texts(one)?.unwrap_or_default();
    names.extend(body.texts(many)?.unwrap_or_default());
    Ok(names)
}

pub(super) fn update(app: &App, request: &Request) -> Result<Reply> {
    request.allow(&[])?;
    let json = request.required_json()?;
    let mut body = Body::new(&json, "aliases")?;
    let list = body.get("actions").and_then(Value::as_array).ok_or_else(|| Error::illegal("No action specified"))?;
    body.finish()?;
    if list.is_empty() {
        return Err(Error::validation("Must specify at least one alias action"));
    }
    let mut actions = Vec::new();
    for one in list {
        let (action, value) = single(one, "aliases")?;
        let mut body = Body::new(value, action)?;
        let indices = names(&mut body, "index", "indices")?;
        let aliases = if action == "remove_index" { Vec::new() } else { names(&mut body, "alias", "aliases")? };
        if aliases.is_empty() && value.get("aliases").is_some() {
            return Err(Error::illegal("[aliases] can't be empty"));
        }
        let must_exist = body.flag("must_exist")?.unwrap_or(true);
        let options = if action == "add" {
            Alias { is_write_index: body.flag("is_write_index")?, is_hidden: body.flag("is_hidden")? }
        } else {
            Alias::default()
        };
        body.finish()?;
        if indices.is_empty() {
            return Err(Error::illegal("One of [index] or [indices] is required"));
        }
        if aliases.is_empty() && action != "remove_index" {
            return Err(Error::illegal("One of [alias] or [aliases] is required"));
        }
        for index in
            app.catalog.resolve(&indices.join(","), Lenience { allow_no_indices: false, ..Lenience::default() })?
        {
            let index = index.name.clone();
            match action {
                "add" => actions.extend(aliases.iter().map(|alias| AliasAction::Add {
                    index: index.clone(),
                    alias: alias.clone(),
                    options: options.clone(),
                })),
                "remove" => actions.extend(aliases.iter().map(|alias| AliasAction::Remove {
                    index: index.clone(),
                    alias: alias.clone(),
                    must_exist,
                })),
                "remove_index" => actions.push(AliasAction::RemoveIndex { index }),
                other => return Err(Error::x_content(format!("[aliases] unknown field [{other}]"))),
            }
        }
    }
    let _alone = app.aliases.write();
    app.catalog.update_aliases(&actions)?;
    Ok(Reply::acknowledged())
}

/// One alias; what the path does not say the body does, and the body wins.
pub(super) fn put(app: &App, request: &Request, expression: Option<&str>, alias: Option<&str>) -> Result<Reply> {
    request.allow(&[])?;
    let mut json = request.json()?;
    let mut said = |key: &str| match &mut json {
        Value::Object(object) => object.shift_remove(key).and_then(|value| value.as_str().map(str::to_owned)),
        _ => None,
    };
    let (index, name) = (said("index"), said("alias"));
    let required = |what: &str| Error::validation(format!("{what} is missing"));
    let expression = index.as_deref().or(expression).ok_or_else(|| required("index"))?;
    let alias = name.as_deref().or(alias).ok_or_else(|| required("alias"))?;
    let options = parse_alias(alias, &json)?;
    let indices = app.catalog.resolve(expression, Lenience { allow_no_indices: false, ..Lenience::default() })?;
    let actions: Vec<AliasAction> = indices
        .iter()
        .map(|index| AliasAction::Add { index: index.name.clone(), alias: alias.to_owned(), options: options.clone() })
        .collect();
    app.catalog.update_aliases(&actions)?;
    Ok(Reply::acknowledged())
}

pub(super) fn delete(app: &App, request: &Request, expression: &str, alias: &str) -> Result<Reply> {
    request.allow(&[])?;
    let indices = app.catalog.resolve(expression, Lenience::default())?;
    let mut actions = Vec::new();
    for index in &indices {
        for name in app.catalog.aliases_of(&index.name).into_keys() {
            if alias.split(',').any(|pattern| pattern == "_all" || wildcard::matches(pattern, &name)) {
                actions.push(AliasAction::Remove { index: index.name.clone(), alias: name, must_exist: true });
            }
        }
    }
    if actions.is_empty() {
        return Err(Error::new(404, "aliases_not_found_exception", format!("aliases [{alias}] missing"))
            .with("resource.type", "aliases")
            .with("resource.id", alias));
    }
    app.catalog.update_aliases(&actions)?;
    Ok(Reply::acknowledged())
}

/// Names, patterns, and after a pattern or a name also exclusions, in order.
struct Wanted<'a>(Vec<(&'a str, bool)>);

impl<'a> Wanted<'a> {
    fn parse(expression: &'a str) -> Self {
        let is_pattern = |part: &str| part.contains('*') || part == "_all";
        let mut parts = Vec::new();
        let mut after_pattern = false;
        for part in expression.split(',') {
            // Before the first pattern a hyphen is the beginning of a name.
            match part.strip_prefix('-').filter(|inner| after_pattern || is_pattern(inner)) {
                Some(excluded) => {
                    parts.push((excluded, false));
                    after_pattern = true;
                }
                None => {
                    parts.push((part, true));
                    after_pattern |= is_pattern(part);
                }
            }
        }
        Self(parts)
    }

    fn takes(&self, name: &str) -> bool {
        let mut taken = false;
        for (part, includes) in &self.0 {
            if *part == "_all" || wildcard::matches(part, name) {
                taken = *includes;
            }
        }
        taken
    }

    /// Names that must be there.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(|(part, includes)| *includes && !part.contains('*') && *part != "_all");
        named.map(|(part, _)| *part)
    }
}

/// `alias`: `None` answers every index, also one without aliases.
pub(super) fn get(app: &App, request: &Request, expression: &str, alias: Option<&str>) -> Result<Reply> {
    request.allow(&["ignore_unavailable", "allow_no_indices", "expand_wildcards", "local"])?;
    let wanted = Wanted::parse(alias.unwrap_or("*"));
    let mut missing: std::collections::BTreeSet<&str> = wanted.names().collect();
    let mut found = Map::new();
    for index in app.catalog.resolve(expression, request.lenience()?)? {
        let aliases: Map<String, Value> = app
            .catalog
            .aliases_of(&index.name)
            .into_iter()
            .inspect(|(name, _)| {
                missing.remove(name.as_str());
            })
            .filter(|(name, _)| wanted.takes(name))
            .map(|(name, options)| (name, json!(options)))
            .collect();
        if alias.is_none() || !aliases.is_empty() {
            found.insert(index.name.clone(), json!({ "aliases": aliases }));
        }
    }
    if !missing.is_empty() {
        let word = if missing.len() == 1 { "alias" } else { "aliases" };
        let names = missing.into_iter().collect::<Vec<_>>().join(",");
        let mut answer = Map::new();
        answer.insert("error".into(), format!("{word} [{names}] missing").into());
        answer.insert("status".into(), 404.into());
        answer.extend(found);
        return Ok(Reply::status(404, answer.into()));
    }
    Ok(Reply::ok(found.into()))
}
