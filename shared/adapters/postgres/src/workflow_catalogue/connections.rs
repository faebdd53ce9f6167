//! Connections of HTTP tasks. Values come sealed and go sealed.

use crate::error::{commit_error, port_error};
use crate::row::parse;
use crate::store::Postgres;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{CONNECTIONS_MAX, Connection, ConnectionPut, Connections, StoredConnection};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

const COLUMNS: &str = "id, arn, name, header, hosts, sealed, updated_at, updated_by";

/// One at a time in a tenant, or two would both find room for the last one.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.workflow_connection:' || $1, 0))";

#[derive(FromRow)]
struct ConnectionRow {
    id: Uuid,
    arn: String,
    name: String,
    header: String,
    hosts: Vec<String>,
    sealed: Vec<u8>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

fn stored(row: &PgRow) -> Result<StoredConnection, PortError> {
    let row = ConnectionRow::from_row(row).map_err(port_error)?;
    let connection = Connection {
        id: row.id,
        arn: row.arn,
        name: row.name,
        header: row.header,
        hosts: row.hosts,
        updated_at: row.updated_at,
        updated_by: parse("updated_by", &row.updated_by)?,
    };
    Ok(StoredConnection { connection, sealed: row.sealed.into() })
}

#[async_trait]
impl Connections for Postgres {
    async fn connection_put(&self, tenant: &TenantId, new: &StoredConnection) -> Result<ConnectionPut, PortError> {
        let sql = format!(
            "insert into workflow_connection (tenant, {COLUMNS}) select $1, $2, $3, $4, $5, $6, $7, $8, $9 \
             where (select count(*) from workflow_connection where tenant = $1 and name <> $4) < $10 \
             on conflict (tenant, name) do update set header = excluded.header, hosts = excluded.hosts, \
             sealed = excluded.sealed, updated_at = excluded.updated_at, updated_by = excluded.updated_by \
             returning {COLUMNS}"
        );
        let connection = &new.connection;
        let mut transaction = self.pool.begin(tenant).await?;
        self.pool.query(ALONE).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
        let row = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(connection.id)
            .bind(&connection.arn)
            .bind(&connection.name)
            .bind(&connection.header)
            .bind(&connection.hosts)
            .bind(&new.sealed[..])
            .bind(connection.updated_at)
            .bind(connection.updated_by.as_str())
            .bind(i64::from(CONNECTIONS_MAX))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        let Some(row) = row else { return Ok(ConnectionPut::TooMany) };
        Ok(ConnectionPut::Done(stored(&row)?.connection))
    }

    async fn connection_list(&self, tenant: &TenantId) -> Result<Vec<Connection>, PortError> {
        let sql = format!("select {COLUMNS} from workflow_connection where tenant = $1 order by name");
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter().map(|row| Ok(stored(row)?.connection)).collect()
    }

    async fn connection_find(&self, tenant: &TenantId, arn: &str) -> Result<Option<StoredConnection>, PortError> {
        let sql = format!("select {COLUMNS} from workflow_connection where tenant = $1 and arn = $2");
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(arn)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        row.as_ref().map(stored).transpose()
    }

    async fn connection_delete(&self, tenant: &TenantId, name: &str) -> Result<bool, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let result = self
            .pool
            .query("delete from workflow_connection where tenant = $1 and name = $2")
            .bind(tenant.as_str())
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(result.rows_affected() > 0)
    }
}
