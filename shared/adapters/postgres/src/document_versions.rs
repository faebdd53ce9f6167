//! Reads the versions of a document.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::{VERSION_COLUMNS, VersionRow, number};
use octavo_domain_documents::Version;
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use sqlx::{AssertSqlSafe, FromRow};

pub(crate) async fn document_versions(
    pool: &Pool,
    tenant: &TenantId,
    id: DocumentId,
    before: Option<u32>,
    limit: u16,
) -> Result<Vec<Version>, PortError> {
    // A number that no version can have reached is no limit.
    let before = before.map(|before| i32::try_from(before).unwrap_or(i32::MAX));
    let sql = format!(
        "select {VERSION_COLUMNS} from document_version \
         where tenant = $1 and document_id = $2 and ($3::integer is null or number < $3) \
         order by number desc limit $4"
    );
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(id.0)
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| VersionRow::from_row(row).map_err(port_error)?.try_into()).collect()
}

pub(crate) async fn document_version_get(
    pool: &Pool,
    tenant: &TenantId,
    id: DocumentId,
    wanted: u32,
) -> Result<Option<Version>, PortError> {
    // Beyond what can be stored there is none.
    let Ok(wanted) = number::<_, i32>("number", wanted) else { return Ok(None) };
    let sql = format!(
        "select {VERSION_COLUMNS} from document_version where tenant = $1 and document_id = $2 and number = $3"
    );
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(id.0)
        .bind(wanted)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map(|row| VersionRow::from_row(&row).map_err(port_error)?.try_into()).transpose()
}
