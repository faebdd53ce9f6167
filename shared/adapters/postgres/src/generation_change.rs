//! Makes a decided change of a generation true, if it is still at the step that it was decided on.

use crate::error::{commit_error, port_error};
use crate::generation_create::Told;
use crate::pool::Pool;
use crate::row::number;
use octavo_domain_generate::{Change, Section};
use octavo_domain_kernel::{PortError, TenantId};
use sqlx::Row;
use sqlx::types::Json;

/// `changed` is the fence: of two that change one step at once, the second waits for the first there and then finds
/// another step. Sections and messages hang on it.
const CHANGE: &str = "
with
changed as (
    update generation set
        step = $3, status = $4, title = $5, sources = $6, outlined_by = $7, tries = $8, retries = $9, trouble = $10,
        updated_at = $11
    where tenant = $1 and id = $2 and step = $12
    returning 1
),
written as (
    insert into generation_section (tenant, generation_id, place, heading, instructions, text, cut, paid)
    select $1, $2, place, heading, instructions, text, cut, paid::jsonb
    from unnest($13::integer[], $14::text[], $15::text[], $16::text[], $17::boolean[], $18::text[])
        as s (place, heading, instructions, text, cut, paid), changed
    on conflict (tenant, generation_id, place) do update set
        text = excluded.text, cut = excluded.cut, paid = excluded.paid
        -- What was written is never written again.
        where generation_section.text is null
),
told as (
    insert into outbox (id, tenant, queue, message)
    select id, $1, queue, message::json
    from unnest($19::uuid[], $20::text[], $21::text[]) with ordinality as m (id, queue, message, position), changed
    order by position
)
select exists (select from changed) as changed";

pub(crate) async fn generation_change(pool: &Pool, tenant: &TenantId, change: &Change) -> Result<bool, PortError> {
    let generation = &change.generation;
    if generation.tenant != *tenant || generation.step < change.expected_step {
        return Err(PortError::corrupt("a generation keeps its tenant, and its step never goes back"));
    }
    let told = Told::of(tenant, &change.outbox)?;
    let sections = change.sections.iter().map(|place| {
        let section = generation.sections.get(*place).ok_or_else(|| PortError::corrupt("there is no such section"))?;
        Ok((number::<_, i32>("place", *place)?, section))
    });
    let sections: Vec<(i32, &Section)> = sections.collect::<Result<_, PortError>>()?;
    let of = |text: fn(&Section) -> Option<&str>| {
        sections.iter().map(|(_, section)| text(section).map(str::to_owned)).collect::<Vec<Option<String>>>()
    };
    let paid = sections.iter().map(|(_, section)| section.paid.as_ref().map(serde_json::to_string).transpose());
    let paid: Vec<Option<String>> = paid.collect::<Result<_, _>>().map_err(PortError::corrupt)?;
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(CHANGE)
        .bind(tenant.as_str())
        .bind(generation.id.0)
        .bind(generation.step)
        .bind(generation.status.as_str())
        .bind(generation.title.as_deref())
        .bind(generation.sources.as_ref().map(Json))
        .bind(generation.outlined_by.as_ref().map(Json))
        .bind(number::<_, i32>("tries", generation.tries)?)
        .bind(number::<_, i32>("retries", generation.retries)?)
        .bind(generation.trouble.as_ref().map(Json))
        .bind(generation.updated_at)
        .bind(change.expected_step)
        .bind(sections.iter().map(|(place, _)| *place).collect::<Vec<_>>())
        .bind(of(|section| Some(&section.heading)))
        .bind(of(|section| Some(&section.instructions)))
        .bind(of(|section| section.text.as_deref()))
        .bind(sections.iter().map(|(_, section)| section.cut).collect::<Vec<_>>())
        .bind(paid)
        .bind(told.ids)
        .bind(told.queues)
        .bind(told.messages)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    if !row.try_get::<bool, _>("changed").map_err(port_error)? {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(false);
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(true)
}
