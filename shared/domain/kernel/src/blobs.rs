//! Object storage.

use crate::{PortError, TenantId};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The BLAKE3 hash of some bytes, 64 lower-case hexadecimal digits: the address of a body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(String);

/// Why a text is not a content hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a content hash must be 64 lower-case hexadecimal digits")]
pub struct InvalidContentHash;

impl ContentHash {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ContentHash {
    type Err = InvalidContentHash;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for ContentHash {
    type Error = InvalidContentHash;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 64 && hexadecimal { Ok(Self(text)) } else { Err(InvalidContentHash) }
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.0
    }
}

/// The key of an object. Made only by the constructors here, so that every key begins with its tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    /// The body of a document version.
    pub fn content(tenant: &TenantId, hash: &ContentHash) -> Self {
        Self::addressed(tenant, "content", hash)
    }

    /// The text that was extracted from the body with this hash, UTF-8.
    pub fn text(tenant: &TenantId, hash: &ContentHash) -> Self {
        Self::addressed(tenant, "text", hash)
    }

    /// Events of an execution's history that are too long for their row.
    pub fn workflow_history(tenant: &TenantId, hash: &ContentHash) -> Self {
        Self::addressed(tenant, "workflow-history", hash)
    }

    /// A file that workflows read or write, by its bucket and key as a definition names them: none unless both are made of
    /// 1 to 512 of `A-Z`, `a-z`, `0-9`, `.`, `_`, `-`, `=` and (in the key) `/` between parts that are not `.` or `..`.
    pub fn workflow_file(tenant: &TenantId, bucket: &str, key: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'=');
        let part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(allowed);
        let fits = |text: &str| (1..=512).contains(&text.len());
        let good = fits(bucket) && part(bucket) && fits(key) && key.split('/').all(part);
        good.then(|| Self(format!("tenants/{tenant}/workflow-files/{bucket}/{key}")))
    }

    fn addressed(tenant: &TenantId, kind: &str, hash: &ContentHash) -> Self {
        // Two digits as a folder: a file system of an emulator or a listing of a bucket stays readable.
        Self(format!("tenants/{tenant}/{kind}/{}/{hash}", &hash.as_str()[..2]))
    }

    /// The key as the store sees it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a store knows of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    /// Bytes.
    pub size: u64,
}

/// Stores bytes under keys. Objects are immutable here: a key names its content by hash, so writing it twice is harmless.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores the whole object, durably before it returns.
    async fn put(&self, key: &BlobKey, bytes: Bytes, content_type: &str) -> Result<(), PortError>;
    /// The whole object.
    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError>;
    /// The bytes `range` of it, cut at its end. A range that begins at or after the end is `Corrupt`.
    async fn get_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>, PortError>;
    /// Whether it is there, and its size.
    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, PortError>;
    /// Removes it; removing what is not there is no error.
    async fn delete(&self, key: &BlobKey) -> Result<(), PortError>;
    /// Whether the store answers: for health checks.
    async fn ping(&self) -> Result<(), PortError>;
}
