//! What only few changes have: child executions, and runs of distributed maps. In the transaction of the commit.

use super::commit::New;
use super::text::{self, json, tells_text};
use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use crate::transaction::Transaction;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::{Change, ExecutionId, NewExecution};
use octavo_domain_workflow::machine::{Event, FIRST_FRAME};
use sqlx::Row;
use uuid::Uuid;

/// In the order of the names: two that take some of the same wait for each other in a row and not in a circle.
const NAMES: &str = "
select taker from (
    select workflow_name_take($1, given.arn, given.id, $4) as taker
    from (select arn, id from unnest($2::text[], $3::uuid[]) as g (arn, id) order by arn) given) taken
where taker is not null
limit 1";

const CHILDREN: &str = "
insert into workflow_running (
    tenant, id, seq, status, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by, express,
    revision, version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn, above_tells, map_run_arn,
    item_count, attributes, events, frames, redrive_count, mocked)
select
    $1, given.id, 1, 'RUNNING', given.arn, given.name, given.machine_arn, given.machine_name, given.role_arn,
    given.input, given.started_at, given.started_by, given.express, given.revision, given.version_arn, given.alias_arn,
    given.trace_header, given.above_execution, given.above_frame, given.above_turn, given.above_tells,
    given.map_run_arn, given.item_count, given.attributes, given.events, given.frames, 0, given.mocked
from unnest(
    $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
    $10::text[], $11::boolean[], $12::uuid[], $13::text[], $14::text[], $15::text[], $16::uuid[], $17::bigint[],
    $18::bigint[], $19::text[], $20::text[], $21::bigint[], $22::text[], $23::bigint[], $24::bigint[], $25::text[])
    as given (
        id, arn, name, machine_arn, machine_name, role_arn, input, started_at, started_by, express, revision,
        version_arn, alias_arn, trace_header, above_execution, above_frame, above_turn, above_tells, map_run_arn,
        item_count, attributes, events, frames, mocked)";

/// Their first frames, and that they begin: due at once, and rung for by whoever commits.
const BEGIN: &str = "
with frames as (
    insert into workflow_frame (tenant, execution_id, frame_id, body)
    select $1, given.id, given.frame, given.body
    from unnest($2::uuid[], $3::bigint[], $5::text[]) as given (id, frame, body)
)
insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
select $1, given.id, given.id, $6, given.frame, given.turn, 'other', $7, workflow_signal_due_at($6, $6)
from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as given (id, frame, turn)";

const ATTRIBUTES: &str = "
insert into workflow_attribute (tenant, name, value, execution_id)
select $1, given.* from unnest($2::text[], $3::text[], $4::uuid[]) as given";

/// Nobody knows which they are, so nobody rings: they are due for whoever looks for what is due.
const STOP: &str = "
insert into workflow_signal (tenant, execution_id, id, at, frame_id, turn, kind, event, due_at)
select tenant, id, gen_random_uuid(), $4, $5, 0, 'whole', $6, $4
from workflow_running
where tenant = $1 and above_execution = $2 and above_frame = any ($3)";

const RUNS: &str = "
insert into workflow_map_run (
    tenant, arn, execution_id, frame_id, status, started_at, max_concurrency, tolerated_count, tolerated_percentage)
select $1, given.arn, $2, given.frame, 'RUNNING', $3, given.concurrency, given.count, given.percentage
from unnest($4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::double precision[])
    as given (arn, frame, concurrency, count, percentage)";

const RUNS_REDRIVEN: &str = "
update workflow_map_run set
    status = 'RUNNING', stopped_at = null, redrive_count = redrive_count + 1, redriven_at = $3
where tenant = $1 and arn = any ($2)";

const RUNS_ENDED: &str = "
update workflow_map_run set status = given.status, stopped_at = $2
from unnest($3::text[], $4::text[]) as given (arn, status)
where tenant = $1 and workflow_map_run.arn = given.arn";

pub(super) fn has_more(change: &Change) -> bool {
    !(change.children.is_empty()
        && change.children_stopped.is_empty()
        && change.runs.is_empty()
        && change.runs_redriven.is_empty()
        && change.runs_ended.is_empty())
}

/// Whose the name of a child is, if it is taken; then nothing of this counts.
pub(super) async fn write(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    change: &Change,
) -> Result<Option<ExecutionId>, PortError> {
    if !change.children.is_empty()
        && let Some(taker) = children(pool, transaction, tenant, change).await?
    {
        return Ok(Some(taker));
    }
    if !change.children_stopped.is_empty() {
        let frames = change.children_stopped.iter().map(|frame| number("above_frame", *frame));
        pool.query(STOP)
            .bind(tenant.as_str())
            .bind(change.id.0)
            .bind(frames.collect::<Result<Vec<i64>, _>>()?)
            .bind(change.at)
            .bind(number::<_, i64>("frame_id", FIRST_FRAME)?)
            .bind(json(&Event::Abort { error: None, cause: None })?)
            .execute(&mut **transaction)
            .await
            .map_err(port_error)?;
    }
    runs(pool, transaction, tenant, change).await?;
    Ok(None)
}

async fn children(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    change: &Change,
) -> Result<Option<ExecutionId>, PortError> {
    let children = &change.children;
    let named = || children.iter().filter(|child| !child.execution.express);
    let taken = pool
        .query(NAMES)
        .bind(tenant.as_str())
        .bind(named().map(|child| child.execution.arn.as_str()).collect::<Vec<_>>())
        .bind(named().map(|child| child.id.0).collect::<Vec<_>>())
        .bind(change.at)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(port_error)?;
    if let Some(row) = taken {
        return Ok(Some(ExecutionId(row.try_get("taker").map_err(port_error)?)));
    }
    let news = children.iter().map(New::of).collect::<Result<Vec<_>, _>>()?;
    let rows = Rows { children };
    let above = |child: &NewExecution| child.above;
    pool.query(CHILDREN)
        .bind(tenant.as_str())
        .bind(rows.of(|child| child.id.0))
        .bind(rows.of(|child| child.execution.arn.as_str()))
        .bind(rows.of(|child| child.execution.name.as_str()))
        .bind(rows.of(|child| child.execution.machine_arn.as_str()))
        .bind(rows.of(|child| child.execution.machine_name.as_str()))
        .bind(rows.of(|child| child.execution.role_arn.as_str()))
        .bind(news.iter().map(|new| new.input.as_str()).collect::<Vec<_>>())
        .bind(rows.of(|child| child.execution.started_at))
        .bind(rows.of(|child| child.started_by.as_str()))
        .bind(rows.of(|child| child.execution.express))
        .bind(rows.of(|child| child.revision.0))
        .bind(rows.of(|child| child.version_arn.as_deref()))
        .bind(rows.of(|child| child.alias_arn.as_deref()))
        .bind(rows.of(|child| child.trace_header.as_deref()))
        .bind(rows.of(|child| above(child).map(|above| above.execution.0)))
        .bind(news.iter().map(|new| new.above_frame).collect::<Vec<_>>())
        .bind(news.iter().map(|new| new.above_turn).collect::<Vec<_>>())
        .bind(rows.of(|child| above(child).map(|above| tells_text(above.tells))))
        .bind(rows.of(|child| child.map_run_arn.as_deref()))
        .bind(news.iter().map(|new| new.item_count).collect::<Vec<_>>())
        .bind(rows.tried(|child| text::attributes(&child.attributes))?)
        .bind(rows.tried(|child| number::<_, i64>("events", child.execution.events))?)
        .bind(rows.tried(|child| number::<_, i64>("frames", child.execution.frames))?)
        .bind(rows.tried(|child| child.execution.mocked.as_ref().map(json).transpose())?)
        .execute(&mut **transaction)
        .await
        .map_err(port_error)?;
    pool.query(BEGIN)
        .bind(tenant.as_str())
        .bind(rows.of(|child| child.id.0))
        .bind(rows.tried(|child| number::<_, i64>("frame_id", child.frame.id))?)
        .bind(rows.tried(|child| number::<_, i64>("turn", child.frame.turn))?)
        .bind(rows.tried(|child| json(&child.frame))?)
        .bind(change.at)
        .bind(json(&Event::Go)?)
        .execute(&mut **transaction)
        .await
        .map_err(port_error)?;
    attributes(pool, transaction, tenant, children).await?;
    Ok(None)
}

async fn attributes(
    pool: &Pool,
    transaction: &mut Transaction,
    tenant: &TenantId,
    children: &[NewExecution],
) -> Result<(), PortError> {
    let (mut names, mut values, mut ids): (Vec<String>, Vec<String>, Vec<Uuid>) = Default::default();
    for child in children {
        for (name, value) in child.attributes.iter().filter_map(|(name, value)| text::attribute(name, value)) {
            names.push(name);
            values.push(value);
            ids.push(child.id.0);
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let query = pool.query(ATTRIBUTES).bind(tenant.as_str()).bind(names).bind(values).bind(ids);
    query.execute(&mut **transaction).await.map_err(port_error)?;
    Ok(())
}

async fn runs(pool: &Pool, transaction: &mut Transaction, tenant: &TenantId, change: &Change) -> Result<(), PortError> {
    if !change.runs.is_empty() {
        let frames = change.runs.iter().map(|run| number("frame_id", run.frame));
        let counts = change.runs.iter().map(|run| run.tolerated_count.map(|count| number("tolerated_count", count)));
        pool.query(RUNS)
            .bind(tenant.as_str())
            .bind(change.id.0)
            .bind(change.at)
            .bind(change.runs.iter().map(|run| run.arn.as_str()).collect::<Vec<_>>())
            .bind(frames.collect::<Result<Vec<i64>, _>>()?)
            .bind(change.runs.iter().map(|run| i64::from(run.max_concurrency)).collect::<Vec<_>>())
            .bind(counts.map(Option::transpose).collect::<Result<Vec<Option<i64>>, _>>()?)
            .bind(change.runs.iter().map(|run| run.tolerated_percentage).collect::<Vec<_>>())
            .execute(&mut **transaction)
            .await
            .map_err(port_error)?;
    }
    if !change.runs_redriven.is_empty() {
        let query = pool.query(RUNS_REDRIVEN).bind(tenant.as_str()).bind(&change.runs_redriven).bind(change.at);
        query.execute(&mut **transaction).await.map_err(port_error)?;
    }
    if !change.runs_ended.is_empty() {
        pool.query(RUNS_ENDED)
            .bind(tenant.as_str())
            .bind(change.at)
            .bind(change.runs_ended.iter().map(|run| run.arn.as_str()).collect::<Vec<_>>())
            .bind(change.runs_ended.iter().map(|run| run.status.as_str()).collect::<Vec<_>>())
            .execute(&mut **transaction)
            .await
            .map_err(port_error)?;
    }
    Ok(())
}

/// Children, as the arrays that the statements take.
struct Rows<'c> {
    children: &'c [NewExecution],
}

impl<'c> Rows<'c> {
    fn of<T>(&self, value: impl Fn(&'c NewExecution) -> T) -> Vec<T> {
        self.children.iter().map(value).collect()
    }

    fn tried<T>(&self, value: impl Fn(&'c NewExecution) -> Result<T, PortError>) -> Result<Vec<T>, PortError> {
        self.children.iter().map(value).collect()
    }
}
