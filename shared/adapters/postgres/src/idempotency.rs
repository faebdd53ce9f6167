//! Reads what was answered to a request before.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_documents::{IdempotencyKey, IdempotencyRecord};
use octavo_domain_kernel::{PortError, TenantId};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

#[derive(FromRow)]
struct IdempotencyRow {
    request_hash: String,
    status: i32,
    answer: Json<Value>,
    revision: i64,
    expires_at: DateTime<Utc>,
}

pub(crate) async fn idempotency_get(
    pool: &Pool,
    tenant: &TenantId,
    key: &IdempotencyKey,
    now: DateTime<Utc>,
) -> Result<Option<IdempotencyRecord>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(
            "select request_hash, status, answer, revision, expires_at from idempotency \
             where tenant = $1 and user_id = $2 and key = $3 and expires_at > $4",
        )
        .bind(tenant.as_str())
        .bind(key.user.as_str())
        .bind(&key.key)
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(None) };
    let row = IdempotencyRow::from_row(&row).map_err(port_error)?;
    Ok(Some(IdempotencyRecord {
        key: key.clone(),
        request_hash: row.request_hash,
        status: number("status", row.status)?,
        answer: row.answer.0,
        revision: row.revision,
        expires_at: row.expires_at,
    }))
}
