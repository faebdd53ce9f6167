//! What one wake of an execution decides.

use super::change::{Change, Expected, Finished, Kept, MapRunEnd, MapRunStart, Posted, Task};
use super::execution::{Above, ExecutionId, Loaded, NewExecution, RevisionId, Status, Tells};
use super::ports::SIGNALS_PER_WAKE_MAX;
use super::shelves::Shelves;
use crate::definition::Definition;
use crate::history::Record;
use crate::jsonata;
use crate::machine::quota::EVALUATION_PER_WAKE_MAX;
use crate::machine::{Event, Execution, FIRST_FRAME, Frame, Outcome, Phase, Signal, Wake, advance};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use uuid::Uuid;

/// How many events one wake writes before it lets others go on: a transaction that stays short.
const RECORDS_PER_WAKE_MAX: usize = 5_000;

/// What a wake is given from outside.
pub struct Settling<'a> {
    /// The definition that the execution runs.
    pub definition: &'a Definition,
    /// The moment of the wake.
    pub now: DateTime<Utc>,
    /// Draws the next random number, evenly over all of `u64`.
    pub chance: &'a dyn Fn() -> u64,
    /// Makes a new task token: unguessable.
    pub token: &'a dyn Fn() -> String,
    /// Makes a new id: a UUID version 7 of now.
    pub ids: &'a dyn Fn() -> Uuid,
}

/// The first wake of a new execution: as far as it gets without the outside.
pub fn begin(settling: &Settling<'_>, new: NewExecution) -> Result<Change, serde_json::Error> {
    let go = Signal { frame: new.frame.id, turn: new.frame.turn, event: Event::Go };
    let loaded = Loaded {
        id: new.id,
        seq: 0,
        status: Status::Running,
        execution: new.execution.clone(),
        revision: new.revision,
        started_by: new.started_by.clone(),
        above: new.above,
        attributes: new.attributes.clone(),
        frames: vec![new.frame.clone()],
        due: Vec::new(),
        tasks_wait: false,
        stopped_at: None,
        finished: None,
    };
    let mut change = settle(settling, loaded, vec![go])?;
    change.expected = Expected::New(Box::new(new));
    Ok(change)
}

/// Tells an execution what is due, then `signals`, and goes on until nothing is left to do inside, or until the wake is long
/// enough. Signals whose turn is over change nothing. An execution that has ended takes what is due and does nothing, unless
/// it is told to begin again.
pub fn settle(settling: &Settling<'_>, loaded: Loaded, signals: Vec<Signal>) -> Result<Change, serde_json::Error> {
    let mut room = Room::new(settling, loaded);
    room.run(signals);
    room.change()
}

/// An execution within a wake.
pub(super) struct Room<'a> {
    pub(super) settling: &'a Settling<'a>,
    pub(super) id: ExecutionId,
    pub(super) seq: i64,
    pub(super) status: Status,
    pub(super) execution: Execution,
    pub(super) above: Option<Above>,
    pub(super) revision: RevisionId,
    pub(super) started_by: UserId,
    pub(super) attributes: Map<String, Value>,
    pub(super) attributes_changed: bool,
    stopped_at: Option<DateTime<Utc>>,
    /// How it had ended before this wake.
    ended_before: Option<Finished>,
    pub(super) frames: BTreeMap<u64, Frame>,
    pub(super) shelves: Shelves,
    /// The frames as they were loaded, with their turns.
    pub(super) loaded: BTreeMap<u64, u64>,
    pub(super) dirty: BTreeSet<u64>,
    due: VecDeque<Kept>,
    pub(super) ready: VecDeque<Signal>,
    pub(super) taken: Vec<Uuid>,
    pub(super) records: Vec<Record>,
    pub(super) tasks: Vec<Task>,
    pub(super) kept: Vec<Kept>,
    pub(super) posted: Vec<Posted>,
    pub(super) children: Vec<NewExecution>,
    pub(super) children_stopped: BTreeSet<u64>,
    /// The map runs that ran when this wake began.
    pub(super) runs_before: Vec<String>,
    pub(super) runs: Vec<MapRunStart>,
    pub(super) runs_redriven: Vec<String>,
    pub(super) runs_ended: Vec<MapRunEnd>,
    pub(super) finished: Option<Finished>,
    pub(super) redriven: bool,
    pub(super) goes_on: bool,
}

impl<'a> Room<'a> {
    fn new(settling: &'a Settling<'a>, loaded: Loaded) -> Self {
        let turns = loaded.frames.iter().map(|frame| (frame.id, frame.turn)).collect();
        let runs = loaded.frames.iter().filter_map(|frame| super::obey::run_of(&frame.phase));
        let runs_before = runs.map(|run| run.arn).collect();
        let mut frames = loaded.frames.into_iter().map(|frame| (frame.id, frame)).collect();
        let shelves = Shelves::take(&mut frames);
        Self {
            settling,
            id: loaded.id,
            seq: loaded.seq,
            status: loaded.status,
            execution: loaded.execution,
            above: loaded.above,
            revision: loaded.revision,
            started_by: loaded.started_by,
            attributes: loaded.attributes,
            attributes_changed: false,
            stopped_at: loaded.stopped_at,
            ended_before: loaded.finished,
            loaded: turns,
            frames,
            shelves,
            dirty: BTreeSet::new(),
            due: loaded.due.into(),
            ready: VecDeque::new(),
            taken: Vec::new(),
            records: Vec::new(),
            tasks: Vec::new(),
            kept: Vec::new(),
            posted: Vec::new(),
            children: Vec::new(),
            children_stopped: BTreeSet::new(),
            runs_before,
            runs: Vec::new(),
            runs_redriven: Vec::new(),
            runs_ended: Vec::new(),
            finished: None,
            redriven: false,
            goes_on: false,
        }
    }

    fn run(&mut self, signals: Vec<Signal>) {
        self.goes_on = self.due.len() >= SIGNALS_PER_WAKE_MAX;
        let mut told: VecDeque<Signal> = signals.into();
        let mut spent = Duration::ZERO;
        while self.records.len() < RECORDS_PER_WAKE_MAX && spent < EVALUATION_PER_WAKE_MAX {
            // What follows from a signal comes before the next one: as if each had a wake of its own.
            if let Some(signal) = self.ready.pop_front() {
                self.tell(signal);
            } else if let Some(kept) = self.due.pop_front() {
                self.taken.push(kept.id);
                self.tell(kept.signal);
            } else if let Some(signal) = told.pop_front() {
                self.tell(signal);
            } else {
                return;
            }
            spent += jsonata::spent();
        }
        // What was loaded as due and is not taken stays kept.
        let left: Vec<Signal> = self.ready.drain(..).chain(told).collect();
        self.goes_on |= !left.is_empty() || !self.due.is_empty();
        for signal in left {
            self.keep(self.settling.now, signal);
        }
    }

    fn tell(&mut self, signal: Signal) {
        if let (Event::Redrive { turn }, FIRST_FRAME) = (&signal.event, signal.frame)
            && !self.begins_again(*turn)
        {
            return;
        }
        if self.status != Status::Running {
            return;
        }
        let Some(mut frame) = self.frames.remove(&signal.frame) else { return };
        let id = frame.id;
        let mut run = super::obey::run_of(&frame.phase);
        let starts = super::obey::starts_executions(&frame.phase);
        let any_turn = matches!(signal.event, Event::Abort { .. } | Event::TimeOut | Event::Redrive { .. });
        if any_turn || signal.turn == frame.turn {
            self.dirty.insert(id);
        }
        let (definition, frames) = (self.settling.definition, &self.frames);
        let child_state = |index: u32| {
            let is_it = |child: &&Frame| child.parent.as_ref().is_some_and(|up| up.frame == id && up.index == index);
            let child = frames.values().find(is_it)?;
            definition.state(child.scope, &child.state).map(|state| state.state_type)
        };
        let wake = Wake {
            now: self.settling.now,
            chance: self.settling.chance,
            token: self.settling.token,
            child_state: &child_state,
        };
        let commands = advance(definition, &mut self.execution, &mut frame, signal, &wake);
        let over = frame.phase == Phase::Ended && frame.halted.is_none() && id != FIRST_FRAME;
        self.frames.insert(id, frame);
        for command in commands {
            self.obey(id, command, &mut run);
        }
        if starts && self.frames.get(&id).is_none_or(|frame| frame.phase == Phase::Ended) {
            self.children_stopped.insert(id);
        }
        if over {
            self.frames.remove(&id);
        }
    }

    /// Whether an execution that is told to begin again does. If not, whoever waits for it above is told how it had ended:
    /// that may have been lost on it, since it had ended itself.
    fn begins_again(&mut self, turn: u64) -> bool {
        if self.status == Status::Running {
            if let Some(frame) = self.frames.get_mut(&FIRST_FRAME)
                && let Some(parent) = &mut frame.parent
            {
                parent.turn = turn;
                self.dirty.insert(FIRST_FRAME);
            }
            return false;
        }
        let halted = self.frames.get(&FIRST_FRAME).is_some_and(|frame| frame.halted.is_some());
        let stopped_at = if self.finished.is_some() { Some(self.settling.now) } else { self.stopped_at };
        let refused = super::redrive::refusal(self.status, &self.execution, stopped_at, self.settling.now);
        if halted && refused.is_none() {
            self.status = Status::Running;
            self.finished = None;
            self.redriven = true;
            return true;
        }
        let Some(above) = self.above.filter(|above| above.tells == Tells::Map) else { return false };
        let index = self.id.child_index();
        let ended = self.finished.clone().or_else(|| self.ended_before.clone());
        let outcome = match (self.status, ended) {
            (Status::Succeeded, Some(Finished { output: Some(output), .. })) => Outcome::Succeeded(output),
            (_, Some(Finished { error, cause, .. })) => Outcome::Failed { error, cause },
            (_, None) => Outcome::Failed { error: None, cause: None },
        };
        let event = Event::ChildEnded { index, last: 0, outcome, in_task: false };
        self.post(above.execution, Signal { frame: above.frame, turn, event });
        false
    }
}
