//! Reads documents by id.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::{DOCUMENT_COLUMNS, DocumentRow, GRANTS};
use octavo_domain_documents::Document;
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use sqlx::{AssertSqlSafe, FromRow};

/// Documents that one call may ask for.
const IDS_MAX: usize = 1000;

pub(crate) async fn document_get_many(
    pool: &Pool,
    tenant: &TenantId,
    ids: &[DocumentId],
) -> Result<Vec<Document>, PortError> {
    if ids.len() > IDS_MAX {
        return Err(PortError::corrupt(format!("at most {IDS_MAX} documents at a time, not {}", ids.len())));
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let mut transaction = pool.begin(tenant).await?;
    let sql =
        format!("select {DOCUMENT_COLUMNS} from document d {GRANTS} where d.tenant = $1 and d.id = any ($2::uuid[])");
    let rows = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(ids)
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| DocumentRow::from_row(row).map_err(port_error)?.try_into()).collect()
}
