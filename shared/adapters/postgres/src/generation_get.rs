//! Reads a generation, whole.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_generate::{Generation, GenerationId, Order, Paid, Requester, Section, Source, Trouble};
use octavo_domain_kernel::{DocumentId, PortError, TenantId};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// One statement, so that row and sections are of one moment.
const GET: &str = "
select step, status, title, requester, wanted, sources, outlined_by, tries, retries, trouble, document_id, traceparent,
    created_at, updated_at, s.headings, s.instructions, s.texts, s.cuts, s.paids
from generation g cross join lateral (
    select coalesce(array_agg(heading order by place), '{}') as headings,
        coalesce(array_agg(instructions order by place), '{}') as instructions,
        coalesce(array_agg(text order by place), '{}') as texts,
        coalesce(array_agg(cut order by place), '{}') as cuts,
        coalesce(array_agg(paid order by place), '{}') as paids
    from generation_section where tenant = g.tenant and generation_id = g.id) s
where tenant = $1 and id = $2";

#[derive(FromRow)]
struct GenerationRow {
    step: i64,
    status: String,
    title: Option<String>,
    requester: Json<Requester>,
    wanted: Json<Order>,
    sources: Option<Json<Vec<Source>>>,
    outlined_by: Option<Json<Paid>>,
    tries: i32,
    retries: i32,
    trouble: Option<Json<Trouble>>,
    document_id: Uuid,
    traceparent: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    headings: Vec<String>,
    instructions: Vec<String>,
    texts: Vec<Option<String>>,
    cuts: Vec<bool>,
    paids: Vec<Option<Json<Paid>>>,
}

pub(crate) async fn generation_get(
    pool: &Pool,
    tenant: &TenantId,
    id: GenerationId,
) -> Result<Option<Generation>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row =
        pool.query(GET).bind(tenant.as_str()).bind(id.0).fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(None) };
    let row = GenerationRow::from_row(&row).map_err(port_error)?;
    let places = row.headings.into_iter().zip(row.instructions).zip(row.texts).zip(row.cuts).zip(row.paids);
    let sections = places.map(|((((heading, instructions), text), cut), paid)| Section {
        heading,
        instructions,
        text,
        cut,
        paid: paid.map(|paid| paid.0),
    });
    Ok(Some(Generation {
        id,
        tenant: tenant.clone(),
        requester: row.requester.0,
        order: row.wanted.0,
        step: row.step,
        status: row.status.parse().map_err(|error| PortError::corrupt(format!("column status: {error}")))?,
        title: row.title,
        sources: row.sources.map(|sources| sources.0),
        sections: sections.collect(),
        outlined_by: row.outlined_by.map(|paid| paid.0),
        tries: number("tries", row.tries)?,
        retries: number("retries", row.retries)?,
        trouble: row.trouble.map(|trouble| trouble.0),
        document: DocumentId(row.document_id),
        traceparent: row.traceparent,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }))
}
