//! An execution begins: what `StartExecution`, `StartSyncExecution` and a benchmark have in common.

use super::shell::{draw, keeper, now, settled};
use crate::Deps;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId, UserId};
use octavo_domain_workflow::engine::ports::{Committed, Resolved};
use octavo_domain_workflow::engine::{DefinitionError, ExecutionId, Finished, NewExecution, Status, attributes, begin};
use octavo_domain_workflow::machine::{Execution, FIRST_FRAME, Frame};
use serde_json::Value;
use std::sync::Arc;

/// What is to begin.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// The state machine, with or without version or alias.
    pub machine_arn: &'a str,
    /// The execution's name, checked; none gives it one of its own.
    pub name: Option<String>,
    /// Its input, no larger and no deeper than inputs may be.
    pub input: Value,
    /// `traceHeader`.
    pub trace_header: Option<String>,
    /// Who starts it.
    pub by: &'a UserId,
}

/// What began.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// Which.
    pub id: ExecutionId,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state machine's ARN.
    pub machine_arn: String,
    /// When it began: also if that was an earlier call.
    pub at: DateTime<Utc>,
    /// Where it stands already.
    pub status: Status,
    /// How it ended already, if it did.
    pub finished: Option<Finished>,
}

/// Why nothing began.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such state machine, or it is being deleted.
    #[error("there is no such state machine")]
    NoMachine,
    /// A Standard execution of this machine has or had this name, and it is not this very one that runs.
    #[error("there is such an execution: {0}")]
    Exists(String),
    /// The state machine is of the type that was not asked for.
    #[error("the state machine is of another type")]
    WrongType,
    /// The definition is not there or cannot be read.
    #[error(transparent)]
    Definition(DefinitionError),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<DefinitionError> for StartError {
    fn from(error: DefinitionError) -> Self {
        match error {
            DefinitionError::Port(error) => Self::Port(error),
            error => Self::Definition(error),
        }
    }
}

/// Begins an execution and runs it as far as it gets without the outside, in one transaction. Whoever starts a Standard
/// execution with the name and the input of one that runs gets that one.
///
/// # Errors
///
/// [`StartError`]; with any of them nothing began.
pub async fn start(deps: &Deps, tenant: &TenantId, start: Start<'_>) -> Result<Started, StartError> {
    let machine = machine(deps, tenant, start.machine_arn).await?;
    start_with(deps, tenant, &machine, start).await
}

/// The state machine that is to be started.
pub(crate) async fn machine(deps: &Deps, tenant: &TenantId, arn: &str) -> Result<Arc<Resolved>, StartError> {
    let resolved = deps.memory.resolve(tenant, arn, || draw(deps).number()).await?;
    resolved.ok_or(StartError::NoMachine)
}

/// The same with a state machine that was looked up.
pub(crate) async fn start_with(
    deps: &Deps,
    tenant: &TenantId,
    machine: &Resolved,
    start: Start<'_>,
) -> Result<Started, StartError> {
    let definition = deps.memory.definitions.get(tenant, machine.revision).await?;
    let now = now(deps);
    let id = ExecutionId(deps.ids.next());
    let name = start.name.unwrap_or_else(|| id.to_string());
    let arn = execution_arn(machine, &name, id);
    let execution = Execution {
        arn: arn.clone(),
        name: name.clone(),
        machine_arn: machine.arn.clone(),
        machine_name: machine.name.clone(),
        role_arn: machine.role_arn.clone(),
        input: start.input,
        started_at: now,
        redrive_count: 0,
        express: machine.express,
        events: 0,
        frames: FIRST_FRAME,
        mocked: None,
    };
    let mut change = settled(deps, &definition, now, |settling| {
        let attributes = attributes(&definition, &execution, settling.chance, now);
        let start_at = &definition.lists[0].start_at;
        let frame = Frame::first(0, start_at, execution.input.clone(), now);
        let new = NewExecution {
            id,
            execution,
            revision: machine.revision,
            version_arn: machine.version_arn.clone(),
            alias_arn: machine.alias_arn.clone(),
            started_by: start.by.clone(),
            attributes,
            trace_header: start.trace_header,
            above: None,
            map_run_arn: None,
            frame,
        };
        begin(settling, new)
    })
    .map_err(PortError::corrupt)?;
    let started = |id, arn, at, status, finished| Started {
        id,
        arn,
        name: name.clone(),
        machine_arn: machine.arn.clone(),
        at,
        status,
        finished,
    };
    match keeper(deps).keep(tenant, &mut change, start.by, None).await? {
        Committed::Done => Ok(started(id, arn, now, change.status, change.finished)),
        Committed::Stale => Err(PortError::from(PortErrorKind::Conflict).into()),
        Committed::NameTaken(taken) => {
            let found = deps.reads.execution_get(tenant, taken).await?;
            // It ended and was swept in between: the name is free, and the caller's next try gets it.
            let found = found.ok_or(PortError::from(PortErrorKind::Conflict))?;
            let same = found.status == Status::Running && found.started.input == change.execution.input;
            if !same || found.started.by != *start.by {
                return Err(StartError::Exists(found.started.arn));
            }
            Ok(started(found.id, found.started.arn, found.started.at, found.status, None))
        }
    }
}

/// The execution's ARN, beside its state machine's.
fn execution_arn(machine: &Resolved, name: &str, id: ExecutionId) -> String {
    if machine.express {
        format!("{}:{name}:{id}", machine.arn.replacen(":stateMachine:", ":express:", 1))
    } else {
        format!("{}:{name}", machine.arn.replacen(":stateMachine:", ":execution:", 1))
    }
}
