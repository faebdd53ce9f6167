//! Adds counts of searches.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use chrono::NaiveDate;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_search::{Counted, TEXTS_DAY_MAX, TOOK_CLASSES};

/// One at a time of a tenant: the limit of texts holds, and two never wait for each other's rows.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.search_query_day:' || $1, 0))";

/// A text that is there is added to; of those that are new as many as there is room for are kept, the most frequent first; what
/// is left is counted together. Losing it in a crash is harmless, so nobody waits for the disk.
const ADD: &str = "
with hurried as (select set_config('synchronous_commit', 'off', true)),
given as (
    select g.*, exists (
        select from search_query_day q
        where q.tenant = $1 and q.day = g.day and not q.other and q.text = g.text) as known
    from unnest(
        $2::date[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
        as g (day, text, searches, without_results, tolerant, hits, t1, t2, t3, t4, t5), hurried),
present as (
    select day, count(*) as texts from search_query_day
    where tenant = $1 and day = any ($2::date[]) and not other group by day),
placed as (
    select g.*, not g.known and coalesce(p.texts, 0)
        + row_number() over (partition by g.day, g.known order by g.searches desc, g.text) > $13 as other
    from given g left join present p on p.day = g.day)
insert into search_query_day as q (tenant, day, other, text, searches, without_results, tolerant, hits, took)
select $1, day, other, case when other then '' else text end, sum(searches), sum(without_results), sum(tolerant),
    sum(hits), array[sum(t1), sum(t2), sum(t3), sum(t4), sum(t5)]::bigint[]
from placed group by day, other, case when other then '' else text end
on conflict (tenant, day, other, text) do update set
    searches = q.searches + excluded.searches,
    without_results = q.without_results + excluded.without_results,
    tolerant = q.tolerant + excluded.tolerant,
    hits = q.hits + excluded.hits,
    took = array[q.took[1] + excluded.took[1], q.took[2] + excluded.took[2], q.took[3] + excluded.took[3],
        q.took[4] + excluded.took[4], q.took[5] + excluded.took[5]]";

#[derive(Default)]
struct Columns {
    days: Vec<NaiveDate>,
    texts: Vec<String>,
    searches: Vec<i64>,
    without_results: Vec<i64>,
    tolerant: Vec<i64>,
    hits: Vec<i64>,
    took: [Vec<i64>; TOOK_CLASSES],
}

impl Columns {
    fn of(counted: &[Counted]) -> Result<Self, PortError> {
        let number = |count: u64| i64::try_from(count).map_err(PortError::corrupt);
        let mut columns = Self::default();
        for sum in counted {
            columns.days.push(sum.day);
            columns.texts.push(sum.text.clone());
            columns.searches.push(number(sum.searches)?);
            columns.without_results.push(number(sum.without_results)?);
            columns.tolerant.push(number(sum.tolerant)?);
            columns.hits.push(number(sum.hits)?);
            for (column, count) in columns.took.iter_mut().zip(sum.took) {
                column.push(number(count)?);
            }
        }
        Ok(columns)
    }
}

pub(super) async fn analytics_add(pool: &Pool, tenant: &TenantId, counted: &[Counted]) -> Result<(), PortError> {
    if counted.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(counted)?;
    let mut transaction = pool.begin(tenant).await?;
    pool.query(ALONE).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
    let mut add = pool
        .query(ADD)
        .bind(tenant.as_str())
        .bind(columns.days)
        .bind(columns.texts)
        .bind(columns.searches)
        .bind(columns.without_results)
        .bind(columns.tolerant)
        .bind(columns.hits);
    for took in columns.took {
        add = add.bind(took);
    }
    add.bind(i64::from(TEXTS_DAY_MAX)).execute(&mut *transaction).await.map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}
