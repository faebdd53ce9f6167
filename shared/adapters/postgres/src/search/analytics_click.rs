//! Keeps clicks.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_search::{CLICKS_DAY_MAX, CLICKS_SEARCH_MAX, Click};

/// If there is room: counted in the index, up to the limits. Losing it in a crash is harmless, so nobody waits for the disk.
const CLICK: &str = "
with hurried as (select set_config('synchronous_commit', 'off', true)),
of_day as (
    select count(*) as clicks from (
        select from search_click where tenant = $1 and day = $2 limit $7) as d),
of_search as (
    select count(*) as clicks from (
        select from search_click where tenant = $1 and day = $2 and search_id = $3 limit $8) as s)
insert into search_click (tenant, day, search_id, document_id, text, position)
select $1, $2, $3, $4, $5, $6 from hurried, of_day, of_search where of_day.clicks < $7 and of_search.clicks < $8
on conflict do nothing";

pub(super) async fn analytics_click(pool: &Pool, tenant: &TenantId, click: &Click) -> Result<(), PortError> {
    let position = i32::try_from(click.position).map_err(PortError::corrupt)?;
    let mut transaction = pool.begin_by_index(tenant).await?;
    pool.query(CLICK)
        .bind(tenant.as_str())
        .bind(click.searched_at.date_naive())
        .bind(click.search)
        .bind(click.document.0)
        .bind(&click.text)
        .bind(position)
        .bind(i64::from(CLICKS_DAY_MAX))
        .bind(i64::from(CLICKS_SEARCH_MAX))
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}
