//! Executions as they are looked at.

use super::text::{read, status};
use crate::row::{number, parse};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::PortError;
use octavo_domain_workflow::engine::ports::{ExecutionSummary, ExecutionView, StartedWith};
use octavo_domain_workflow::engine::{ExecutionId, RevisionId};
use sqlx::FromRow;
use uuid::Uuid;

/// What follows `select` to read a [`SummaryRow`] of one that runs.
pub(super) const RUNNING_COLUMNS: &str = "id, arn, name, machine_arn, version_arn, alias_arn, map_run_arn, item_count, \
     status, started_at, null::timestamptz as stopped_at, redrive_count, redriven_at, started_by, attributes";

/// The same of one that has ended.
pub(super) const ENDED_COLUMNS: &str = "id, arn, name, machine_arn, version_arn, alias_arn, map_run_arn, item_count, \
     status, started_at, stopped_at, redrive_count, redriven_at, started_by, attributes";

/// What more follows to read a [`ViewRow`] of one that runs.
pub(super) const RUNNING_MORE: &str = "role_arn, input, express, revision, trace_header, events, \
     null as output, null as error, null as cause";

/// The same of one that has ended.
pub(super) const ENDED_MORE: &str = "role_arn, input, express, revision, trace_header, events, output, error, cause";

#[derive(FromRow)]
pub(super) struct SummaryRow {
    id: Uuid,
    arn: String,
    name: String,
    machine_arn: String,
    version_arn: Option<String>,
    alias_arn: Option<String>,
    map_run_arn: Option<String>,
    item_count: Option<i64>,
    status: String,
    started_at: DateTime<Utc>,
    stopped_at: Option<DateTime<Utc>>,
    redrive_count: i32,
    redriven_at: Option<DateTime<Utc>>,
    started_by: String,
    attributes: Option<String>,
}

#[derive(FromRow)]
pub(super) struct ViewRow {
    #[sqlx(flatten)]
    summary: SummaryRow,
    role_arn: String,
    input: String,
    express: bool,
    revision: Uuid,
    trace_header: Option<String>,
    events: i64,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl TryFrom<SummaryRow> for ExecutionSummary {
    type Error = PortError;
    fn try_from(row: SummaryRow) -> Result<Self, PortError> {
        Ok(Self {
            id: ExecutionId(row.id),
            arn: row.arn,
            name: row.name,
            machine_arn: row.machine_arn,
            version_arn: row.version_arn,
            alias_arn: row.alias_arn,
            map_run_arn: row.map_run_arn,
            item_count: row.item_count.map(|count| number("item_count", count)).transpose()?,
            status: status(&row.status)?,
            started_at: row.started_at,
            stopped_at: row.stopped_at,
            redrive_count: number("redrive_count", row.redrive_count)?,
            redriven_at: row.redriven_at,
            started_by: parse("started_by", &row.started_by)?,
            attributes: row.attributes.as_deref().map_or(Ok(Default::default()), |text| read("attributes", text))?,
        })
    }
}

impl TryFrom<ViewRow> for ExecutionView {
    type Error = PortError;
    fn try_from(row: ViewRow) -> Result<Self, PortError> {
        let summary = ExecutionSummary::try_from(row.summary)?;
        Ok(Self {
            id: summary.id,
            started: StartedWith {
                arn: summary.arn,
                name: summary.name,
                machine_arn: summary.machine_arn,
                role_arn: row.role_arn,
                input: read("input", &row.input)?,
                at: summary.started_at,
                by: summary.started_by,
                express: row.express,
                revision: RevisionId(row.revision),
                version_arn: summary.version_arn,
                alias_arn: summary.alias_arn,
                trace_header: row.trace_header,
                map_run_arn: summary.map_run_arn,
            },
            status: summary.status,
            events: number("events", row.events)?,
            redrive_count: summary.redrive_count,
            redriven_at: summary.redriven_at,
            stopped_at: summary.stopped_at,
            output: row.output.as_deref().map(|output| read("output", output)).transpose()?,
            error: row.error,
            cause: row.cause,
            attributes: summary.attributes,
        })
    }
}
