//! A person's inbox.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Notifications that a person's inbox holds; beyond it the oldest that were read go first, then the oldest.
pub const INBOX_MAX: u32 = 1_000;
const TITLE_CHARS_MAX: usize = 200;
const TEXT_CHARS_MAX: usize = 4_000;
const CATEGORY_CHARS_MAX: usize = 64;
const LINK_CHARS_MAX: usize = 2_000;
const DATA_BYTES_MAX: usize = 8 * 1024;

/// A notification in an inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notification {
    /// Its identifier: a UUID version 7.
    pub id: Uuid,
    /// What it is about, for preferences and icons: `document.shared`, `generation.finished`.
    pub category: String,
    /// One line.
    pub title: String,
    /// More, as plain text.
    pub text: String,
    /// Where it leads: a path of the application.
    pub link: Option<String>,
    /// For programs.
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it was shown in a list.
    pub seen_at: Option<DateTime<Utc>>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was put away.
    pub archived_at: Option<DateTime<Utc>>,
}

/// A notification to be delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNotification {
    /// What it is about: 1 to 64 characters.
    pub category: String,
    /// One line: 1 to 200 characters.
    pub title: String,
    /// More: at most 4,000 characters.
    #[serde(default)]
    pub text: String,
    /// Where it leads: a path that begins with one `/`, at most 2,000 characters.
    #[serde(default)]
    pub link: Option<String>,
    /// For programs: at most 8 KiB of JSON.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    /// Two with one key for one user are one notification: 1 to 255 characters.
    #[serde(default)]
    pub dedupe_key: Option<String>,
}

/// A field that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidNotification {
    /// Which.
    pub field: &'static str,
    /// What was expected.
    pub message: &'static str,
}

impl NewNotification {
    /// Whether it may be delivered.
    pub fn check(&self) -> Result<(), InvalidNotification> {
        let chars = |text: &str| text.chars().count();
        let refuse = |field, message| Err(InvalidNotification { field, message });
        // A database keeps no such text; whoever means it can put it into `data`.
        let texts = [("category", Some(&self.category)), ("title", Some(&self.title)), ("text", Some(&self.text))];
        let optional = [("link", self.link.as_ref()), ("dedupe_key", self.dedupe_key.as_ref())];
        for (field, text) in texts.into_iter().chain(optional) {
            if text.is_some_and(|text| text.contains('\0')) {
                return refuse(field, "expected text without NUL characters");
            }
        }
        if !(1..=CATEGORY_CHARS_MAX).contains(&chars(&self.category)) {
            return refuse("category", "expected 1 to 64 characters");
        }
        if !(1..=TITLE_CHARS_MAX).contains(&chars(&self.title)) {
            return refuse("title", "expected 1 to 200 characters");
        }
        if chars(&self.text) > TEXT_CHARS_MAX {
            return refuse("text", "expected at most 4,000 characters");
        }
        // A link of somebody else's in a message that looks like ours would be a gift to phishers.
        if self
            .link
            .as_ref()
            .is_some_and(|link| !link.starts_with('/') || link.starts_with("//") || link.contains('\\'))
        {
            return refuse("link", "expected a path that begins with one /");
        }
        if self.link.as_ref().is_some_and(|link| chars(link) > LINK_CHARS_MAX) {
            return refuse("link", "expected at most 2,000 characters");
        }
        if serde_json::to_vec(&self.data).map_or(usize::MAX, |bytes| bytes.len()) > DATA_BYTES_MAX {
            return refuse("data", "expected at most 8 KiB of JSON");
        }
        if self.dedupe_key.as_ref().is_some_and(|key| !(1..=255).contains(&chars(key))) {
            return refuse("dedupe_key", "expected 1 to 255 characters");
        }
        Ok(())
    }
}

/// What the notification of a message is called in the inbox when it is put there at this moment: a UUID version 7, which sorts by
/// it, and the same however often that happens then. Whoever closes the message and whoever pushes it to the person's windows come
/// to the same one.
pub fn notification_id(message: Uuid, at: DateTime<Utc>) -> Uuid {
    let ms = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    let mut chance = [0; 10];
    chance.copy_from_slice(&message.as_bytes()[6..]);
    uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid()
}

/// Where a page ended: everything before (older than) this follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPosition {
    /// The last notification of the page; ids sort by time.
    pub id: Uuid,
}

/// A page of an inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxPage {
    /// Newest first.
    pub notifications: Vec<Notification>,
    /// Whether more follow.
    pub more: bool,
    /// How many are unread, of all that are not archived.
    pub unread: u32,
}

/// What is noted at a notification. Noting twice keeps the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It was shown.
    Seen,
    /// It was read (and so seen).
    Read,
    /// It is to count as unread again.
    Unread,
    /// It is put away (and counts as read).
    Archived,
}

/// Keeps inboxes. PostgreSQL implements this.
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Puts a notification into a user's inbox; none where one with its key is there already. Keeps to [`INBOX_MAX`].
    async fn inbox_add(
        &self,
        tenant: &TenantId,
        user: &UserId,
        id: Uuid,
        new: &NewNotification,
        at: DateTime<Utc>,
    ) -> Result<Option<Notification>, PortError>;
    /// A page; archived ones only if asked for. At most 100.
    async fn inbox_list(
        &self,
        tenant: &TenantId,
        user: &UserId,
        before: Option<InboxPosition>,
        archived: bool,
        limit: u16,
    ) -> Result<InboxPage, PortError>;
    /// How many are unread and not archived.
    async fn inbox_unread(&self, tenant: &TenantId, user: &UserId) -> Result<u32, PortError>;
    /// Marks those of `ids` (all that are not archived, where none are named) and answers how many are unread then. At
    /// most 1,000 ids; others' are passed over.
    async fn inbox_mark(
        &self,
        tenant: &TenantId,
        user: &UserId,
        ids: Option<&[Uuid]>,
        mark: Mark,
        at: DateTime<Utc>,
    ) -> Result<u32, PortError>;
}
