//! Saved searches, as they are made, shown and deleted.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use crate::workflow::text::{json, plain, read};
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId, UserId};
use octavo_domain_search::{Cadence, SAVED_MAX, SavedSearch, SavedSearchId};
use sqlx::Row;
use sqlx::postgres::PgRow;

/// One at a time of a person, or two would both find room for the last one. A statement of its own: the next one sees what was
/// committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.search_saved:' || $1 || ':' || $2, 0))";

/// How many there are beside this one.
const OTHERS: &str = "select count(*) from search_saved where tenant = $1 and owner = $2 and id <> $3";

const INSERT: &str = "
insert into search_saved (
    tenant, id, owner, groups, name, search, notify, created_at, next_run_at, wake_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
on conflict (tenant, id) do nothing";

const GET: &str = "
select id, owner, groups, name, search, notify, created_at, runs, last_run_at, next_run_at, told
from search_saved where tenant = $1 and id = $2";

const LIST: &str = "
select id, owner, groups, name, search, notify, created_at, runs, last_run_at, next_run_at, told
from search_saved where tenant = $1 and owner = $2 order by lower(name), id limit $3";

/// First the search, which waits for a run of it that is being committed; then all that it has told by then.
const DELETE: &str = "delete from search_saved where tenant = $1 and owner = $2 and id = $3";
const FORGET: &str = "delete from search_told where tenant = $1 and saved_id = $2";

pub(super) fn saved(row: &PgRow) -> Result<SavedSearch, PortError> {
    let owner: String = row.try_get("owner").map_err(port_error)?;
    let groups: Vec<String> = row.try_get("groups").map_err(port_error)?;
    let search: String = row.try_get("search").map_err(port_error)?;
    let notify: String = row.try_get("notify").map_err(port_error)?;
    Ok(SavedSearch {
        id: SavedSearchId(row.try_get("id").map_err(port_error)?),
        owner: parse("owner", &owner)?,
        groups: groups.iter().map(|group| parse("groups", group)).collect::<Result<_, _>>()?,
        name: row.try_get("name").map_err(port_error)?,
        search: read("search", &search)?,
        notify: Cadence::parse(&notify).ok_or_else(|| PortError::corrupt(format!("column notify: {notify:?}")))?,
        created_at: row.try_get("created_at").map_err(port_error)?,
        runs: row.try_get("runs").map_err(port_error)?,
        last_run_at: row.try_get("last_run_at").map_err(port_error)?,
        next_run_at: row.try_get("next_run_at").map_err(port_error)?,
        told: row.try_get("told").map_err(port_error)?,
    })
}

pub(super) async fn saved_put(pool: &Pool, tenant: &TenantId, new: &SavedSearch) -> Result<(), PortError> {
    let max = i64::try_from(SAVED_MAX).map_err(PortError::corrupt)?;
    let owner = new.owner.as_str();
    let mut transaction = pool.begin(tenant).await?;
    let alone = pool.query(ALONE).bind(tenant.as_str()).bind(owner);
    alone.execute(&mut *transaction).await.map_err(port_error)?;
    let others = pool.query(OTHERS).bind(tenant.as_str()).bind(owner).bind(new.id.0);
    let others = others.fetch_one(&mut *transaction).await.map_err(port_error)?;
    if others.try_get::<i64, _>(0).map_err(port_error)? >= max {
        transaction.rollback().await.map_err(port_error)?;
        return Err(PortError::new(PortErrorKind::Conflict, format!("a person has at most {max} saved searches")));
    }
    pool.query(INSERT)
        .bind(tenant.as_str())
        .bind(new.id.0)
        .bind(owner)
        .bind(new.groups.iter().map(ToString::to_string).collect::<Vec<_>>())
        .bind(plain(&new.name))
        .bind(json(&new.search)?)
        .bind(new.notify.as_str())
        .bind(new.created_at)
        .bind(new.next_run_at)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn saved_get(
    pool: &Pool,
    tenant: &TenantId,
    id: SavedSearchId,
) -> Result<Option<SavedSearch>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(GET).bind(tenant.as_str()).bind(id.0);
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.as_ref().map(saved).transpose()
}

pub(super) async fn saved_list(pool: &Pool, tenant: &TenantId, owner: &UserId) -> Result<Vec<SavedSearch>, PortError> {
    let max = i64::try_from(SAVED_MAX).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(LIST).bind(tenant.as_str()).bind(owner.as_str()).bind(max);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(saved).collect()
}

pub(super) async fn saved_delete(
    pool: &Pool,
    tenant: &TenantId,
    owner: &UserId,
    id: SavedSearchId,
) -> Result<bool, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(DELETE).bind(tenant.as_str()).bind(owner.as_str()).bind(id.0);
    let deleted = query.execute(&mut *transaction).await.map_err(port_error)?.rows_affected() > 0;
    if deleted {
        let query = pool.query(FORGET).bind(tenant.as_str()).bind(id.0);
        query.execute(&mut *transaction).await.map_err(port_error)?;
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(deleted)
}
