//! Reads counts and clicks of some days.

use crate::error::port_error;
use crate::pool::Pool;
use chrono::NaiveDate;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_search::{
    ANALYTICS_TEXTS_MAX, AnalyticsDay, AnalyticsFound, AnalyticsRange, TOOK_CLASSES, TextFigures, Totals,
};
use sqlx::Row;
use sqlx::postgres::PgRow;

const DAYS: &str = "
with searched as (
    select day, sum(searches)::bigint as searches, sum(without_results)::bigint as without_results,
        sum(tolerant)::bigint as tolerant, coalesce(sum(searches) filter (where other), 0)::bigint as other,
        array[sum(took[1]), sum(took[2]), sum(took[3]), sum(took[4]), sum(took[5])]::bigint[] as took
    from search_query_day where tenant = $1 and day between $2 and $3 group by day),
clicked as (
    select day, count(distinct search_id) as clicked, count(*) as clicks, sum(position)::bigint as positions
    from search_click where tenant = $1 and day between $2 and $3 group by day)
select coalesce(s.day, c.day) as day, coalesce(searches, 0) as searches,
    coalesce(without_results, 0) as without_results, coalesce(tolerant, 0) as tolerant, coalesce(other, 0) as other,
    coalesce(took, array[0, 0, 0, 0, 0]::bigint[]) as took, coalesce(clicked, 0) as clicked,
    coalesce(clicks, 0) as clicks, coalesce(positions, 0) as positions
from searched s full join clicked c on c.day = s.day order by 1";

/// By how often it was looked for ($4: false), or by how often it was looked for and not found.
const TEXTS: &str = "
with searched as (
    select text, sum(searches)::bigint as searches, sum(without_results)::bigint as without_results,
        sum(tolerant)::bigint as tolerant, sum(hits)::bigint as hits
    from search_query_day where tenant = $1 and day between $2 and $3 and not other group by text),
top as (
    select *, case when $4 then without_results else searches end as weight from searched
    where not $4 or without_results > 0
    order by weight desc, text limit $5),
clicked as (
    select text, count(distinct search_id) as clicked, count(*) as clicks, sum(position)::bigint as positions
    from search_click
    where tenant = $1 and day between $2 and $3 and text = any (array(select text from top)) group by text)
select t.text, t.searches, t.without_results, t.tolerant, t.hits, coalesce(c.clicked, 0) as clicked,
    coalesce(c.clicks, 0) as clicks, coalesce(c.positions, 0) as positions
from top t left join clicked c on c.text = t.text order by t.weight desc, t.text";

/// The counts of a row: they are added before anything is divided.
#[derive(Default)]
struct Sums {
    searches: u64,
    without_results: u64,
    tolerant: u64,
    clicked: u64,
    clicks: u64,
    positions: u64,
}

impl Sums {
    fn of(row: &PgRow) -> Result<Self, PortError> {
        Ok(Self {
            searches: count(row, "searches")?,
            without_results: count(row, "without_results")?,
            tolerant: count(row, "tolerant")?,
            clicked: count(row, "clicked")?,
            clicks: count(row, "clicks")?,
            positions: count(row, "positions")?,
        })
    }

    fn add(&mut self, other: &Self) {
        self.searches += other.searches;
        self.without_results += other.without_results;
        self.tolerant += other.tolerant;
        self.clicked += other.clicked;
        self.clicks += other.clicks;
        self.positions += other.positions;
    }

    fn totals(&self) -> Totals {
        Totals::of(self.searches, self.without_results, self.tolerant, self.clicked, self.clicks, self.positions)
    }
}

fn count(row: &PgRow, column: &str) -> Result<u64, PortError> {
    let count: i64 = row.try_get(column).map_err(port_error)?;
    u64::try_from(count).map_err(PortError::corrupt)
}

pub(super) async fn analytics(
    pool: &Pool,
    tenant: &TenantId,
    range: AnalyticsRange,
) -> Result<AnalyticsFound, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let days = pool.query(DAYS).bind(tenant.as_str()).bind(range.from).bind(range.to);
    let days = days.fetch_all(&mut *transaction).await.map_err(port_error)?;
    let mut lists = [Vec::new(), Vec::new()];
    for (list, missing) in lists.iter_mut().zip([false, true]) {
        let texts = pool.query(TEXTS).bind(tenant.as_str()).bind(range.from).bind(range.to).bind(missing);
        let texts = texts.bind(i64::from(ANALYTICS_TEXTS_MAX));
        *list = texts.fetch_all(&mut *transaction).await.map_err(port_error)?;
    }
    transaction.rollback().await.map_err(port_error)?;

    let (mut found, mut sums) = (AnalyticsFound::default(), Sums::default());
    for row in &days {
        let day: NaiveDate = row.try_get("day").map_err(port_error)?;
        let of_day = Sums::of(row)?;
        sums.add(&of_day);
        found.days.push(AnalyticsDay { day, totals: of_day.totals() });
        found.other += count(row, "other")?;
        let took: Vec<i64> = row.try_get("took").map_err(port_error)?;
        let took: [i64; TOOK_CLASSES] = took.try_into().map_err(|_| PortError::corrupt("column took"))?;
        for (sum, count) in found.took.iter_mut().zip(took) {
            *sum += u64::try_from(count).map_err(PortError::corrupt)?;
        }
    }
    found.totals = sums.totals();
    let [top, missing] = lists;
    found.top = top.iter().map(text).collect::<Result<_, _>>()?;
    found.missing = missing.iter().map(text).collect::<Result<_, _>>()?;
    Ok(found)
}

fn text(row: &PgRow) -> Result<TextFigures, PortError> {
    let totals = Sums::of(row)?.totals();
    Ok(TextFigures::of(row.try_get("text").map_err(port_error)?, totals, count(row, "hits")?))
}
