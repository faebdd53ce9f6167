//! Makes a change of an execution true, if it is still where the change was decided.

use super::beside;
use super::columns::{Frames, Signals, Tasks, Turns};
use super::text::{self, json, plain, tells_text};
use crate::error::{commit_error, is_code, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::Committed;
use octavo_domain_workflow::engine::{Change, ChunkBody, ExecutionId, Expected, NewExecution};
use octavo_domain_workflow::machine::Frame;
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgRow, Postgres as Engine};
use sqlx::query::Query;
use uuid::Uuid;

/// The function saw something that came in between, after it had begun to write: all of it was undone.
pub(super) const OVERTAKEN: &str = "OW001";
/// There is a row with this key: unique_violation.
const UNIQUE_VIOLATION: &str = "23505";
/// How tables begin in which only the execution itself can be in its own way.
const OWN_TABLES: [&str; 3] = ["workflow_running", "workflow_ended", "workflow_history"];

const COMMIT: &str = "select outcome, taker from workflow_commit(
    p_tenant => $1, p_id => $2, p_expected => $3, p_at => $4, p_status => $5, p_events => $6, p_frames => $7,
    p_redrive_count => $8, p_express => $9, p_mocked => $10, p_redriven => $11, p_finished => $12, p_output => $13,
    p_error => $14, p_cause => $15,
    p_arn => $16, p_name => $17, p_machine_arn => $18, p_machine_name => $19, p_role_arn => $20, p_input => $21,
    p_started_at => $22, p_started_by => $23, p_revision => $24, p_version_arn => $25, p_alias_arn => $26,
    p_trace_header => $27, p_above_execution => $28, p_above_frame => $29, p_above_turn => $30, p_above_tells => $31,
    p_map_run_arn => $32, p_item_count => $33,
    p_attributes => $34, p_attribute_names => $35, p_attribute_values => $36,
    p_first => $37, p_count => $38, p_body => $39, p_blob => $40,
    p_frame_ids => $41, p_frame_bodies => $42, p_frames_gone => $43, p_turn_frames => $44, p_turns => $45,
    p_task_frames => $46, p_task_turns => $47, p_task_bodies => $48, p_task_tokens => $49, p_task_heartbeats => $50,
    p_task_activities => $51, p_accepted_frames => $52, p_accepted_turns => $53, p_worker => $54,
    p_leased_until => $55,
    p_signal_tos => $56, p_signal_ids => $57, p_signal_ats => $58, p_signal_frames => $59, p_signal_turns => $60,
    p_signal_kinds => $61, p_signal_events => $62, p_taken => $63)";

pub(super) async fn execution_commit(
    pool: &Pool,
    tenant: &TenantId,
    change: &Change,
    worker: Option<(&str, DateTime<Utc>)>,
) -> Result<Committed, PortError> {
    let columns = Columns::of(change)?;
    if beside::has_more(change) {
        return with_more(pool, tenant, change, &columns, worker).await;
    }
    // To commit once more what may have been committed changes nothing: it is stale then, or the name is its own.
    let rows = pool.call(Repeat::Harmless, || columns.bind(pool.query(COMMIT), tenant, change, worker)).await;
    match rows {
        Ok(rows) => Ok(outcome(change, rows.first())?.unwrap_or(Committed::Done)),
        Err(error) => refused(change, &error).map_or_else(|| Err(commit_error(error)), Ok),
    }
}

/// The same, with what is rare, in one transaction.
async fn with_more(
    pool: &Pool,
    tenant: &TenantId,
    change: &Change,
    columns: &Columns<'_>,
    worker: Option<(&str, DateTime<Utc>)>,
) -> Result<Committed, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = columns.bind(pool.query(COMMIT), tenant, change, worker);
    let known = match query.fetch_all(&mut *transaction).await {
        Ok(rows) => outcome(change, rows.first())?,
        Err(error) => Some(refused(change, &error).ok_or_else(|| port_error(error))?),
    };
    if let Some(committed) = known {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(committed);
    }
    if let Some(taker) = beside::write(pool, &mut transaction, tenant, change).await? {
        transaction.rollback().await.map_err(port_error)?;
        return Ok(Committed::NameTaken(taker));
    }
    transaction.commit().await.map_err(commit_error)?;
    Ok(Committed::Done)
}

/// None where the change was written, else why it was not.
fn outcome(change: &Change, row: Option<&PgRow>) -> Result<Option<Committed>, PortError> {
    let row = row.ok_or_else(|| PortError::corrupt("workflow_commit answered nothing"))?;
    let outcome: String = row.try_get("outcome").map_err(port_error)?;
    let taker: Option<Uuid> = row.try_get("taker").map_err(port_error)?;
    Ok(match (outcome.as_str(), taker) {
        ("done", _) => None,
        // Begun before, by a call whose answer was lost.
        ("taken", Some(taker)) if taker == change.id.0 => Some(Committed::Done),
        ("taken", Some(taker)) => Some(Committed::NameTaken(ExecutionId(taker))),
        _ => Some(Committed::Stale),
    })
}

/// What an error of the database says of the change: it came too late, or it is true already.
fn refused(change: &Change, error: &sqlx::Error) -> Option<Committed> {
    if is_code(error, OVERTAKEN) {
        return Some(Committed::Stale);
    }
    // An Express execution has no name that would have told it before.
    let table = error.as_database_error().and_then(|error| error.table()).unwrap_or_default();
    let begun = matches!(change.expected, Expected::New(_)) && is_code(error, UNIQUE_VIOLATION);
    (begun && OWN_TABLES.iter().any(|own| table.starts_with(own))).then_some(Committed::Done)
}

/// A change, as what the statement takes.
struct Columns<'c> {
    expected: Option<i64>,
    events: i64,
    frame_count: i64,
    redrive_count: i32,
    mocked: Option<String>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
    new: Option<New<'c>>,
    attributes: Option<String>,
    attribute_names: Vec<String>,
    attribute_values: Vec<String>,
    first: Option<i64>,
    count: Option<i32>,
    body: Option<&'c str>,
    blob: Option<&'c str>,
    frames: Frames,
    frames_gone: Vec<i64>,
    turns: Turns,
    tasks: Tasks<'c>,
    accepted: Turns,
    signals: Signals,
}

/// What only a new execution has.
pub(super) struct New<'c> {
    pub(super) execution: &'c NewExecution,
    pub(super) input: String,
    pub(super) above_frame: Option<i64>,
    pub(super) above_turn: Option<i64>,
    pub(super) item_count: Option<i64>,
}

impl<'c> New<'c> {
    pub(super) fn of(execution: &'c NewExecution) -> Result<Self, PortError> {
        let above = execution.above;
        Ok(Self {
            execution,
            input: json(&execution.execution.input)?,
            above_frame: above.map(|above| number("above_frame", above.frame)).transpose()?,
            above_turn: above.map(|above| number("above_turn", above.turn)).transpose()?,
            item_count: execution.map_run_arn.as_ref().map(|_| item_count(&execution.frame)),
        })
    }
}

/// How many items a child of a map run got. A batch is an object of `Items` and, if there is any, `BatchInput`, and is
/// the input as it is.
fn item_count(frame: &Frame) -> i64 {
    let batch = frame.item.as_ref().map(|item| &item.value).filter(|value| **value == frame.input);
    let Some(Value::Object(batch)) = batch else { return 1 };
    match batch.get("Items") {
        Some(Value::Array(items)) if batch.keys().all(|key| key == "Items" || key == "BatchInput") => {
            i64::try_from(items.len()).unwrap_or(i64::MAX)
        }
        _ => 1,
    }
}

impl<'c> Columns<'c> {
    fn of(change: &'c Change) -> Result<Self, PortError> {
        let execution = &change.execution;
        let (expected, new) = match &change.expected {
            Expected::New(new) => (None, Some(New::of(new)?)),
            Expected::Seq(seq) => (Some(*seq), None),
        };
        let attributes = change.attributes.as_ref().or(new.as_ref().map(|new| &new.execution.attributes));
        let looked_for = attributes.into_iter().flatten().filter_map(|(name, value)| text::attribute(name, value));
        let (attribute_names, attribute_values) = looked_for.unzip();
        let finished = change.finished.as_ref();
        let (body, blob) = match change.history.as_ref().map(|chunk| &chunk.body) {
            None => (None, None),
            Some(ChunkBody::Inline(bytes)) => (Some(std::str::from_utf8(bytes).map_err(PortError::corrupt)?), None),
            Some(ChunkBody::Blob(hash)) => (None, Some(hash.as_str())),
        };
        let mut signals = Signals::default();
        for kept in &change.kept {
            signals.push(change.id, kept)?;
        }
        for posted in &change.posted {
            signals.push(posted.to, &posted.kept)?;
        }
        Ok(Self {
            expected,
            events: number("events", execution.events)?,
            frame_count: number("frames", execution.frames)?,
            redrive_count: number("redrive_count", execution.redrive_count)?,
            mocked: execution.mocked.as_ref().map(json).transpose()?,
            output: finished.and_then(|finished| finished.output.as_ref()).map(json).transpose()?,
            error: finished.and_then(|finished| finished.error.as_deref()).map(|text| plain(text).into_owned()),
            cause: finished.and_then(|finished| finished.cause.as_deref()).map(|text| plain(text).into_owned()),
            // An empty object says that there are none any more; a new one has none by itself.
            attributes: match (&change.attributes, &new) {
                (Some(attributes), _) => Some(json(attributes)?),
                (None, Some(new)) => text::attributes(&new.execution.attributes)?,
                (None, None) => None,
            },
            attribute_names,
            attribute_values,
            new,
            first: change.history.as_ref().map(|chunk| number("first", chunk.first)).transpose()?,
            count: change.history.as_ref().map(|chunk| number("count", chunk.count)).transpose()?,
            body,
            blob,
            frames: Frames::of(&change.frames)?,
            frames_gone: change.frames_gone.iter().map(|id| number("frame_id", *id)).collect::<Result<_, _>>()?,
            turns: Turns::of(&change.turns)?,
            tasks: Tasks::of(&change.tasks)?,
            accepted: Turns::of(&change.tasks_accepted)?,
            signals,
        })
    }

    fn bind<'q>(
        &'q self,
        query: Query<'q, Engine, PgArguments>,
        tenant: &'q TenantId,
        change: &'q Change,
        worker: Option<(&'q str, DateTime<Utc>)>,
    ) -> Query<'q, Engine, PgArguments> {
        let new = self.new.as_ref();
        let started = new.map(|new| new.execution);
        let execution = started.map(|started| &started.execution);
        let above = started.and_then(|started| started.above);
        query
            .bind(tenant.as_str())
            .bind(change.id.0)
            .bind(self.expected)
            .bind(change.at)
            .bind(change.status.as_str())
            .bind(self.events)
            .bind(self.frame_count)
            .bind(self.redrive_count)
            .bind(change.execution.express)
            .bind(self.mocked.as_deref())
            .bind(change.redriven)
            .bind(change.finished.is_some())
            .bind(self.output.as_deref())
            .bind(self.error.as_deref())
            .bind(self.cause.as_deref())
            .bind(execution.map(|execution| execution.arn.as_str()))
            .bind(execution.map(|execution| execution.name.as_str()))
            .bind(execution.map(|execution| execution.machine_arn.as_str()))
            .bind(execution.map(|execution| execution.machine_name.as_str()))
            .bind(execution.map(|execution| execution.role_arn.as_str()))
            .bind(new.map(|new| new.input.as_str()))
            .bind(execution.map(|execution| execution.started_at))
            .bind(started.map(|started| started.started_by.as_str()))
            .bind(started.map(|started| started.revision.0))
            .bind(started.and_then(|started| started.version_arn.as_deref()))
            .bind(started.and_then(|started| started.alias_arn.as_deref()))
            .bind(started.and_then(|started| started.trace_header.as_deref()))
            .bind(above.map(|above| above.execution.0))
            .bind(new.and_then(|new| new.above_frame))
            .bind(new.and_then(|new| new.above_turn))
            .bind(above.map(|above| tells_text(above.tells)))
            .bind(started.and_then(|started| started.map_run_arn.as_deref()))
            .bind(new.and_then(|new| new.item_count))
            .bind(self.attributes.as_deref())
            .bind(&self.attribute_names)
            .bind(&self.attribute_values)
            .bind(self.first)
            .bind(self.count)
            .bind(self.body)
            .bind(self.blob)
            .bind(&self.frames.ids)
            .bind(&self.frames.bodies)
            .bind(&self.frames_gone)
            .bind(&self.turns.frames)
            .bind(&self.turns.turns)
            .bind(&self.tasks.frames)
            .bind(&self.tasks.turns)
            .bind(&self.tasks.bodies)
            .bind(&self.tasks.tokens)
            .bind(&self.tasks.heartbeats)
            .bind(&self.tasks.activities)
            .bind(&self.accepted.frames)
            .bind(&self.accepted.turns)
            .bind(worker.map(|(name, _)| name))
            .bind(worker.map(|(_, until)| until))
            .bind(&self.signals.tos)
            .bind(&self.signals.ids)
            .bind(&self.signals.ats)
            .bind(&self.signals.frames)
            .bind(&self.signals.turns)
            .bind(&self.signals.kinds)
            .bind(&self.signals.events)
            .bind(&change.taken)
    }
}
