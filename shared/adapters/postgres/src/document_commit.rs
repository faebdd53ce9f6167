//! Makes a decided change true.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::{number, role_text};
use chrono::{DateTime, Utc};
use octavo_domain_documents::{Commit, CommitError, Content, Document, IdempotencyRecord, Version};
use octavo_domain_kernel::PortError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Postgres as Engine, Row};

/// The whole change in one statement, so that it is one round trip between BEGIN and COMMIT.
///
/// `done` has a row exactly if the document was at the expected revision; everything but the idempotency record hangs on
/// it. Of two that change one document at once, the second waits for the first in `changed`, then finds another revision.
/// `bumped` comes before `hidden`, here and where the index settles: who has the tenant's generation may lock what is
/// hidden, so that no two wait for each other.
const COMMIT: &str = "
with
kept as (
    insert into idempotency (tenant, user_id, key, request_hash, status, answer, revision, expires_at)
    select $1, $39, $40, $41, $42, $43::json, $44, $45 where $39::text is not null
    on conflict (tenant, user_id, key) do update set
        request_hash = excluded.request_hash, status = excluded.status, answer = excluded.answer,
        revision = excluded.revision, expires_at = excluded.expires_at
        where idempotency.expires_at <= $17
    returning 1
),
made as (
    insert into document (
        tenant, id, revision, version, content_hash, content_size, media_type, file_name, text_chars, text_truncated,
        title, title_key, tags, metadata, owner, created_at, updated_at, updated_by, deleted_at)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
    where $20::bigint is null
    on conflict (tenant, id) do nothing
    returning 1
),
changed as (
    update document set
        revision = $3, version = $4, content_hash = $5, content_size = $6, media_type = $7, file_name = $8,
        text_chars = $9, text_truncated = $10, title = $11, title_key = $12, tags = $13, metadata = $14, owner = $15,
        updated_at = $17, updated_by = $18, deleted_at = $19
    where tenant = $1 and id = $2 and revision = $20
    returning 1
),
done as (select 1 from made union all select 1 from changed),
revoked as (
    delete from document_grant
    where tenant = $1 and document_id = $2 and reader <> all ($21::text[]) and exists (select from done)
),
granted as (
    insert into document_grant (tenant, document_id, reader, role, granted_by, granted_at)
    select $1, $2, reader, role, granted_by, granted_at
    from unnest($21::text[], $22::text[], $23::text[], $24::timestamptz[]) as g (reader, role, granted_by, granted_at),
        done
    on conflict (tenant, document_id, reader) do update set
        role = excluded.role, granted_by = excluded.granted_by, granted_at = excluded.granted_at
        where (document_grant.role, document_grant.granted_by, document_grant.granted_at)
            is distinct from (excluded.role, excluded.granted_by, excluded.granted_at)
),
versioned as (
    insert into document_version (
        tenant, document_id, number, content_hash, content_size, media_type, file_name, text_chars, text_truncated,
        title, created_by, created_at)
    select $1, $2, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34 from done where $25::integer is not null
),
forgotten as (
    delete from document_version
    where tenant = $1 and document_id = $2 and number <= $25 - $46::integer and exists (select from done)
),
told as (
    insert into outbox (id, tenant, queue, message)
    select id, $1, queue, message::json
    from unnest($35::uuid[], $36::text[], $37::text[]) with ordinality as m (id, queue, message, place), done
    order by place
),
bumped as (
    insert into search_generation (tenant, generation, changed_at)
    select $1, 1, clock_timestamp() from done where cardinality($38::text[]) > 0
    on conflict (tenant) do update set
        generation = search_generation.generation + 1, changed_at = excluded.changed_at
    returning 1
),
hidden as (
    insert into search_hidden (tenant, reader, document_id, revision)
    select distinct $1, reader, $2, $3 from unnest($38::text[]) as r (reader), bumped
    on conflict (tenant, reader, document_id) do update set revision = excluded.revision, expires_at = null
)
select exists (select from done) as done, $39::text is null or exists (select from kept) as kept";

pub(crate) async fn document_commit(pool: &Pool, commit: &Commit) -> Result<(), CommitError> {
    check(commit)?;
    let document = &commit.document;
    let mut transaction = pool.begin(&document.tenant).await?;
    let query = bind(pool.query(COMMIT), commit)?;
    let row = query.fetch_one(&mut *transaction).await.map_err(port_error)?;
    let done: bool = row.try_get("done").map_err(port_error)?;
    let kept: bool = row.try_get("kept").map_err(port_error)?;
    if !kept {
        // Before staleness: the same request sent twice finds its own change, and must get its own answer.
        transaction.rollback().await.map_err(port_error)?;
        return Err(CommitError::IdempotencyKeyTaken);
    }
    if !done {
        let current = pool
            .query("select revision from document where tenant = $1 and id = $2")
            .bind(document.tenant.as_str())
            .bind(document.id.0)
            .fetch_optional(&mut *transaction)
            .await
            .and_then(|row| row.map(|row| row.try_get(0)).transpose())
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        return Err(CommitError::Stale { current });
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(())
}

/// What would be a defect of the caller, and would be found out too late.
fn check(commit: &Commit) -> Result<(), PortError> {
    let document = &commit.document;
    let revision = commit.expected_revision.unwrap_or(0) + 1;
    if document.revision != revision {
        return Err(PortError::corrupt(format!("the new revision must be {revision}, not {}", document.revision)));
    }
    if commit.outbox.iter().any(|entry| entry.message.tenant != document.tenant) {
        return Err(PortError::corrupt("a message in the outbox names another tenant than the document's"));
    }
    Ok(())
}

type Bound<'q> = Query<'q, Engine, PgArguments>;

/// Binds $1 to $46, in order.
fn bind<'q>(query: Bound<'q>, commit: &'q Commit) -> Result<Bound<'q>, PortError> {
    let query = bind_document(query, &commit.document)?.bind(commit.expected_revision);
    let query = bind_grants(query, &commit.document);
    let query = bind_version(query, commit.version.as_ref())?;
    let query = bind_outbox(query, commit)?;
    let hidden_from = commit.hidden_from.iter().map(ToString::to_string).collect::<Vec<_>>();
    let query = bind_idempotency(query.bind(hidden_from), commit.idempotency.as_ref());
    Ok(query.bind(number::<_, i32>("number", octavo_domain_documents::VERSIONS_MAX)?))
}

fn bind_document<'q>(query: Bound<'q>, document: &'q Document) -> Result<Bound<'q>, PortError> {
    let query = query
        .bind(document.tenant.as_str())
        .bind(document.id.0)
        .bind(document.revision)
        .bind(number::<_, i32>("version", document.version)?);
    Ok(bind_content(query, Some(&document.content))?
        .bind(&document.title)
        .bind(document.title.to_lowercase())
        .bind(&document.tags)
        .bind(Json(&document.metadata))
        .bind(document.owner.as_str())
        .bind(document.created_at)
        .bind(document.updated_at)
        .bind(document.updated_by.as_str())
        .bind(document.deleted_at))
}

fn bind_content<'q>(query: Bound<'q>, content: Option<&'q Content>) -> Result<Bound<'q>, PortError> {
    let size = content.map(|content| number::<_, i64>("content_size", content.size)).transpose()?;
    let text_chars = content.map(|content| number::<_, i64>("text_chars", content.text_chars)).transpose()?;
    Ok(query
        .bind(content.map(|content| content.hash.as_str()))
        .bind(size)
        .bind(content.map(|content| content.media_type.as_str()))
        .bind(content.and_then(|content| content.file_name.as_deref()))
        .bind(text_chars)
        .bind(content.map(|content| content.text_truncated)))
}

fn bind_grants<'q>(query: Bound<'q>, document: &'q Document) -> Bound<'q> {
    let grants = &document.grants;
    query
        .bind(grants.iter().map(|grant| grant.reader.to_string()).collect::<Vec<_>>())
        .bind(grants.iter().map(|grant| role_text(grant.role)).collect::<Vec<_>>())
        .bind(grants.iter().map(|grant| grant.granted_by.as_str()).collect::<Vec<_>>())
        .bind(grants.iter().map(|grant| grant.granted_at).collect::<Vec<DateTime<Utc>>>())
}

fn bind_version<'q>(query: Bound<'q>, version: Option<&'q Version>) -> Result<Bound<'q>, PortError> {
    let number = version.map(|version| number::<_, i32>("number", version.number)).transpose()?;
    Ok(bind_content(query.bind(number), version.map(|version| &version.content))?
        .bind(version.map(|version| version.title.as_str()))
        .bind(version.map(|version| version.created_by.as_str()))
        .bind(version.map(|version| version.created_at)))
}

fn bind_outbox<'q>(query: Bound<'q>, commit: &'q Commit) -> Result<Bound<'q>, PortError> {
    let messages = commit
        .outbox
        .iter()
        .map(|entry| entry.message.to_json())
        .collect::<Result<Vec<_>, _>>()
        .map_err(PortError::corrupt)?;
    Ok(query
        .bind(commit.outbox.iter().map(|entry| entry.message.id).collect::<Vec<_>>())
        .bind(commit.outbox.iter().map(|entry| entry.queue.as_str()).collect::<Vec<_>>())
        .bind(messages))
}

fn bind_idempotency<'q>(query: Bound<'q>, record: Option<&'q IdempotencyRecord>) -> Bound<'q> {
    query
        .bind(record.map(|record| record.key.user.as_str()))
        .bind(record.map(|record| record.key.key.as_str()))
        .bind(record.map(|record| record.request_hash.as_str()))
        .bind(record.map(|record| i32::from(record.status)))
        .bind(record.map(|record| record.answer.to_string()))
        .bind(record.map(|record| record.revision))
        .bind(record.map(|record| record.expires_at))
}
