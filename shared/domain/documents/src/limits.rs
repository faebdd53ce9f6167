//! How large things may be. Each limit is refused with a fault that names the field.

/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 512;
/// Characters of a file name.
pub const FILE_NAME_CHARS_MAX: usize = 255;
/// Tags on one document.
pub const TAGS_MAX: usize = 32;
/// Characters of one tag.
pub const TAG_CHARS_MAX: usize = 64;
/// Bytes of a document's metadata as JSON.
pub const METADATA_BYTES_MAX: usize = 16 * 1024;
/// Users and groups that one document is shared with.
pub const GRANTS_MAX: usize = 256;
/// Bytes of a body. AWS Lambda takes 6 MB of event, and a binary body travels in it as Base64, which grows by a third.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Versions that one document keeps; the oldest is dropped when a further one comes.
pub const VERSIONS_MAX: u32 = 1000;
/// Documents on one page of a listing.
pub const PAGE_DOCUMENTS_MAX: u16 = 100;
/// Characters of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// Hours that an idempotency key is remembered.
pub const IDEMPOTENCY_HOURS: i64 = 24;
