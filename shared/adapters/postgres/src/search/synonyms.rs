//! A tenant's synonyms.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use crate::workflow::text::{json, read};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_search::StoredSynonyms;
use sqlx::Row;

const GET: &str = "select revision, rules, updated_at, updated_by from search_synonyms where tenant = $1";
const INSERT: &str = "
insert into search_synonyms (tenant, revision, rules, updated_at, updated_by) values ($1, $2, $3, $4, $5)
on conflict do nothing";
const UPDATE: &str = "
update search_synonyms set revision = $2, rules = $3, updated_at = $4, updated_by = $5
where tenant = $1 and revision = $2 - 1";

pub(super) async fn synonyms_get(pool: &Pool, tenant: &TenantId) -> Result<Option<StoredSynonyms>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(GET).bind(tenant.as_str());
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(None) };
    let (rules, updated_by): (String, String) =
        (row.try_get("rules").map_err(port_error)?, row.try_get("updated_by").map_err(port_error)?);
    Ok(Some(StoredSynonyms {
        revision: row.try_get("revision").map_err(port_error)?,
        rules: read("rules", &rules)?,
        updated_at: row.try_get("updated_at").map_err(port_error)?,
        updated_by: parse("updated_by", &updated_by)?,
    }))
}

pub(super) async fn synonyms_put(pool: &Pool, tenant: &TenantId, set: &StoredSynonyms) -> Result<bool, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let done = pool
        .query(if set.revision == 1 { INSERT } else { UPDATE })
        .bind(tenant.as_str())
        .bind(set.revision)
        .bind(json(&set.rules)?)
        .bind(set.updated_at)
        .bind(set.updated_by.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(done.rows_affected() > 0)
}
