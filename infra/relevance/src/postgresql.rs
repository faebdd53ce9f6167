//! The documentation of PostgreSQL 15, a document a page, its text taken out as the product does it.

use crate::collection::{Collection, Item};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use octavo_domain_documents::MediaType;
use octavo_domain_extraction::{Limits, extract};
use std::path::Path;

/// Pages that there must be at least: fewer are not this documentation.
const PAGES_MIN: usize = 1000;
/// Not a page of it: what lists all others answers everything.
const LISTS: [&str; 3] = ["bookindex.html", "index.html", "legalnotice.html"];

pub(crate) fn load(folder: &Path) -> anyhow::Result<Collection> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("no documentation in {}: install postgresql-doc-15", folder.display()))?;
    let mut items = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The notes of a release say a little of everything, and each Debian update brings another one.
        if !name.ends_with(".html") || name.starts_with("release") || LISTS.contains(&name.as_str()) {
            continue;
        }
        let found = extract(MediaType::Html, &std::fs::read(&path)?, &Limits::default())
            .with_context(|| format!("cannot read {}", path.display()))?;
        items.push(Item {
            title: found.title.unwrap_or_else(|| name.clone()),
            text: found.text,
            file_name: name.clone(),
            name,
            // Not by the files: they are as old as the package, all of them.
            updated_at: DateTime::<Utc>::UNIX_EPOCH,
        });
    }
    if items.len() < PAGES_MIN {
        bail!("{} has {} pages, not at least {PAGES_MIN}", folder.display(), items.len());
    }
    Ok(Collection::new("postgresql", items))
}
