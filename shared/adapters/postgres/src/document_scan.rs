//! Reads all that a tenant has, and learns who has documents.

use crate::error::port_error;
use crate::row::{DOCUMENT_COLUMNS, DocumentRow, GRANTS};
use crate::{Postgres, Relay};
use async_trait::async_trait;
use octavo_domain_documents::{Document, DocumentScan, DocumentTenants};
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use sqlx::{AssertSqlSafe, FromRow, Row};

#[async_trait]
impl DocumentScan for Postgres {
    async fn document_scan(
        &self,
        tenant: &TenantId,
        after: Option<DocumentId>,
        limit: u16,
    ) -> Result<Vec<Document>, PortError> {
        let mut transaction = self.pool.begin_planning(tenant).await?;
        // The primary key's order, so that a page costs what is in it.
        let sql = format!(
            "select {DOCUMENT_COLUMNS} from document d {GRANTS} \
             where d.tenant = $1 and ($2::uuid is null or d.id > $2) and d.deleted_at is null order by d.id limit $3"
        );
        let rows = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(after.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter().map(|row| DocumentRow::from_row(row).map_err(port_error)?.try_into()).collect()
    }
}

#[async_trait]
impl DocumentTenants for Relay {
    async fn document_tenants(&self, after: Option<&TenantId>, limit: u16) -> Result<Vec<TenantId>, PortError> {
        let pool = self.pool();
        let mut transaction = pool.begin_without_tenant().await?;
        let rows = pool
            .query("select name from document_tenants($1, $2) as name")
            .bind(after.map_or("", TenantId::as_str))
            .bind(i32::from(limit))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        let name = |row: &sqlx::postgres::PgRow| -> Result<TenantId, PortError> {
            let name: String = row.try_get("name").map_err(port_error)?;
            name.parse().map_err(|error| PortError::corrupt(format!("column tenant: {error}")))
        };
        rows.iter().map(name).collect()
    }
}
