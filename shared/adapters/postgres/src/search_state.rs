//! What search must know beside the index.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, PortError, Reader, TenantId};
use octavo_domain_search::{HIDDEN_MAX, SearchState};
use sqlx::Row;
use uuid::Uuid;

/// One statement, so that the generation and what is hidden are of one moment.
const STATE: &str = "
select
    g.generation,
    g.changed_at,
    array(
        select distinct h.document_id from search_hidden h
        where h.tenant = $1 and h.reader = any ($2::text[]) and (h.expires_at is null or h.expires_at > now())
            and not exists (
                select from document d
                where d.tenant = h.tenant and d.id = h.document_id and d.deleted_at is null
                    and ('user:' || d.owner = any ($2::text[]) or exists (
                        select from document_grant r
                        where r.tenant = d.tenant and r.document_id = d.id and r.reader = any ($2::text[]))))
        order by h.document_id
        limit $3
    ) as hidden,
    (select revision from search_synonyms where tenant = $1) as synonyms
from (select) one left join search_generation g on g.tenant = $1";

/// The generation comes first: see `document_commit`.
const SETTLED: &str = "
with bumped as (
    insert into search_generation (tenant, generation, changed_at) values ($1, 1, clock_timestamp())
    on conflict (tenant) do update set
        generation = search_generation.generation + 1, changed_at = excluded.changed_at
    returning 1
)
update search_hidden h set expires_at = clock_timestamp() + $4 * interval '1 millisecond'
from unnest($2::uuid[], $3::bigint[]) as indexed (document_id, revision), bumped
where h.tenant = $1 and h.document_id = indexed.document_id and h.revision <= indexed.revision
    and h.expires_at is null";

pub(crate) async fn search_state(pool: &Pool, tenant: &TenantId, readers: &[Reader]) -> Result<SearchState, PortError> {
    let readers = readers.iter().map(ToString::to_string).collect::<Vec<_>>();
    let limit = i64::try_from(HIDDEN_MAX + 1).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(STATE)
        .bind(tenant.as_str())
        .bind(readers)
        .bind(limit)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let generation: Option<i64> = row.try_get("generation").map_err(port_error)?;
    let generation_at: Option<DateTime<Utc>> = row.try_get("changed_at").map_err(port_error)?;
    let hidden: Vec<Uuid> = row.try_get("hidden").map_err(port_error)?;
    let synonyms: Option<i64> = row.try_get("synonyms").map_err(port_error)?;
    Ok(SearchState {
        // A tenant of which nothing was ever indexed: nothing can have changed.
        generation: generation.unwrap_or(0),
        generation_at: generation_at.unwrap_or(DateTime::UNIX_EPOCH),
        hidden: hidden.into_iter().map(DocumentId).collect(),
        synonyms: synonyms.unwrap_or(0),
    })
}

pub(crate) async fn search_settled(
    pool: &Pool,
    tenant: &TenantId,
    indexed: &[(DocumentId, i64)],
    grace_ms: u64,
) -> Result<(), PortError> {
    let grace_ms = i64::try_from(grace_ms).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin(tenant).await?;
    pool.query(SETTLED)
        .bind(tenant.as_str())
        .bind(indexed.iter().map(|(id, _)| id.0).collect::<Vec<_>>())
        .bind(indexed.iter().map(|(_, revision)| *revision).collect::<Vec<_>>())
        .bind(grace_ms)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}
