//! Texts to be searched.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, Reader, TenantId};
use octavo_domain_search::{IndexEntry, Language};
use std::collections::HashMap;
use uuid::Uuid;

/// A document of a collection, as the product would have it after an upload.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// What it is called in the collection; unique.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) file_name: String,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Documents that are searched together. Each collection is a tenant of its own.
#[derive(Debug)]
pub(crate) struct Collection {
    pub(crate) name: &'static str,
    pub(crate) items: Vec<Item>,
    numbers: HashMap<String, usize>,
}

impl Collection {
    pub(crate) fn new(name: &'static str, mut items: Vec<Item>) -> Self {
        items.sort_by(|one, other| one.name.cmp(&other.name));
        items.dedup_by(|one, other| one.name == other.name);
        let numbers = items.iter().enumerate().map(|(number, item)| (item.name.clone(), number)).collect();
        Self { name, items, numbers }
    }

    pub(crate) fn tenant(&self) -> anyhow::Result<TenantId> {
        Ok(self.name.parse()?)
    }

    /// The document's id in an index.
    pub(crate) fn id(&self, name: &str) -> Option<DocumentId> {
        self.numbers.get(name).map(|&number| DocumentId(Uuid::from_u128(number as u128 + 1)))
    }

    /// The document of an id.
    pub(crate) fn item(&self, id: DocumentId) -> Option<&Item> {
        let number = usize::try_from(id.0.as_u128()).ok()?.checked_sub(1)?;
        self.items.get(number)
    }

    /// Names what is in it: another machine has other pages, and other figures.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for item in &self.items {
            hasher.update(item.name.as_bytes());
            hasher.update(&item.text.len().to_le_bytes());
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// As they are indexed.
    pub(crate) fn entries(&self) -> anyhow::Result<Vec<IndexEntry>> {
        let tenant = self.tenant()?;
        let entry = |item: &Item| -> anyhow::Result<IndexEntry> {
            let id = self.id(&item.name).ok_or_else(|| anyhow::anyhow!("{} has no number", item.name))?;
            Ok(IndexEntry {
                tenant: tenant.clone(),
                id,
                revision: 1,
                readers: vec![Reader::User("reader".parse()?)],
                title: item.title.clone(),
                headings: Vec::new(),
                text: item.text.clone(),
                tags: Vec::new(),
                media_type: "text/plain".to_owned(),
                owner: "reader".parse()?,
                created_at: item.updated_at,
                updated_at: item.updated_at,
                file_name: Some(item.file_name.clone()),
                size: item.text.len() as u64,
                language: Language::detect(&item.text),
                vector: None,
            })
        };
        self.items.iter().map(entry).collect()
    }
}
