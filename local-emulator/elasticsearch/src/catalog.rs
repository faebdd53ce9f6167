//! Which indices there are, what they are also called, and what new ones start with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::index::{Index, Settings};
use crate::{store, wildcard};

/// The most indices on this node (`cluster.max_shards_per_node`).
const INDICES_MAX: usize = 1_000;

/// The longest index name, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// One alias on one index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) is_write_index: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) is_hidden: Option<bool>,
}

/// A composable index template, as it was put.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Template {
    pub(crate) patterns: Vec<String>,
    pub(crate) priority: u64,
    pub(crate) body: Value,
}

/// `catalog.json`.
#[derive(Default, Clone, Serialize, Deserialize)]
struct Contents {
    cluster_uuid: String,
    /// Index name to the name of its folder.
    indices: BTreeMap<String, String>,
    /// Alias to index to its options.
    aliases: BTreeMap<String, BTreeMap<String, Alias>>,
    templates: BTreeMap<String, Template>,
    /// Lifecycle policies, as they are answered.
    #[serde(default)]
    policies: BTreeMap<String, Value>,
}

#[derive(Default)]
struct State {
    contents: Contents,
    open: BTreeMap<String, Arc<Index>>,
}

pub(crate) struct Catalog {
    folder: PathBuf,
    state: RwLock<State>,
}

/// One action of `POST /_aliases`.
#[derive(Debug, Clone)]
pub(crate) enum AliasAction {
    Add { index: String, alias: String, options: Alias },
    Remove { index: String, alias: String, must_exist: bool },
    RemoveIndex { index: String },
}

/// How an index expression treats what is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lenience {
    pub(crate) ignore_unavailable: bool,
    pub(crate) allow_no_indices: bool,
    /// Patterns see hidden indices too.
    pub(crate) hidden: bool,
}

impl Default for Lenience {
    fn default() -> Self {
        Self { ignore_unavailable: false, allow_no_indices: true, hidden: false }
    }
}

fn new_id() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "an engine makes up its own index identifiers; no rule depends on them"
    )]
    let id = uuid::Uuid::new_v4();
    id.simple().to_string()[..22].to_owned()
}

fn check_name(name: &str) -> Result<()> {
    let reason = if name.to_lowercase() != name {
        "must be lowercase"
    } else if name.is_empty() || name == "." || name == ".." {
        "must not be empty, '.' or '..'"
    } else if name.starts_with(['_', '-', '+']) {
        "must not start with '_', '-', or '+'"
    } else if name.contains(['\\', '/', '*', '?', '"', '<', '>', '|', ' ', ',', '#', ':']) {
        "must not contain the following characters ['\\\\','/','*','?','\"','<','>','|',' ',',']"
    } else if name.len() > NAME_BYTES_MAX {
        "index name is too long"
    } else {
        return Ok(());
    };
    Err(Error::new(400, "invalid_index_name_exception", format!("Invalid index name [{name}], {reason}"))
        .with("index_uuid", "_na_")
        .with("index", name))
}

impl Catalog {
    /// Opens what the folder holds; an empty folder is an empty cluster.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder.join("indices"))?;
        let mut contents: Contents = store::read_json(&folder.join("catalog.json"))?.unwrap_or_default();
        if contents.cluster_uuid.is_empty() {
            contents.cluster_uuid = new_id();
        }
        let mut open = BTreeMap::new();
        for (name, uuid) in &contents.indices {
            open.insert(name.clone(), Arc::new(Index::open(&folder.join("indices").join(uuid))?));
        }
        // A folder that the catalog does not know is of an index whose creation or deletion was cut off.
        for entry in std::fs::read_dir(folder.join("indices"))? {
            let entry = entry?;
            if !contents.indices.values().any(|uuid| entry.file_name() == uuid.as_str()) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        store::write_json(&folder.join("catalog.json"), &contents)?;
        Ok(Self { folder: folder.to_owned(), state: RwLock::new(State { contents, open }) })
    }

    fn save(&self, contents: &Contents) -> Result<()> {
        store::write_json(&self.folder.join("catalog.json"), contents)
    }

    pub(crate) fn cluster_uuid(&self) -> String {
        self.state.read().contents.cluster_uuid.clone()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Index>> {
        self.state.read().open.values().cloned().collect()
    }

    /// Creates an index. `body` has `settings`, `mappings`, `aliases`; templates that match come first.
    pub(crate) fn create(&self, name: &str, body: &Value, now_ms: i64) -> Result<Arc<Index>> {
        check_name(name)?;
        let mut state = self.state.write();
        if let Some(existing) = state.open.get(name) {
            let uuid = existing.uuid.clone();
            return Err(Error::new(
                400,
                "resource_already_exists_exception",
                format!("index [{name}/{uuid}] already exists"),
            )
            .with("index_uuid", uuid)
            .with("index", name));
        }
        if state.contents.aliases.contains_key(name) {
            return Err(Error::new(
                400,
                "invalid_index_name_exception",
                format!("Invalid index name [{name}], already exists as alias"),
            )
            .with("index_uuid", "_na_")
            .with("index", name));
        }
        if state.open.len() >= INDICES_MAX {
            return Err(Error::validation(format!(
                "this cluster currently has the maximum of {INDICES_MAX} indices open"
            )));
        }
        let mut settings = Settings::default();
        let mut mappings = Map::new();
        let mut aliases: BTreeMap<String, Alias> = BTreeMap::new();
        let template = best_template(&state.contents, name).map(|template| template.body["template"].clone());
        for part in template.iter().chain(std::iter::once(body)) {
            settings.merge(&part["settings"])?;
            if let Value::Object(more) = &part["mappings"] {
                crate::mapping::merge_bodies(&mut mappings, more)?;
            }
            if let Value::Object(more) = &part["aliases"] {
                for (alias, options) in more {
                    aliases.insert(alias.clone(), parse_alias(alias, options)?);
                }
            }
        }
        let uuid = new_id();
        let folder = self.folder.join("indices").join(&uuid);
        let index = match Index::create(&folder, name, &uuid, now_ms, settings, &Value::Object(mappings)) {
            Ok(index) => Arc::new(index),
            Err(error) => {
                // Nothing refers to it; at the next start it would be swept anyway.
                let _ = std::fs::remove_dir_all(&folder);
                return Err(error);
            }
        };
        let mut contents = state.contents.clone();
        contents.indices.insert(name.to_owned(), uuid);
        for (alias, options) in aliases {
            contents.aliases.entry(alias).or_default().insert(name.to_owned(), options);
        }
        self.save(&contents)?;
        state.contents = contents;
        state.open.insert(name.to_owned(), Arc::clone(&index));
        Ok(index)
    }

    pub(crate) fn delete(&self, names: &[String]) -> Result<()> {
        let removed = {
            let mut state = self.state.write();
            let mut contents = state.contents.clone();
            for name in names {
                if contents.indices.remove(name).is_none() {
                    return Err(Error::index_not_found(name));
                }
                for indices in contents.aliases.values_mut() {
                    indices.remove(name);
                }
            }
            contents.aliases.retain(|_, indices| !indices.is_empty());
            self.save(&contents)?;
            state.contents = contents;
            names.iter().filter_map(|name| state.open.remove(name)).collect::<Vec<_>>()
        };
        for index in removed {
            index.remove()?;
        }
        Ok(())
    }

    /// Indices that an expression names: names, aliases, wildcards, `_all`, lists, exclusions. In order of name.
    pub(crate) fn resolve(&self, expression: &str, lenience: Lenience) -> Result<Vec<Arc<Index>>> {
        self.resolve_names(expression, lenience, true)
    }

    /// As [`Catalog::resolve`], but aliases are not followed: a pattern does not see them, and the name of one is refused.
    pub(crate) fn resolve_concrete(&self, expression: &str, lenience: Lenience) -> Result<Vec<Arc<Index>>> {
        self.resolve_names(expression, lenience, false)
    }

    fn resolve_names(&self, expression: &str, lenience: Lenience, aliases: bool) -> Result<Vec<Arc<Index>>> {
        let state = self.state.read();
        let mut found: BTreeMap<String, Arc<Index>> = BTreeMap::new();
        let mut by_pattern = false;
        for part in expression.split(',') {
            if let Some(excluded) = part.strip_prefix('-').filter(|_| by_pattern) {
                found.retain(|name, _| !wildcard::matches(excluded, name));
                continue;
            }
            if part == "_all" || part.is_empty() || part.contains('*') {
                by_pattern = true;
                let pattern = if part.contains('*') { part } else { "*" };
                let mut any = false;
                for (name, index) in &state.open {
                    // A pattern that begins with a dot sees what is hidden and begins with one.
                    let shown = || {
                        lenience.hidden
                            || (pattern.starts_with('.') && name.starts_with('.'))
                            || !index.settings().is_hidden()
                    };
                    if wildcard::matches(pattern, name) && shown() {
                        any = true;
                        found.insert(name.clone(), Arc::clone(index));
                    }
                }
                for (alias, indices) in &state.contents.aliases {
                    let hidden = |alias: &Alias| alias.is_hidden == Some(true);
                    let shown = lenience.hidden
                        || (pattern.starts_with('.') && alias.starts_with('.'))
                        || !indices.values().all(hidden);
                    if aliases && shown && part.contains('*') && wildcard::matches(pattern, alias) {
                        any = true;
                        for name in indices.keys() {
                            found.extend(state.open.get(name).map(|index| (name.clone(), Arc::clone(index))));
                        }
                    }
                }
                if !any && !lenience.allow_no_indices {
                    return Err(Error::index_not_found(part));
                }
            } else if let Some(index) = state.open.get(part) {
                found.insert(part.to_owned(), Arc::clone(index));
            } else if !aliases && state.contents.aliases.contains_key(part) {
                if !lenience.ignore_unavailable {
                    return Err(Error::illegal(format!(
                        "The provided expression [{part}] matches an alias, specify the corresponding concrete indices instead."
                    )));
                }
            } else if let Some(indices) = state.contents.aliases.get(part) {
                for name in indices.keys() {
                    found.extend(state.open.get(name).map(|index| (name.clone(), Arc::clone(index))));
                }
            } else if !lenience.ignore_unavailable {
                return Err(Error::index_not_found(part));
            }
        }
        if found.is_empty() && !lenience.allow_no_indices {
            return Err(Error::index_not_found(expression));
        }
        Ok(found.into_values().collect())
    }

    /// The one index that writes to this name go to. `None`: neither an index nor an alias.
    pub(crate) fn write_target(&self, name: &str) -> Result<Option<Arc<Index>>> {
        let state = self.state.read();
        if let Some(index) = state.open.get(name) {
            return Ok(Some(Arc::clone(index)));
        }
        let Some(indices) = state.contents.aliases.get(name) else { return Ok(None) };
        let marked = indices.iter().find(|(_, alias)| alias.is_write_index == Some(true)).map(|(index, _)| index);
        let only = if indices.len() == 1 {
            indices.iter().find(|(_, alias)| alias.is_write_index != Some(false)).map(|(index, _)| index)
        } else {
            None
        };
        match marked.or(only) {
            Some(index) => Ok(state.open.get(index).cloned()),
            None => Err(Error::illegal(format!(
                "no write index is defined for alias [{name}]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index"
            ))),
        }
    }

    /// As [`Catalog::write_target`]; an index that is not there is created from templates and dynamic mapping.
    pub(crate) fn write_or_create(&self, name: &str, now_ms: i64) -> Result<Arc<Index>> {
        if let Some(index) = self.write_target(name)? {
            return Ok(index);
        }
        match self.create(name, &Value::Null, now_ms) {
            Err(error) if error.kind == "resource_already_exists_exception" => {
                self.write_target(name)?.ok_or_else(|| Error::index_not_found(name))
            }
            created => created,
        }
    }

    /// Applies all actions or none.
    pub(crate) fn update_aliases(&self, actions: &[AliasAction]) -> Result<()> {
        let mut removed = Vec::new();
        {
            let mut state = self.state.write();
            let mut contents = state.contents.clone();
            // First the indices that go: an alias may take the name of one of them in the same request.
            for action in actions {
                if let AliasAction::RemoveIndex { index } = action {
                    if contents.indices.remove(index).is_none() {
                        return Err(Error::index_not_found(index));
                    }
                    for indices in contents.aliases.values_mut() {
                        indices.remove(index);
                    }
                    removed.push(index.clone());
                }
            }
            for action in actions {
                match action {
                    AliasAction::Add { index, alias, options } => {
                        if contents.indices.contains_key(alias) {
                            return Err(Error::new(
                                400,
                                "invalid_alias_name_exception",
                                format!("Invalid alias name [{alias}]: an index or data stream exists with the same name as the alias"),
                            )
                            .with("index", index.as_str()));
                        }
                        check_name(alias).map_err(|error| {
                            Error::new(
                                400,
                                "invalid_alias_name_exception",
                                error.reason.replace("index name", "alias name"),
                            )
                        })?;
                        contents.aliases.entry(alias.clone()).or_default().insert(index.clone(), options.clone());
                    }
                    AliasAction::Remove { index, alias, must_exist } => {
                        let names: Vec<String> =
                            contents.aliases.keys().filter(|name| wildcard::matches(alias, name)).cloned().collect();
                        let mut any = false;
                        for name in names {
                            any |=
                                contents.aliases.get_mut(&name).is_some_and(|indices| indices.remove(index).is_some());
                        }
                        if !any && *must_exist {
                            return Err(Error::new(
                                404,
                                "aliases_not_found_exception",
                                format!("aliases [{alias}] missing"),
                            )
                            .with("resource.type", "aliases")
                            .with("resource.id", alias.as_str()));
                        }
                    }
                    AliasAction::RemoveIndex { .. } => {}
                }
            }
            contents.aliases.retain(|_, indices| !indices.is_empty());
            for (alias, indices) in &contents.aliases {
                if indices.values().filter(|alias| alias.is_write_index == Some(true)).count() > 1 {
                    return Err(Error::new(
                        500,
                        "illegal_state_exception",
                        format!("alias [{alias}] has more than one write index"),
                    ));
                }
            }
            self.save(&contents)?;
            state.contents = contents;
            for name in removed {
                if let Some(index) = state.open.remove(&name) {
                    index.remove()?;
                }
            }
        }
        Ok(())
    }

    /// Aliases of one index.
    pub(crate) fn aliases_of(&self, index: &str) -> BTreeMap<String, Alias> {
        let state = self.state.read();
        state
            .contents
            .aliases
            .iter()
            .filter_map(|(alias, indices)| indices.get(index).map(|options| (alias.clone(), options.clone())))
            .collect()
    }

    pub(crate) fn is_alias(&self, name: &str) -> bool {
        self.state.read().contents.aliases.contains_key(name)
    }

    pub(crate) fn policies(&self) -> BTreeMap<String, Value> {
        self.state.read().contents.policies.clone()
    }

    pub(crate) fn change_policies(&self, change: impl FnOnce(&mut BTreeMap<String, Value>)) -> Result<()> {
        let mut state = self.state.write();
        let mut contents = state.contents.clone();
        change(&mut contents.policies);
        self.save(&contents)?;
        state.contents = contents;
        Ok(())
    }

    pub(crate) fn put_template(&self, name: &str, template: Template) -> Result<()> {
        let mut state = self.state.write();
        for (other, existing) in &state.contents.templates {
            let overlap = existing
                .patterns
                .iter()
                .any(|a| template.patterns.iter().any(|b| wildcard::matches(a, b) || wildcard::matches(b, a)));
            if other != name && overlap && existing.priority == template.priority {
                return Err(Error::illegal(format!(
                    "index template [{name}] has index patterns {:?} matching patterns from existing templates [{other}] with patterns ({other} => {:?}) that have the same priority [{}], multiple index templates may not match during index creation, please use a different priority",
                    template.patterns, existing.patterns, template.priority
                )));
            }
        }
        let mut contents = state.contents.clone();
        contents.templates.insert(name.to_owned(), template);
        self.save(&contents)?;
        state.contents = contents;
        Ok(())
    }

    pub(crate) fn templates(&self, pattern: &str) -> Vec<(String, Template)> {
        let state = self.state.read();
        let matching = state.contents.templates.iter().filter(|(name, _)| wildcard::matches(pattern, name));
        matching.map(|(name, template)| (name.clone(), template.clone())).collect()
    }

    pub(crate) fn delete_template(&self, pattern: &str) -> Result<()> {
        let mut state = self.state.write();
        let mut contents = state.contents.clone();
        let before = contents.templates.len();
        contents.templates.retain(|name, _| !wildcard::matches(pattern, name));
        if contents.templates.len() == before {
            return Err(template_missing(pattern));
        }
        self.save(&contents)?;
        state.contents = contents;
        Ok(())
    }
}

pub(crate) fn template_missing(name: &str) -> Error {
    Error::new(404, "resource_not_found_exception", format!("index template matching [{name}] not found"))
}

fn best_template<'a>(contents: &'a Contents, name: &str) -> Option<&'a Template> {
    contents
        .templates
        .values()
        .filter(|template| template.patterns.iter().any(|pattern| wildcard::matches(pattern, name)))
        .max_by_key(|template| template.priority)
}

/// Options of an alias: `is_write_index`, `is_hidden`. Filters and routing would change what a search sees: refused.
pub(crate) fn parse_alias(name: &str, options: &Value) -> Result<Alias> {
    let empty = json!({});
    let options = if options.is_null() { &empty } else { options };
    let mut body = crate::body::Body::new(options, format!("alias {name}"))?;
    let alias = Alias { is_write_index: body.flag("is_write_index")?, is_hidden: body.flag("is_hidden")? };
    body.finish().map_err(|error| match error.reason.rsplit_once("support ") {
        // What an alias may have and this engine refuses; anything else is no member of an alias at all.
        Some((_, key)) if !["[filter]", "[routing]", "[index_routing]", "[search_routing]"].contains(&key) => {
            Error::x_content(format!("unknown field {key}"))
        }
        _ => error,
    })?;
    Ok(alias)
}
