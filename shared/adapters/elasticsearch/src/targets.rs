//! Which indices a write goes into: one, or two while a reindex is under way.
//!
//! A writer looks at the aliases when it first writes, then now and then
//! ([`Options::believed`]), and at once when a write is refused. That
//! it misses the beginning or the end of a reindex in between does no harm: see [`crate::reindex`].

use crate::Options;
use crate::engine::Engine;
use crate::form::{Form, Shape};
use crate::vectors::{Mappings, mappings};
use elasticsearch::http::Method;
use octavo_domain_kernel::{PortError, PortErrorKind};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// An index that a write goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// What it is written by: never its own name, by which a write would make it anew after it was deleted.
    pub(crate) alias: String,
    pub(crate) shape: Shape,
}

/// The indices by name, each with its aliases.
pub(crate) type Aliases = BTreeMap<String, AliasesOf>;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AliasesOf {
    #[serde(default)]
    pub(crate) aliases: BTreeMap<String, Alias>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Alias {
    pub(crate) is_write_index: Option<bool>,
}

/// What stands behind the aliases that `pattern` fits.
pub(crate) async fn aliases(engine: &Engine, pattern: &str) -> Result<Aliases, PortError> {
    engine.json(Method::Get, &format!("/_alias/{pattern}"), None, LOOK_UP_TIMEOUT).await
}

/// The index that is written by `alias`.
pub(crate) fn written<'a>(indices: &'a Aliases, alias: &str) -> Option<&'a str> {
    let mut having = indices.iter().filter_map(|(name, index)| Some((name.as_str(), index.aliases.get(alias)?)));
    let marked = having.clone().find(|(_, alias)| alias.is_write_index == Some(true));
    // With one index behind the alias it need not be said which is written.
    let only = having.next().filter(|_| having.next().is_none());
    marked.or(only).map(|(name, _)| name)
}

/// The indices behind the write aliases, with the alias that each is written by; the old one before the new one.
pub(crate) fn pairs(indices: &Aliases, options: &Options) -> Vec<(String, Option<String>)> {
    let of = |alias: String| written(indices, &alias).map(|index| (alias.clone(), Some(index.to_owned())));
    // They stand on an index at all times, once there was a reindex; that they take writes says that it is under way.
    let takes = |alias: String| {
        let taken = |of: &AliasesOf| of.aliases.get(&alias).is_some_and(|alias| alias.is_write_index != Some(false));
        if indices.values().any(taken) { of(alias) } else { None }
    };
    match (takes(options.old_alias()), takes(options.new_alias())) {
        (Some(old), Some(new)) => vec![old, new],
        _ => vec![of(options.write_alias()).unwrap_or_else(|| (options.write_alias(), None))],
    }
}

async fn look_up(engine: &Engine, options: &Options) -> Result<Vec<Target>, PortError> {
    let indices = aliases(engine, &format!("{}*", options.write_alias())).await?;
    let pairs = pairs(&indices, options);
    let names: Vec<&str> = pairs.iter().filter_map(|(_, index)| index.as_deref()).collect();
    let mapped = if names.is_empty() { Ok(BTreeMap::new()) } else { mappings(engine, &names.join(",")).await };
    let mapped = mapped.map_err(|error| match error.kind {
        PortErrorKind::NotFound => PortError::unavailable("the index was deleted while it was looked at"),
        _ => error,
    })?;
    let unknown = Mappings::default();
    let target = |(alias, index): (String, Option<String>)| {
        let shape = match index {
            Some(index) => Shape::of(&index, mapped.get(&index).unwrap_or(&unknown), options.vectors.as_ref()),
            // It is about to be made.
            None => Shape { form: Form::NEWEST, dimensions: None },
        };
        Target { alias, shape }
    };
    Ok(pairs.into_iter().map(target).collect())
}

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Targets(Mutex<Option<(Instant, Arc<[Target]>)>>);

impl Targets {
    pub(crate) async fn get(&self, engine: &Engine, options: &Options) -> Result<Arc<[Target]>, PortError> {
        // Those who come while it is looked up wait, and find it.
        let mut known = self.0.lock().await;
        if let Some((at, targets)) = &*known
            && at.elapsed() < options.believed
        {
            return Ok(targets.clone());
        }
        // Before it is asked: what the answer says may be as old as this.
        let at = Instant::now();
        let targets: Arc<[Target]> = look_up(engine, options).await?.into();
        *known = Some((at, targets.clone()));
        Ok(targets)
    }

    /// The next one looks anew.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(indices: Value) -> Vec<(String, Option<String>)> {
        pairs(&serde_json::from_value(indices).unwrap(), &Options::new("http://127.0.0.1:1".parse().unwrap()))
    }

    fn pair(alias: &str, index: &str) -> (String, Option<String>) {
        (alias.to_owned(), Some(index.to_owned()))
    }

    #[test]
    fn one_index_is_written_or_two() {
        assert_eq!(of(json!({"docs-v1": {"aliases": {"docs-write": {}}}})), [pair("docs-write", "docs-v1")]);
        let marked = json!({
            "docs-v1": {"aliases": {"docs-write": {"is_write_index": false}}},
            "docs-v2": {"aliases": {"docs-write": {"is_write_index": true}}}
        });
        assert_eq!(of(marked), [pair("docs-write", "docs-v2")]);
        let both = json!({
            "docs-v9": {"aliases": {"docs-write": {"is_write_index": false}, "docs-write-old": {}}},
            "docs-v10": {"aliases": {"docs-write-new": {}}}
        });
        assert_eq!(of(both), [pair("docs-write-old", "docs-v9"), pair("docs-write-new", "docs-v10")]);
        let after = json!({"docs-v10": {"aliases": {
            "docs-write": {"is_write_index": true}, "docs-write-old": {"is_write_index": false},
            "docs-write-new": {"is_write_index": false}
        }}});
        assert_eq!(of(after), [pair("docs-write", "docs-v10")]);
        assert_eq!(of(json!({})), [("docs-write".to_owned(), None)]);
    }
}
