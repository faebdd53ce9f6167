//! Lists somebody's generations.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_generate::{GenerationId, Progress, Status, Summary, Trouble};
use octavo_domain_kernel::{DocumentId, PortError, TenantId, UserId};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// The page first, then the counts of its few.
const LIST: &str = "
select id, status, title, sources is not null as gathered, trouble, document_id, created_at, updated_at, s.total, s.done
from (
    select * from generation
    where tenant = $1 and user_id = $2 and ($3::uuid is null or id < $3)
    order by id desc limit $4) g
cross join lateral (
    select count(*) as total, count(text) as done
    from generation_section where tenant = g.tenant and generation_id = g.id) s
order by id desc";

#[derive(FromRow)]
struct SummaryRow {
    id: Uuid,
    status: String,
    title: Option<String>,
    gathered: bool,
    trouble: Option<Json<Trouble>>,
    document_id: Uuid,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    total: i64,
    done: i64,
}

pub(crate) async fn generation_list(
    pool: &Pool,
    tenant: &TenantId,
    user: &UserId,
    before: Option<GenerationId>,
    limit: u16,
) -> Result<Vec<Summary>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(LIST)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(before.map(|before| before.0))
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let summary = |row| {
        let row = SummaryRow::from_row(row).map_err(port_error)?;
        let status: Status =
            row.status.parse().map_err(|error| PortError::corrupt(format!("column status: {error}")))?;
        Ok(Summary {
            id: GenerationId(row.id),
            status,
            title: row.title,
            progress: Progress::of(status, row.gathered, number("done", row.done)?, number("total", row.total)?),
            document: DocumentId(row.document_id),
            trouble: row.trouble.map(|trouble| trouble.0),
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    };
    rows.iter().map(summary).collect()
}
