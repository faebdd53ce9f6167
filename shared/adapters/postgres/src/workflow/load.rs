//! An execution as a wake sees it.

use super::text::{kept, read, status, tells};
use crate::error::port_error;
use crate::pool::{Pool, Repeat};
use crate::row::{number, parse};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::SIGNALS_PER_WAKE_MAX;
use octavo_domain_workflow::engine::{Above, ExecutionId, Finished, Loaded, RevisionId};
use octavo_domain_workflow::machine::quota::DISTRIBUTED_CONCURRENCY_MAX;
use octavo_domain_workflow::machine::{Execution, Frame, MapRun, Phase};
use sqlx::FromRow;
use uuid::Uuid;

const LOAD: &str = "select * from workflow_load($1, $2, $3, $4)";

pub(super) async fn execution_load(
    pool: &Pool,
    tenant: &TenantId,
    id: ExecutionId,
    now: DateTime<Utc>,
) -> Result<Option<Loaded>, PortError> {
    let limit: i32 = number("limit", SIGNALS_PER_WAKE_MAX)?;
    let load = || pool.query(LOAD).bind(tenant.as_str()).bind(id.0).bind(now).bind(limit);
    let rows = pool.call(Repeat::Harmless, load).await.map_err(port_error)?;
    rows.first().map(|row| LoadedRow::from_row(row).map_err(port_error)?.into_loaded(id)).transpose()
}

#[derive(FromRow)]
struct LoadedRow {
    seq: i64,
    status: String,
    arn: String,
    name: String,
    machine_arn: String,
    machine_name: String,
    role_arn: String,
    input: String,
    started_at: DateTime<Utc>,
    started_by: String,
    express: bool,
    revision: Uuid,
    above_execution: Option<Uuid>,
    above_frame: Option<i64>,
    above_turn: Option<i64>,
    above_tells: Option<String>,
    attributes: Option<String>,
    events: i64,
    frames: i64,
    redrive_count: i32,
    mocked: Option<String>,
    stopped_at: Option<DateTime<Utc>>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
    bodies: Vec<String>,
    signal_ids: Vec<Uuid>,
    signal_ats: Vec<DateTime<Utc>>,
    signal_frames: Vec<i64>,
    signal_turns: Vec<i64>,
    signal_events: Vec<String>,
    tasks_wait: bool,
    run_arns: Vec<String>,
    run_concurrencies: Vec<i64>,
    run_counts: Vec<Option<i64>>,
    run_percentages: Vec<Option<f64>>,
}

impl LoadedRow {
    fn into_loaded(self, id: ExecutionId) -> Result<Loaded, PortError> {
        let mut frames = Vec::with_capacity(self.bodies.len());
        for body in &self.bodies {
            let mut frame: Frame = read("body", body)?;
            self.set_limits(&mut frame)?;
            frames.push(frame);
        }
        let mut due = Vec::with_capacity(self.signal_ids.len());
        for (place, event) in self.signal_events.iter().enumerate() {
            let (at, frame, turn) = (self.signal_ats[place], self.signal_frames[place], self.signal_turns[place]);
            due.push(kept(self.signal_ids[place], at, frame, turn, event)?);
        }
        let finished = match self.stopped_at {
            None => None,
            Some(_) => Some(Finished {
                output: self.output.as_deref().map(|output| read("output", output)).transpose()?,
                error: self.error.clone(),
                cause: self.cause.clone(),
            }),
        };
        Ok(Loaded {
            id,
            seq: self.seq,
            status: status(&self.status)?,
            above: self.above()?,
            revision: RevisionId(self.revision),
            started_by: parse("started_by", &self.started_by)?,
            attributes: self.attributes.as_deref().map_or(Ok(Default::default()), |text| read("attributes", text))?,
            execution: Execution {
                input: read("input", &self.input)?,
                arn: self.arn,
                name: self.name,
                machine_arn: self.machine_arn,
                machine_name: self.machine_name,
                role_arn: self.role_arn,
                started_at: self.started_at,
                redrive_count: number("redrive_count", self.redrive_count)?,
                express: self.express,
                events: number("events", self.events)?,
                frames: number("frames", self.frames)?,
                mocked: self.mocked.as_deref().map(|text| read("mocked", text)).transpose()?,
            },
            frames,
            due,
            tasks_wait: self.tasks_wait,
            stopped_at: self.stopped_at,
            finished,
        })
    }

    fn above(&self) -> Result<Option<Above>, PortError> {
        let parts = (self.above_execution, self.above_frame, self.above_turn, self.above_tells.as_deref());
        let (Some(execution), Some(frame), Some(turn), Some(told)) = parts else { return Ok(None) };
        Ok(Some(Above {
            execution: ExecutionId(execution),
            frame: number("above_frame", frame)?,
            turn: number("above_turn", turn)?,
            tells: tells(told)?,
        }))
    }

    /// Limits of a map run that somebody has set since it began are those that its frame goes by.
    fn set_limits(&self, frame: &mut Frame) -> Result<(), PortError> {
        let (limit, run): (&mut u32, &mut MapRun) = match &mut frame.phase {
            Phase::Reading { limit, run } => (limit, run),
            Phase::Joining(join) | Phase::Writing(join) => match &mut join.run {
                Some(run) => (&mut join.limit, run),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let Some(place) = self.run_arns.iter().position(|arn| *arn == run.arn) else { return Ok(()) };
        *limit = match number("max_concurrency", self.run_concurrencies[place])? {
            0 => DISTRIBUTED_CONCURRENCY_MAX,
            limit => limit,
        };
        run.tolerated_count = self.run_counts[place].map(|count| number("tolerated_count", count)).transpose()?;
        run.tolerated_percentage = self.run_percentages[place];
        Ok(())
    }
}
