//! Rows, and what they are in the domain.

use chrono::{DateTime, Utc};
use octavo_domain_documents::{Content, Document, Grant, Metadata, Role, Version};
use octavo_domain_kernel::{DocumentId, PortError, QueueName};
use sqlx::types::Json;
use std::error::Error;
use std::str::FromStr;
use uuid::Uuid;

/// What follows `select` to read a [`DocumentRow`]: from `document d`, joined with [`GRANTS`].
pub(crate) const DOCUMENT_COLUMNS: &str = "d.tenant, d.id, d.revision, d.version, d.content_hash, d.content_size, \
     d.media_type, d.file_name, d.text_chars, d.text_truncated, d.title, d.tags, d.metadata, d.owner, d.created_at, \
     d.updated_at, d.updated_by, d.deleted_at, g.readers, g.roles, g.granters, g.times";

/// Joins the grants of `document d` in one row.
pub(crate) const GRANTS: &str = "cross join lateral (select \
     coalesce(array_agg(reader), '{}') as readers, coalesce(array_agg(role), '{}') as roles, \
     coalesce(array_agg(granted_by), '{}') as granters, coalesce(array_agg(granted_at), '{}') as times \
     from document_grant where tenant = d.tenant and document_id = d.id) g";

/// What follows `select` to read a [`VersionRow`].
pub(crate) const VERSION_COLUMNS: &str = "number, content_hash, content_size, media_type, file_name, text_chars, \
     text_truncated, title, created_by, created_at";

#[derive(sqlx::FromRow)]
struct ContentRow {
    content_hash: String,
    content_size: i64,
    media_type: String,
    file_name: Option<String>,
    text_chars: i64,
    text_truncated: bool,
}

#[derive(sqlx::FromRow)]
pub(crate) struct DocumentRow {
    tenant: String,
    id: Uuid,
    revision: i64,
    version: i32,
    #[sqlx(flatten)]
    content: ContentRow,
    title: String,
    tags: Vec<String>,
    metadata: Json<Metadata>,
    owner: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    updated_by: String,
    deleted_at: Option<DateTime<Utc>>,
    readers: Vec<String>,
    roles: Vec<String>,
    granters: Vec<String>,
    times: Vec<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct VersionRow {
    number: i32,
    #[sqlx(flatten)]
    content: ContentRow,
    title: String,
    created_by: String,
    created_at: DateTime<Utc>,
}

impl TryFrom<ContentRow> for Content {
    type Error = PortError;
    fn try_from(row: ContentRow) -> Result<Self, PortError> {
        Ok(Self {
            hash: parse("content_hash", &row.content_hash)?,
            size: number("content_size", row.content_size)?,
            media_type: row
                .media_type
                .parse()
                .map_err(|error| PortError::corrupt(format!("column media_type: {error}")))?,
            file_name: row.file_name,
            text_chars: number("text_chars", row.text_chars)?,
            text_truncated: row.text_truncated,
        })
    }
}

impl TryFrom<DocumentRow> for Document {
    type Error = PortError;
    fn try_from(row: DocumentRow) -> Result<Self, PortError> {
        let mut grants = Vec::with_capacity(row.readers.len());
        for (((reader, role), granter), at) in row.readers.iter().zip(&row.roles).zip(&row.granters).zip(&row.times) {
            grants.push(Grant {
                reader: reader.parse().map_err(|error| PortError::corrupt(format!("column reader: {error}")))?,
                role: role_from_text(role)?,
                granted_by: parse("granted_by", granter)?,
                granted_at: *at,
            });
        }
        // In the domain's order, in which users come before groups; that of the texts is another.
        grants.sort_by(|a, b| a.reader.cmp(&b.reader));
        Ok(Self {
            id: DocumentId(row.id),
            tenant: parse("tenant", &row.tenant)?,
            revision: row.revision,
            version: number("version", row.version)?,
            content: row.content.try_into()?,
            title: row.title,
            tags: row.tags,
            metadata: row.metadata.0,
            owner: parse("owner", &row.owner)?,
            grants,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: parse("updated_by", &row.updated_by)?,
            deleted_at: row.deleted_at,
        })
    }
}

impl TryFrom<VersionRow> for Version {
    type Error = PortError;
    fn try_from(row: VersionRow) -> Result<Self, PortError> {
        Ok(Self {
            number: number("number", row.number)?,
            content: row.content.try_into()?,
            title: row.title,
            created_by: parse("created_by", &row.created_by)?,
            created_at: row.created_at,
        })
    }
}

/// The role as it is stored.
pub(crate) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Editor => "editor",
    }
}

fn role_from_text(text: &str) -> Result<Role, PortError> {
    match text {
        "viewer" => Ok(Role::Viewer),
        "editor" => Ok(Role::Editor),
        other => Err(PortError::corrupt(format!("column role: {other:?} is no role"))),
    }
}

/// Reads an identifier that the domain checked when it was written.
pub(crate) fn parse<T>(column: &str, text: &str) -> Result<T, PortError>
where
    T: FromStr,
    T::Err: Error,
{
    text.parse().map_err(|error| PortError::corrupt(format!("column {column}: {error}")))
}

/// A number in the range of another type, on the way in or out.
pub(crate) fn number<A, B>(column: &str, value: A) -> Result<B, PortError>
where
    A: Copy + std::fmt::Display,
    B: TryFrom<A>,
{
    B::try_from(value).map_err(|_| PortError::corrupt(format!("column {column}: {value} is out of range")))
}

/// A queue's name as it is stored.
pub(crate) fn parse_queue(text: &str) -> Result<QueueName, PortError> {
    text.parse().map_err(|error| PortError::corrupt(format!("column queue: {error}")))
}
