//! Templates of tenants.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::{number, parse};
use crate::workflow::text::{json, plain, read};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use octavo_domain_notify::StoredTemplate;
use sqlx::FromRow;
use sqlx::postgres::PgRow;

/// Templates of a tenant, each language counted.
const TEMPLATES_MAX: i64 = 500;

const TEMPLATES: &str = "
select name, language, parts, revision, updated_at, updated_by from notify_template
where tenant = $1 and ($2::text is null or name = $2) order by name, language limit $3";

/// A new one, if there is room, by one at a time of a tenant.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.templates:' || $1, 0))";
const ROOM: &str = "select from notify_template where tenant = $1 having count(*) < $2";
const INSERT: &str = "
insert into notify_template (tenant, name, language, parts, revision, updated_at, updated_by)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing";
const UPDATE: &str = "
update notify_template set parts = $4, revision = $5, updated_at = $6, updated_by = $7
where tenant = $1 and name = $2 and language = $3 and revision = $5 - 1";

#[derive(FromRow)]
struct TemplateRow {
    name: String,
    language: String,
    parts: String,
    revision: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

fn template(row: &PgRow) -> Result<StoredTemplate, PortError> {
    let row = TemplateRow::from_row(row).map_err(port_error)?;
    Ok(StoredTemplate {
        name: row.name,
        language: row.language,
        parts: read("parts", &row.parts)?,
        revision: number("revision", row.revision)?,
        updated_at: row.updated_at,
        updated_by: parse("updated_by", &row.updated_by)?,
    })
}

pub(super) async fn templates(
    pool: &Pool,
    tenant: &TenantId,
    name: Option<&str>,
) -> Result<Vec<StoredTemplate>, PortError> {
    let mut transaction = pool.begin_planning(tenant).await?;
    let query = pool.query(TEMPLATES).bind(tenant.as_str()).bind(name.map(plain)).bind(TEMPLATES_MAX);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(template).collect()
}

pub(super) async fn template_put(pool: &Pool, tenant: &TenantId, template: &StoredTemplate) -> Result<bool, PortError> {
    let new = template.revision == 1;
    let mut transaction = pool.begin_by_index(tenant).await?;
    if new {
        pool.query(LOCK).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
        let room = pool.query(ROOM).bind(tenant.as_str()).bind(TEMPLATES_MAX);
        if room.fetch_optional(&mut *transaction).await.map_err(port_error)?.is_none() {
            let full = format!("a tenant has at most {TEMPLATES_MAX} templates");
            return Err(PortError::new(PortErrorKind::Conflict, full));
        }
    }
    let put = pool
        .query(if new { INSERT } else { UPDATE })
        .bind(tenant.as_str())
        .bind(plain(&template.name).as_ref())
        .bind(plain(&template.language).as_ref())
        .bind(json(&template.parts)?)
        .bind(i64::from(template.revision))
        .bind(template.updated_at)
        .bind(template.updated_by.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(put.rows_affected() > 0)
}

pub(super) async fn template_delete(
    pool: &Pool,
    tenant: &TenantId,
    name: &str,
    language: &str,
) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let deleted = pool
        .query("delete from notify_template where tenant = $1 and name = $2 and language = $3")
        .bind(tenant.as_str())
        .bind(plain(name).as_ref())
        .bind(plain(language).as_ref())
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(deleted.rows_affected() > 0)
}
