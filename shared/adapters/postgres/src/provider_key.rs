//! The tenants' own keys with providers. They come sealed and go sealed.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use chrono::{DateTime, Utc};
use octavo_domain_ai::ports::ProviderKey;
use octavo_domain_kernel::{PortError, TenantId};
use sqlx::FromRow;

#[derive(FromRow)]
struct ProviderKeyRow {
    provider: String,
    sealed: Vec<u8>,
    hint: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

pub(crate) async fn provider_key_list(pool: &Pool, tenant: &TenantId) -> Result<Vec<ProviderKey>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(
            "select provider, sealed, hint, updated_at, updated_by from ai_provider_key \
             where tenant = $1 order by provider",
        )
        .bind(tenant.as_str())
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let row = ProviderKeyRow::from_row(row).map_err(port_error)?;
            Ok(ProviderKey {
                provider: row.provider,
                sealed: row.sealed.into(),
                hint: row.hint,
                updated_at: row.updated_at,
                updated_by: parse("updated_by", &row.updated_by)?,
            })
        })
        .collect()
}

pub(crate) async fn provider_key_put(pool: &Pool, tenant: &TenantId, key: &ProviderKey) -> Result<(), PortError> {
    let mut transaction = pool.begin(tenant).await?;
    pool.query(
        "insert into ai_provider_key (tenant, provider, sealed, hint, updated_at, updated_by) \
         values ($1, $2, $3, $4, $5, $6) on conflict (tenant, provider) do update set sealed = excluded.sealed, \
         hint = excluded.hint, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
    )
    .bind(tenant.as_str())
    .bind(&key.provider)
    .bind(&key.sealed[..])
    .bind(&key.hint)
    .bind(key.updated_at)
    .bind(key.updated_by.as_str())
    .execute(&mut *transaction)
    .await
    .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}

pub(crate) async fn provider_key_delete(pool: &Pool, tenant: &TenantId, provider: &str) -> Result<bool, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let result = pool
        .query("delete from ai_provider_key where tenant = $1 and provider = $2")
        .bind(tenant.as_str())
        .bind(provider)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(result.rows_affected() > 0)
}
