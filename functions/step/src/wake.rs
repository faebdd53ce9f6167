//! One wake of an execution: load, settle, commit.

use crate::memory::{Before, Memory};
use crate::tasks::Facts;
use crate::{Deps, StepFault};
use chrono::TimeDelta;
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::engine::ports::Committed;
use octavo_domain_workflow::engine::{
    Change, Draw, ExecutionId, Loaded, NewExecution, Settling, Status, Task, Worker, settle,
};
use octavo_domain_workflow::machine::{Event, Phase, Signal};
use std::sync::Arc;

/// How long a task is leased; prolonged while its worker lives.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(30);

/// A task, known by its frame and the frame's turn.
pub(crate) type TaskKey = (u64, u64);

/// What an execution is told besides what is due.
#[derive(Debug, Clone, Default)]
pub(crate) struct Telling {
    /// In this order.
    pub(crate) signals: Vec<Signal>,
    /// Tasks that were accepted outside and are answered later.
    pub(crate) accepted: Vec<TaskKey>,
    /// An execution that begins by this task's doing; nothing else is told with it.
    pub(crate) child: Option<(TaskKey, Box<NewExecution>)>,
}

impl Telling {
    /// What became of a task.
    pub(crate) fn add(&mut self, (frame, turn): TaskKey, events: Vec<Event>) {
        self.signals.extend(events.into_iter().map(|event| Signal { frame, turn, event }));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.signals.is_empty() && self.accepted.is_empty() && self.child.is_none()
    }
}

/// What became of a wake.
#[derive(Debug)]
pub(crate) enum Woken {
    /// There is no such execution.
    Gone,
    /// It has ended.
    Ended,
    /// It waits, or goes on.
    Settled(Settled),
    /// The execution that was to begin has the name of this one.
    NameTaken(ExecutionId),
    /// Somebody else committed in between: nothing was done.
    Stale,
}

/// Where a wake left an execution.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) facts: Arc<Facts>,
    /// New tasks, leased to this worker if it asked for them.
    pub(crate) tasks: Vec<Task>,
    /// Frames that are gone, and the turns that others are in now.
    pub(crate) frames_gone: Vec<u64>,
    pub(crate) turns: Vec<TaskKey>,
    /// Whether tasks wait that nobody has taken.
    pub(crate) tasks_wait: bool,
    /// Whether there is more to do at once.
    pub(crate) goes_on: bool,
}

/// Loads, settles and commits, once. With `takes` the new tasks are this worker's. Where answers are told, what is remembered
/// of the last commit is as good as loaded: if it is not the last any more, this one is stale.
pub(crate) async fn wake(
    deps: &Deps,
    tenant: &TenantId,
    id: ExecutionId,
    telling: &Telling,
    takes: bool,
    memory: &mut Memory,
) -> Result<Woken, StepFault> {
    let now = deps.now();
    let loaded = match memory.take().filter(|_| !telling.is_empty()) {
        Some(remembered) => remembered,
        None => match deps.executions.execution_load(tenant, id, now).await? {
            Some(loaded) => loaded,
            None => return Ok(Woken::Gone),
        },
    };
    let running = loaded.status == Status::Running;
    if loaded.due.is_empty() && (telling.is_empty() || !running) {
        if !running {
            return Ok(Woken::Ended);
        }
        let settled = idle(&loaded);
        memory.remember(loaded);
        return Ok(Woken::Settled(settled));
    }
    let definition = deps.definitions.get(tenant, loaded.revision).await?;
    let (started_by, facts, tasks_wait) = (loaded.started_by.clone(), Facts::of(&loaded), loaded.tasks_wait);
    let child = telling.child.as_ref().filter(|(task, _)| begins(&loaded, *task)).map(|(_, child)| (**child).clone());
    let signals = match (&telling.child, &child) {
        // Begun by a commit whose answer was lost, or too late: what was to be told is over.
        (Some(_), None) => Vec::new(),
        _ => telling.signals.clone(),
    };
    let before = Before::of(&loaded);
    let draw = Draw(&*deps.ids);
    let mut change = {
        let (chance, token, ids) = (|| draw.number(), || draw.token(), || draw.id());
        let settling = Settling { definition: &definition, now, chance: &chance, token: &token, ids: &ids };
        settle(&settling, loaded, signals).map_err(|source| StepFault::Unwritable { execution: id, source })?
    };
    change.children.extend(child);
    change.tasks_accepted.extend(&telling.accepted);
    let worker = Worker { name: &deps.worker, until: now + LEASE };
    match deps.keeper().keep(tenant, &mut change, &started_by, takes.then_some(worker)).await? {
        Committed::Done if change.status == Status::Running => {
            memory.keep(before, &change);
            Ok(Woken::Settled(settled(change, Arc::new(facts), tasks_wait, takes)))
        }
        Committed::Done => Ok(Woken::Ended),
        Committed::Stale => Ok(Woken::Stale),
        Committed::NameTaken(other) => Ok(Woken::NameTaken(other)),
    }
}

/// Whether a task that begins an execution still waits to do so.
fn begins(loaded: &Loaded, (frame, turn): TaskKey) -> bool {
    let waits = |phase: &Phase| matches!(phase, Phase::Task(order) if !order.submitted);
    loaded.frames.iter().any(|found| found.id == frame && found.turn == turn && waits(&found.phase))
}

fn idle(loaded: &Loaded) -> Settled {
    Settled {
        facts: Arc::new(Facts::of(loaded)),
        tasks: Vec::new(),
        frames_gone: Vec::new(),
        turns: Vec::new(),
        tasks_wait: loaded.tasks_wait,
        goes_on: false,
    }
}

fn settled(change: Change, facts: Arc<Facts>, tasks_wait: bool, takes: bool) -> Settled {
    let new: Vec<Task> = change.tasks.into_iter().filter(|task| task.activity_arn().is_none()).collect();
    let (tasks, tasks_wait) = if takes { (new, tasks_wait) } else { (Vec::new(), tasks_wait || !new.is_empty()) };
    Settled { facts, tasks, frames_gone: change.frames_gone, turns: change.turns, tasks_wait, goes_on: change.goes_on }
}
