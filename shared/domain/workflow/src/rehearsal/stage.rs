//! The stage: executions, and what they wait for.

use super::start::{Report, Start};
use crate::definition::Definition;
use crate::engine::{
    Change, Chunk, ChunkBody, ExecutionId, Expected, Finished, Kept, Loaded, NewExecution, NotRedrivable, RedriveError,
    RevisionId, Settling, Status, Task, Work, begin, ports::SIGNALS_PER_WAKE_MAX, redrive, settle,
};
use crate::history::Record;
use crate::machine::{Ended, Event, Execution, FIRST_FRAME, Frame, Order, Outcome, Signal};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap, VecDeque},
};
use uuid::Uuid;

/// How many wakes one rehearsal has: a definition may be an endless loop.
const WAKES_MAX: usize = 100_000;

/// Answers a task, given the name of its state: with all that is told of it, or with nothing for now.
type Answers<'a> = dyn FnMut(&str, &Order) -> Vec<Event> + 'a;

/// Executions in memory.
pub struct Rehearsal<'a> {
    definition: &'a Definition,
    root: ExecutionId,
    executions: HashMap<ExecutionId, Kit>,
    /// In the order of their start.
    order: Vec<ExecutionId>,
    /// What each execution is told next, from outside.
    told: VecDeque<(ExecutionId, Vec<Signal>)>,
    /// Tasks that were handed out.
    tasks: VecDeque<(ExecutionId, Task)>,
    /// By moment, then in the order in which they were kept.
    kept: BTreeMap<(DateTime<Utc>, u64), (ExecutionId, Kept)>,
    count: Cell<u64>,
    now: DateTime<Utc>,
    chance: Cell<u64>,
    stored: bool,
}

/// What a store has of an execution.
struct Kit {
    loaded: Loaded,
    history: Vec<Record>,
}

/// Runs an execution until nothing is left to do. `tasks` answers each task with the events that are told of it.
pub fn rehearse(definition: &Definition, start: &Start, tasks: &mut Answers<'_>) -> Report {
    let mut rehearsal = Rehearsal::new(definition, start);
    rehearsal.run(tasks);
    rehearsal.report()
}

impl<'a> Rehearsal<'a> {
    /// An execution that has begun.
    pub fn new(definition: &'a Definition, start: &Start) -> Self {
        let machine_name = start.machine_arn.rsplit(':').next().unwrap_or_default().to_owned();
        let execution = Execution {
            arn: match start.express {
                true => format!("{}:{}:1", start.machine_arn.replace(":stateMachine:", ":express:"), start.name),
                false => format!("{}:{}", start.machine_arn.replace(":stateMachine:", ":execution:"), start.name),
            },
            name: start.name.clone(),
            machine_arn: start.machine_arn.clone(),
            machine_name,
            role_arn: start.role_arn.clone(),
            input: start.input.clone(),
            started_at: start.now,
            redrive_count: 0,
            express: start.express,
            events: 0,
            frames: FIRST_FRAME,
            mocked: start.mocked.clone(),
        };
        let mut stage = Self {
            definition,
            root: ExecutionId(Uuid::nil()),
            executions: HashMap::new(),
            order: Vec::new(),
            told: VecDeque::new(),
            tasks: VecDeque::new(),
            kept: BTreeMap::new(),
            count: Cell::new(0),
            now: start.now,
            chance: Cell::new(start.seed | 1),
            stored: start.stored,
        };
        stage.root = ExecutionId(stage.id());
        let start_at = definition.lists.first().map_or("", |list| list.start_at.as_str());
        let new = NewExecution {
            id: stage.root,
            attributes: crate::engine::attributes(definition, &execution, &|| 0, start.now),
            frame: Frame::first(0, start_at, start.input.clone(), start.now),
            execution,
            revision: RevisionId(Uuid::nil()),
            version_arn: None,
            alias_arn: None,
            started_by: "rehearsal".parse().expect("the constant is a user's name"),
            trace_header: None,
            above: None,
            map_run_arn: None,
        };
        if let Some(change) = stage.with(|settling| begin(settling, new).ok()) {
            stage.commit(change);
        }
        let aborts = start.abort_after_seconds.and_then(chrono::TimeDelta::try_seconds);
        if let Some(at) = aborts.and_then(|seconds| start.now.checked_add_signed(seconds)) {
            let signal = Signal { frame: FIRST_FRAME, turn: 0, event: Event::Abort { error: None, cause: None } };
            let kept = Kept { id: stage.id(), at, signal };
            stage.keep(stage.root, kept);
        }
        stage
    }

    /// Goes on until nothing is left to do, or until the execution has ended.
    pub fn run(&mut self, tasks: &mut Answers<'_>) {
        for _ in 0..WAKES_MAX {
            while let Some((id, task)) = self.tasks.pop_front() {
                // Nothing outside is there to read or write: such a run stands still, and says so by not ending.
                let Work::Do(order) = &task.work else { continue };
                let told = tasks(&task.state, order).into_iter();
                let told: Vec<Signal> =
                    told.map(|event| Signal { frame: task.frame, turn: task.turn, event }).collect();
                if !told.is_empty() {
                    self.told.push_back((id, told));
                }
            }
            if self.status() != Status::Running {
                return;
            }
            let (id, signals) = match self.told.pop_front() {
                Some(told) => told,
                None => match self.kept.first_key_value() {
                    Some(((at, _), (id, _))) => {
                        self.now = self.now.max(*at);
                        (*id, Vec::new())
                    }
                    None => return,
                },
            };
            self.wake(id, signals);
        }
    }

    /// Begins again what ended without success; then [`Rehearsal::run`] goes on.
    pub fn redrive(&mut self) -> Result<(), NotRedrivable> {
        let Some(kit) = self.executions.get(&self.root) else { return Err(NotRedrivable::Period) };
        let loaded = self.reread(kit.loaded.clone());
        match self.with(|settling| redrive(settling, loaded)) {
            Ok(change) => self.commit(change),
            Err(RedriveError::NotRedrivable(why)) => return Err(why),
            Err(RedriveError::Unwritable(_)) => {}
        }
        Ok(())
    }

    /// Tells an execution something, as a wake of its own.
    fn wake(&mut self, id: ExecutionId, signals: Vec<Signal>) {
        let Some(kit) = self.executions.get(&id) else {
            self.kept.retain(|_, (to, _)| *to != id);
            return;
        };
        let mut loaded = self.reread(kit.loaded.clone());
        let due = self.kept.iter().filter(|((at, _), (to, _))| *at <= self.now && *to == id);
        loaded.due = due.take(SIGNALS_PER_WAKE_MAX).map(|(_, (_, kept))| kept.clone()).collect();
        if let Some(change) = self.with(|settling| settle(settling, loaded, signals).ok()) {
            self.commit(change);
        }
    }

    fn commit(&mut self, change: Change) {
        let id = change.id;
        let bytes = match change.history.map(|chunk| chunk.body) {
            Some(ChunkBody::Inline(bytes)) => bytes,
            _ => b"[]".to_vec(),
        };
        let records = Chunk::records(&bytes).unwrap_or_default();
        if let Expected::New(new) = change.expected {
            self.order.push(id);
            self.executions.insert(id, Kit { loaded: new_loaded(*new), history: Vec::new() });
        }
        let Some(Kit { loaded, history }) = self.executions.get_mut(&id) else { return };
        history.extend(records);
        loaded.execution = change.execution;
        loaded.status = change.status;
        loaded.seq += 1;
        if let Some(attributes) = change.attributes {
            loaded.attributes = attributes;
        }
        let changed: Vec<u64> = change.frames.iter().map(|frame| frame.id).collect();
        loaded.frames.retain(|frame| !change.frames_gone.contains(&frame.id) && !changed.contains(&frame.id));
        loaded.frames.extend(change.frames);
        if change.redriven {
            (loaded.stopped_at, loaded.finished) = (None, None);
        }
        let finished = change.finished.is_some();
        if finished {
            loaded.stopped_at = Some(change.at);
            loaded.finished = change.finished;
        }
        self.kept.retain(|_, (to, kept)| {
            let ends = finished && !matches!(kept.signal.event, Event::Redrive { .. });
            *to != id || !(ends || change.taken.contains(&kept.id))
        });
        for kept in change.kept {
            self.keep(id, kept);
        }
        for posted in change.posted {
            let to = self.executions.get(&posted.to).map(|kit| kit.loaded.status);
            let again = matches!(posted.kept.signal.event, Event::Redrive { .. });
            if to == Some(Status::Running) || (again && to.is_some()) {
                self.keep(posted.to, posted.kept);
            }
        }
        for child in change.children {
            if let Some(change) = self.with(|settling| begin(settling, child).ok()) {
                self.commit(change);
            }
        }
        for frame in change.children_stopped {
            self.stop_children(id, frame);
        }
        self.tasks.extend(change.tasks.into_iter().map(|task| (id, task)));
    }

    fn stop_children(&mut self, id: ExecutionId, frame: u64) {
        let running: Vec<ExecutionId> = self
            .order
            .iter()
            .copied()
            .filter(|child| {
                self.executions.get(child).is_some_and(|kit| {
                    let above = kit.loaded.above;
                    kit.loaded.status == Status::Running
                        && above.is_some_and(|above| above.execution == id && above.frame == frame)
                })
            })
            .collect();
        for child in running {
            let signal = Signal { frame: FIRST_FRAME, turn: 0, event: Event::Abort { error: None, cause: None } };
            let kept = Kept { id: self.id(), at: self.now, signal };
            self.keep(child, kept);
        }
    }

    fn keep(&mut self, to: ExecutionId, kept: Kept) {
        self.count.set(self.count.get() + 1);
        self.kept.insert((kept.at, self.count.get()), (to, kept));
    }

    fn status(&self) -> Status {
        self.executions.get(&self.root).map_or(Status::Failed, |kit| kit.loaded.status)
    }

    /// What has come of it by now.
    pub fn report(&self) -> Report {
        let histories = self.order.iter().filter_map(|id| Some(self.executions.get(id)?.history.clone()));
        let mut histories = histories.collect::<VecDeque<_>>();
        let history = histories.pop_front().unwrap_or_default();
        let ended = self.executions.get(&self.root).and_then(|kit| ended(&kit.loaded));
        Report { history, ended, children: histories.into(), now: self.now }
    }

    /// The search attributes.
    pub fn attributes(&self) -> Map<String, Value> {
        self.executions.get(&self.root).map(|kit| kit.loaded.attributes.clone()).unwrap_or_default()
    }

    fn with<T>(&self, work: impl FnOnce(&Settling<'_>) -> T) -> T {
        work(&Settling {
            definition: self.definition,
            now: self.now,
            chance: &|| self.draw(),
            token: &|| format!("{:016x}{:016x}", self.draw(), self.draw()),
            ids: &|| self.id(),
        })
    }

    fn draw(&self) -> u64 {
        // SplitMix64: small, even, and the same everywhere.
        self.chance.set(self.chance.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
        let mut mixed = self.chance.get();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or_default();
        let mut rest = [0; 10];
        rest[..8].copy_from_slice(&self.draw().to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }

    /// What comes back from a store. A value that cannot be written and read again stays as it is: the history then tells.
    fn reread(&self, mut loaded: Loaded) -> Loaded {
        if self.stored {
            loaded.execution = stored(loaded.execution);
            loaded.frames = stored(loaded.frames);
        }
        loaded
    }
}

fn new_loaded(new: NewExecution) -> Loaded {
    Loaded {
        id: new.id,
        seq: 0,
        status: Status::Running,
        execution: new.execution,
        revision: new.revision,
        started_by: new.started_by,
        above: new.above,
        attributes: new.attributes,
        frames: vec![new.frame],
        due: Vec::new(),
        tasks_wait: false,
        stopped_at: None,
        finished: None,
    }
}

fn ended(loaded: &Loaded) -> Option<Ended> {
    let Finished { output, error, cause } = loaded.finished.clone()?;
    Some(match loaded.status {
        Status::Succeeded => Ended::Itself(Outcome::Succeeded(output.unwrap_or_default())),
        Status::Aborted => Ended::Aborted { error, cause },
        Status::TimedOut => Ended::TimedOut,
        Status::Failed | Status::Running | Status::PendingRedrive => Ended::Itself(Outcome::Failed { error, cause }),
    })
}

fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(value: T) -> T {
    serde_json::to_string(&value).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(value)
}
