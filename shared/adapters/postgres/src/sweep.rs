//! Deletes what has expired, and keeps the months of the ledger and of executions.

use crate::error::{commit_error, port_error};
use crate::partitions::Upkeep;
use crate::pool::Pool;
use crate::{notify, search};
use octavo_domain_kernel::PortError;

/// Rows of each kind that one transaction deletes: it stays short.
const ROWS_MAX: i64 = 1000;
/// How often a call does so with what grows as fast as notifications do: at a call a minute, 14 million a day.
const ROUNDS_MAX: u32 = 10;

/// The policies let the relay see nothing but expired rows of these tables; the conditions are for the indexes.
const SWEEPS: [&str; 13] = [
    "delete from idempotency where (tenant, user_id, key) in (
        select tenant, user_id, key from idempotency where expires_at <= now() limit $1)",
    "delete from search_hidden where (tenant, reader, document_id) in (
        select tenant, reader, document_id from search_hidden where expires_at <= now() limit $1)",
    "delete from ai_alert where (tenant, budget, percent) in (
        select tenant, budget, percent from ai_alert where at <= now() - interval '1 year' limit $1)",
    "delete from ai_transcript where (tenant, call_id) in (
        select tenant, call_id from ai_transcript where kept_at <= now() - interval '84 months' limit $1)",
    "delete from workflow_frame where (tenant, execution_id, frame_id) in (
        select tenant, execution_id, frame_id from workflow_frame where kept_until <= now() limit $1)",
    // What a month left behind that was dropped, except of what runs still.
    "delete from workflow_name n where (n.tenant, n.arn) in (
        select tenant, arn from workflow_name o where execution_id < (select workflow_kept_from())
        and not exists (select from workflow_running r where r.tenant = o.tenant and r.id = o.execution_id)
        and not exists (select from workflow_ended e where e.tenant = o.tenant and e.id = o.execution_id) limit $1)",
    "delete from workflow_map_run m where (m.tenant, m.arn) in (
        select tenant, arn from workflow_map_run o where execution_id < (select workflow_kept_from())
        and not exists (select from workflow_running r where r.tenant = o.tenant and r.id = o.execution_id)
        and not exists (select from workflow_ended e where e.tenant = o.tenant and e.id = o.execution_id) limit $1)",
    // And of months that never were made.
    "delete from workflow_ended where (tenant, id) in (
        select tenant, id from workflow_ended where id < (select workflow_kept_from())
        and stopped_at <= now() - interval '90 days' limit $1)",
    "delete from workflow_history h where (h.tenant, h.execution_id, h.first) in (
        select tenant, execution_id, first from workflow_history o where execution_id < (select workflow_kept_from())
        and not exists (select from workflow_running r where r.tenant = o.tenant and r.id = o.execution_id)
        and not exists (select from workflow_ended e where e.tenant = o.tenant and e.id = o.execution_id) limit $1)",
    "delete from workflow_attribute a where (a.tenant, a.name, a.value, a.execution_id) in (
        select tenant, name, value, execution_id from workflow_attribute o
        where execution_id < (select workflow_kept_from())
        and not exists (select from workflow_running r where r.tenant = o.tenant and r.id = o.execution_id)
        and not exists (select from workflow_ended e where e.tenant = o.tenant and e.id = o.execution_id) limit $1)",
    "delete from approval_link where (tenant, nonce) in (
        select tenant, nonce from approval_link where expires_at <= now() limit $1)",
    "delete from substitution where (tenant, id) in (
        select tenant, id from substitution where to_day < (now() - interval '2 years')::date limit $1)",
    // An execution may run for a year, and is kept for 90 days after that.
    "delete from workflow_revision where (tenant, id) in (
        select tenant, id from workflow_revision where superseded_at <= now() - interval '500 days' limit $1)",
];

pub(crate) async fn sweep(pool: &Pool, upkeep: &Upkeep) -> Result<u64, PortError> {
    let mut swept = delete(pool, &SWEEPS).await?;
    for sql in notify::SWEEPS.into_iter().chain(search::SWEEPS) {
        for _ in 0..ROUNDS_MAX {
            let gone = delete(pool, &[sql]).await?;
            swept += gone;
            if gone < ROWS_MAX.unsigned_abs() {
                break;
            }
        }
    }
    upkeep.run(pool).await?;
    Ok(swept)
}

async fn delete(pool: &Pool, statements: &[&'static str]) -> Result<u64, PortError> {
    let mut transaction = pool.begin_without_tenant().await?;
    let mut gone = 0;
    for sql in statements {
        let result = pool.query(*sql).bind(ROWS_MAX).execute(&mut *transaction).await.map_err(port_error)?;
        gone += result.rows_affected();
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(gone)
}
