//! Runs of distributed maps, with how their children stand.

use super::text::status;
use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::MapRunView;
use sqlx::FromRow;
use uuid::Uuid;

/// Runs of a page.
const LIMIT_MAX: u32 = 1_000;

/// `found` are the runs; their children are counted where they are. Of a run whose execution is not there any more (its
/// month was dropped) nothing is shown.
macro_rules! counted {
    ($found:literal) => {
        concat!(
            "with found as materialized (",
            $found,
            ")
            select
                m.arn, m.execution_id, x.arn as execution_arn, x.machine_arn, m.status, m.started_at, m.stopped_at,
                m.max_concurrency, m.tolerated_count, m.tolerated_percentage, m.redrive_count, m.redriven_at,
                coalesce(c.statuses, '{}') as statuses, coalesce(c.executions, '{}') as executions,
                coalesce(c.items, '{}') as items
            from found m
            cross join lateral (
                select arn, machine_arn from workflow_running where tenant = $1 and id = m.execution_id
                union all
                select arn, machine_arn from workflow_ended where tenant = $1 and id = m.execution_id) x
            left join lateral (
                select array_agg(status) as statuses, array_agg(executions) as executions, array_agg(items) as items
                from (
                    select status, count(*) as executions, sum(coalesce(item_count, 1))::bigint as items
                    from (
                        select status, item_count from workflow_running where tenant = $1 and map_run_arn = m.arn
                        union all
                        select status, item_count from workflow_ended where tenant = $1 and map_run_arn = m.arn) child
                    group by status
                    order by status) by_status) c on true
            order by m.started_at desc, m.arn desc"
        )
    };
}

const GET: &str = counted!("select * from workflow_map_run where tenant = $1 and arn = $2");

const LIST: &str = counted!(
    "select * from workflow_map_run
    where tenant = $1 and execution_id = $2
        and ($3::text is null or (started_at, arn) < (
            select a.started_at, a.arn from workflow_map_run a
            where a.tenant = $1 and a.execution_id = $2 and a.arn = $3))
    order by started_at desc, arn desc
    limit $4"
);

#[derive(FromRow)]
struct MapRunRow {
    arn: String,
    execution_id: Uuid,
    execution_arn: String,
    machine_arn: String,
    status: String,
    started_at: DateTime<Utc>,
    stopped_at: Option<DateTime<Utc>>,
    max_concurrency: i64,
    tolerated_count: Option<i64>,
    tolerated_percentage: Option<f64>,
    redrive_count: i32,
    redriven_at: Option<DateTime<Utc>>,
    statuses: Vec<String>,
    executions: Vec<i64>,
    items: Vec<i64>,
}

pub(super) async fn map_run_get(pool: &Pool, tenant: &TenantId, arn: &str) -> Result<Option<MapRunView>, PortError> {
    if arn.contains('\0') {
        return Ok(None);
    }
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(GET).bind(tenant.as_str()).bind(arn);
    let row = query.fetch_optional(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map(|row| MapRunRow::from_row(&row).map_err(port_error)?.into_view()).transpose()
}

pub(super) async fn map_run_list(
    pool: &Pool,
    tenant: &TenantId,
    execution: ExecutionId,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<MapRunView>, PortError> {
    let after = after.map(super::text::plain);
    let mut transaction = pool.begin(tenant).await?;
    let query = pool.query(LIST).bind(tenant.as_str()).bind(execution.0).bind(after.as_deref());
    let query = query.bind(i64::from(limit.min(LIMIT_MAX)));
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| MapRunRow::from_row(row).map_err(port_error)?.into_view()).collect()
}

impl MapRunRow {
    fn into_view(self) -> Result<MapRunView, PortError> {
        let counts = |column: &str, counts: &[i64]| {
            let pairs = self.statuses.iter().zip(counts);
            pairs
                .map(|(name, count)| Ok((status(name)?, number(column, *count)?)))
                .collect::<Result<Vec<_>, PortError>>()
        };
        Ok(MapRunView {
            executions: counts("executions", &self.executions)?,
            items: counts("items", &self.items)?,
            arn: self.arn,
            execution: ExecutionId(self.execution_id),
            execution_arn: self.execution_arn,
            machine_arn: self.machine_arn,
            status: status(&self.status)?,
            started_at: self.started_at,
            stopped_at: self.stopped_at,
            max_concurrency: number("max_concurrency", self.max_concurrency)?,
            tolerated_count: self.tolerated_count.map(|count| number("tolerated_count", count)).transpose()?,
            tolerated_percentage: self.tolerated_percentage,
            redrive_count: number("redrive_count", self.redrive_count)?,
            redriven_at: self.redriven_at,
        })
    }
}
