//! Prompts and answers in full. They come sealed and go sealed.

use crate::Postgres;
use crate::error::{commit_error, port_error};
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_ai::ports::{TRANSCRIPT_BYTES_MAX, TranscriptStore};
use octavo_domain_kernel::{PortError, TenantId};
use sqlx::Row;
use uuid::Uuid;

#[async_trait]
impl TranscriptStore for Postgres {
    async fn transcript_put(&self, tenant: &TenantId, call: Uuid, sealed: &[u8]) -> Result<(), PortError> {
        if sealed.len() > TRANSCRIPT_BYTES_MAX {
            return Err(PortError::corrupt(format!("a transcript of {} bytes is too large", sealed.len())));
        }
        let mut transaction = self.pool.begin(tenant).await?;
        self.pool
            .query("insert into ai_transcript (tenant, call_id, sealed) values ($1, $2, $3) on conflict do nothing")
            .bind(tenant.as_str())
            .bind(call)
            .bind(sealed)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)
    }

    async fn transcript_get(&self, tenant: &TenantId, call: Uuid) -> Result<Option<Bytes>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query("select sealed from ai_transcript where tenant = $1 and call_id = $2")
            .bind(tenant.as_str())
            .bind(call)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        let sealed: Option<Vec<u8>> = row.map(|row| row.try_get("sealed")).transpose().map_err(port_error)?;
        Ok(sealed.map(Bytes::from))
    }
}
