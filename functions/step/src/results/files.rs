//! Files of results, cut where they become long.

use super::config::Place;
use bytes::Bytes;
use octavo_domain_kernel::{BlobKey, BlobStore, PortError, TenantId};
use serde_json::{Value, json};

/// The longest file, in bytes, unless one record alone is longer.
const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Writes the files of one kind: `SUCCEEDED_0.json`, `SUCCEEDED_1.json` and so on.
pub(super) struct Files<'a> {
    blobs: &'a dyn BlobStore,
    tenant: &'a TenantId,
    place: &'a Place,
    /// The folder, with a slash at its end.
    folder: &'a str,
    kind: &'static str,
    lines: bool,
    open: Vec<u8>,
    /// Keys and sizes.
    written: Vec<(String, usize)>,
}

impl<'a> Files<'a> {
    pub(super) fn new(
        blobs: &'a dyn BlobStore,
        tenant: &'a TenantId,
        place: &'a Place,
        folder: &'a str,
        kind: &'static str,
        lines: bool,
    ) -> Self {
        Self { blobs, tenant, place, folder, kind, lines, open: Vec::new(), written: Vec::new() }
    }

    /// Adds a record.
    pub(super) async fn push(&mut self, record: &Value) -> Result<(), PortError> {
        let text = serde_json::to_vec(record).map_err(PortError::corrupt)?;
        if !self.open.is_empty() && self.open.len() + text.len() > FILE_BYTES_MAX {
            self.close().await?;
        }
        match (self.open.is_empty(), self.lines) {
            (true, false) => self.open.push(b'['),
            (false, false) => self.open.push(b','),
            (_, true) => {}
        }
        self.open.extend_from_slice(&text);
        if self.lines {
            self.open.push(b'\n');
        }
        Ok(())
    }

    /// Writes what is open, and answers the files as the manifest lists them.
    pub(super) async fn finish(mut self) -> Result<Vec<Value>, PortError> {
        self.close().await?;
        Ok(self.written.iter().map(|(key, size)| json!({ "Key": key, "Size": size })).collect())
    }

    async fn close(&mut self) -> Result<(), PortError> {
        if self.open.is_empty() {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.open);
        let (ending, media_type) =
            if self.lines { ("jsonl", "application/x-ndjson") } else { ("json", "application/json") };
        if !self.lines {
            bytes.push(b']');
        }
        let key = format!("{}{}_{}.{ending}", self.folder, self.kind, self.written.len());
        let size = bytes.len();
        put(self.blobs, self.tenant, self.place, &key, bytes.into(), media_type).await?;
        self.written.push((key, size));
        Ok(())
    }
}

/// Writes one file.
pub(super) async fn put(
    blobs: &dyn BlobStore,
    tenant: &TenantId,
    place: &Place,
    key: &str,
    bytes: Bytes,
    media_type: &str,
) -> Result<(), PortError> {
    let blob = BlobKey::workflow_file(tenant, &place.bucket, key);
    // The place was judged before anything was read.
    let blob = blob.ok_or_else(|| PortError::corrupt(format!("'{key}' is no key")))?;
    blobs.put(&blob, bytes, media_type).await
}
