//! Reads items: gets the file, and hands it to its format.

use super::budget::Budget;
use super::config::{Format, Reader};
use super::{csv, json, parquet};
use crate::Deps;
use bytes::Bytes;
use octavo_domain_kernel::{BlobKey, PortError, TenantId};
use serde_json::Value;

/// The longest file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why there are no items.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// Because of what was asked for or of what the file is: the state is told.
    #[error("The items cannot be read: {0}.")]
    Because(String),
    /// The store is away: it is tried again.
    #[error(transparent)]
    Away(#[from] PortError),
}

impl Unread {
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self::Because(why.into())
    }
}

/// The items that a filled `ItemReader` finds.
pub(crate) async fn read(deps: &Deps, tenant: &TenantId, reader: &Value) -> Result<Vec<Value>, Unread> {
    let reader = Reader::parse(reader)?;
    let Reader { bucket, key, .. } = &reader;
    let blob = BlobKey::workflow_file(tenant, bucket, key)
        .ok_or_else(|| Unread::because(format!("'{bucket}' and '{key}' are no names of a bucket and a key here")))?;
    let missing = || Unread::because(format!("there is no file '{key}' in the bucket '{bucket}'"));
    let size = deps.blobs.head(&blob).await?.ok_or_else(missing)?.size;
    if size > FILE_BYTES_MAX {
        return Err(Unread::because(format!("the file is longer than {FILE_BYTES_MAX} bytes")));
    }
    let bytes = deps.blobs.get(&blob).await?.ok_or_else(missing)?;
    // Parsing takes up to a second of the processor: others go on meanwhile.
    let parsed = tokio::task::spawn_blocking(move || parse(reader, &bytes)).await;
    parsed.unwrap_or_else(|_| Err(Unread::because("the file cannot be read")))
}

fn parse(reader: Reader, bytes: &Bytes) -> Result<Vec<Value>, Unread> {
    let mut budget = Budget::new(reader.max_items);
    match reader.format {
        Format::Json { pointer } => json::whole(bytes, &pointer, &mut budget)?,
        Format::JsonLines => json::lines(bytes, &mut budget)?,
        Format::Csv { headers, delimiter } => csv::rows(bytes, headers, delimiter, &mut budget)?,
        Format::Parquet => parquet::rows(bytes, &mut budget)?,
    }
    Ok(budget.into_items())
}

#[cfg(test)]
mod tests;
