//! Deletes what has expired, and keeps the ledger's months.

use crate::error::{commit_error, port_error};
use crate::partitions::Upkeep;
use crate::pool::Pool;
use octavo_domain_kernel::PortError;

/// Rows of each kind that one call deletes: a transaction that stays short.
const ROWS_MAX: i64 = 1000;

/// The policies let the relay see nothing but expired rows of these tables; the conditions are for the indexes.
const SWEEPS: [&str; 4] = [
    "delete from idempotency where (tenant, user_id, key) in (
        select tenant, user_id, key from idempotency where expires_at <= now() limit $1)",
    "delete from search_hidden where (tenant, reader, document_id) in (
        select tenant, reader, document_id from search_hidden where expires_at <= now() limit $1)",
    "delete from ai_alert where (tenant, budget, percent) in (
        select tenant, budget, percent from ai_alert where at <= now() - interval '1 year' limit $1)",
    "delete from ai_transcript where (tenant, call_id) in (
        select tenant, call_id from ai_transcript where kept_at <= now() - interval '84 months' limit $1)",
];

pub(crate) async fn sweep(pool: &Pool, upkeep: &Upkeep) -> Result<u64, PortError> {
    let mut transaction = pool.begin_without_tenant().await?;
    let mut swept = 0;
    for sql in SWEEPS {
        let result = pool.query(sql).bind(ROWS_MAX).execute(&mut *transaction).await.map_err(port_error)?;
        swept += result.rows_affected();
    }
    transaction.commit().await.map_err(commit_error)?;
    upkeep.run(pool).await?;
    Ok(swept)
}
