//! Runs of saved searches.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, OutboxEntry, PortError, TenantId};
use octavo_domain_search::{RunCommit, SavedSearchId, TOLD_MAX};
use sqlx::Row;
use uuid::Uuid;

const UNTOLD: &str = "
select g.document_id from unnest($3::uuid[]) with ordinality as g (document_id, place)
where not exists (
    select from search_told t where t.tenant = $1 and t.saved_id = $2 and t.document_id = g.document_id)
order by g.place";

/// The fence: two runs of one search wait for each other here, and the second finds another number.
const FENCE: &str = "
update search_saved set
    runs = runs + 1, last_run_at = $4, next_run_at = $5, wake_at = $5, told = told + $6, groups = coalesce($7, groups)
where tenant = $1 and id = $2 and runs = $3
returning told";

const TELL: &str = "
insert into search_told (tenant, saved_id, document_id, told_at)
select $1, $2, document_id, $4 from unnest($3::uuid[]) as g (document_id)
on conflict do nothing";

/// What is beyond the limit, the oldest.
const TRIM: &str = "
delete from search_told t using (
    select document_id from search_told where tenant = $1 and saved_id = $2
    order by told_at desc, document_id offset $3) as o
where t.tenant = $1 and t.saved_id = $2 and t.document_id = o.document_id";

const OUTBOX: &str = "
insert into outbox (id, tenant, queue, message)
select id, $1, queue, message::json
from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality as m (id, queue, message, place)
order by place";

const PUT_OFF: &str = "update search_saved set wake_at = $4 where tenant = $1 and id = $2 and runs = $3";

pub(super) async fn saved_untold(
    pool: &Pool,
    tenant: &TenantId,
    id: SavedSearchId,
    documents: &[DocumentId],
) -> Result<Vec<DocumentId>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(UNTOLD)
        .bind(tenant.as_str())
        .bind(id.0)
        .bind(documents.iter().map(|document| document.0).collect::<Vec<_>>())
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| row.try_get("document_id").map(DocumentId).map_err(port_error)).collect()
}

pub(super) async fn saved_commit(pool: &Pool, tenant: &TenantId, commit: &RunCommit) -> Result<bool, PortError> {
    let (told, max) = (i64::try_from(commit.found.told.len()), i64::try_from(TOLD_MAX).map_err(PortError::corrupt)?);
    let told = told.map_err(PortError::corrupt)?;
    let groups = commit.found.groups.as_ref();
    let groups = groups.map(|groups| groups.iter().map(ToString::to_string).collect::<Vec<_>>());
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(FENCE)
        .bind(tenant.as_str())
        .bind(commit.id.0)
        .bind(commit.seen_runs)
        .bind(commit.at)
        .bind(commit.next_run_at)
        .bind(told)
        .bind(groups)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    let Some(row) = row else {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(false);
    };
    if told > 0 {
        let tell = pool.query(TELL).bind(tenant.as_str()).bind(commit.id.0);
        let tell = tell.bind(commit.found.told.iter().map(|document| document.0).collect::<Vec<_>>()).bind(commit.at);
        tell.execute(&mut *transaction).await.map_err(port_error)?;
        if row.try_get::<i64, _>("told").map_err(port_error)? > max {
            let trim = pool.query(TRIM).bind(tenant.as_str()).bind(commit.id.0).bind(max);
            trim.execute(&mut *transaction).await.map_err(port_error)?;
        }
    }
    if !commit.found.messages.is_empty() {
        let (ids, queues, bodies) = columns(tenant, &commit.found.messages)?;
        let outbox = pool.query(OUTBOX).bind(tenant.as_str()).bind(ids).bind(queues).bind(bodies);
        outbox.execute(&mut *transaction).await.map_err(port_error)?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(true)
}

type Columns = (Vec<Uuid>, Vec<String>, Vec<String>);

fn columns(tenant: &TenantId, messages: &[OutboxEntry]) -> Result<Columns, PortError> {
    let mut columns: Columns = Default::default();
    for OutboxEntry { queue, message } in messages {
        if message.tenant != *tenant {
            return Err(PortError::corrupt("a message in the outbox names another tenant than the saved search's"));
        }
        columns.0.push(message.id);
        columns.1.push(queue.to_string());
        columns.2.push(message.to_json().map_err(PortError::corrupt)?);
    }
    Ok(columns)
}

pub(super) async fn saved_put_off(
    pool: &Pool,
    tenant: &TenantId,
    id: SavedSearchId,
    seen_runs: i64,
    until: DateTime<Utc>,
) -> Result<(), PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(PUT_OFF).bind(tenant.as_str()).bind(id.0).bind(seen_runs).bind(until);
    query.execute(&mut *transaction).await.map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}
