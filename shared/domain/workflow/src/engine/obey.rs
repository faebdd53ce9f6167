//! Within a wake: what the interpreter's commands become.

use super::change::{Kept, MapRunEnd, MapRunStart, Posted, Task, Work};
use super::execution::{Above, ExecutionId, NewExecution, Status, Tells};
use super::settle::Room;
use crate::history::{Entry, Record};
use crate::machine::{Command, Event, Execution, FIRST_FRAME, MapChild, MapRun, Order, Phase, Signal};
use chrono::{DateTime, TimeDelta, Utc};

impl Room<'_> {
    pub(super) fn obey(&mut self, teller: u64, command: Command, run: &mut Option<MapRun>) {
        match command {
            Command::Append(record) => self.append(teller, record, run),
            // A moment that has come needs no row: a wait for no time, or until yesterday.
            Command::At { at, signal } if at <= self.settling.now && signal.event == Event::Timer => {
                self.ready.push_back(signal);
            }
            Command::At { at, signal } => self.keep(at, signal),
            Command::Fork(frame) => {
                self.ready.push_back(Signal { frame: frame.id, turn: frame.turn, event: Event::Go });
                self.dirty.insert(frame.id);
                self.frames.insert(frame.id, *frame);
            }
            Command::Schedule { frame, turn, order } => self.schedule(frame, turn, order),
            Command::ReadItems { frame, turn, reader } => self.task(frame, turn, Work::Read { reader }),
            Command::WriteResults { frame, turn, map_run_arn, writer, results } => {
                self.task(frame, turn, Work::Write { map_run_arn, writer, results });
            }
            Command::StartChild(child) => self.start_child(teller, *child),
            Command::RedriveFrames { frame } => self.redrive_frames(frame),
            Command::RedriveChildren { run, indexes, turn } => {
                for index in indexes {
                    let child = ExecutionId::of_child(&run, index, 0);
                    self.post(child, Signal { frame: FIRST_FRAME, turn: 0, event: Event::Redrive { turn } });
                }
            }
            Command::Tell(signal) => match self.above {
                // The first frame's parent is in the execution that started this one.
                Some(above) if teller == FIRST_FRAME => self.post(above.execution, signal),
                _ => self.ready.push_back(signal),
            },
            Command::CancelChildren { frame } => self.cancel(frame),
            Command::End(ended) => self.end(ended),
        }
    }

    fn append(&mut self, teller: u64, record: Record, run: &mut Option<MapRun>) {
        let ended = match &record.entry {
            Entry::MapRunStarted { map_run_arn } => {
                // Its limits are with the frame by the end of this wake; `change` looks there.
                self.runs.push(MapRunStart {
                    arn: map_run_arn.clone(),
                    frame: teller,
                    max_concurrency: 0,
                    tolerated_count: None,
                    tolerated_percentage: None,
                });
                *run = Some(MapRun {
                    arn: map_run_arn.clone(),
                    tolerated_count: None,
                    tolerated_percentage: None,
                    began_at: self.settling.now,
                    redrive_count: 0,
                });
                None
            }
            Entry::MapRunRedriven { map_run_arn, .. } => {
                self.runs_redriven.push(map_run_arn.clone());
                *run = self.frames.get(&teller).and_then(|frame| run_of(&frame.phase)).or(run.take());
                None
            }
            Entry::MapRunSucceeded => Some(Status::Succeeded),
            Entry::MapRunFailed { .. } => Some(Status::Failed),
            Entry::MapRunAborted => Some(Status::Aborted),
            Entry::StateExited { assigned: Some(assigned), .. } if teller == FIRST_FRAME => {
                self.attributes_changed |=
                    super::attributes::assign(self.settling.definition, &mut self.attributes, assigned);
                None
            }
            _ => None,
        };
        if let Some(status) = ended
            && let Some(run) = run.take()
        {
            self.runs_ended.push(MapRunEnd { arn: run.arn, status });
        }
        self.records.push(record);
    }

    pub(super) fn keep(&mut self, at: DateTime<Utc>, signal: Signal) {
        if at <= self.settling.now {
            self.goes_on = true;
        }
        self.kept.push(Kept { id: (self.settling.ids)(), at, signal });
    }

    pub(super) fn post(&mut self, to: ExecutionId, signal: Signal) {
        let kept = Kept { id: (self.settling.ids)(), at: self.settling.now, signal };
        self.posted.push(Posted { to, kept });
    }

    fn schedule(&mut self, frame: u64, turn: u64, order: Order) {
        let mocked = self.execution.mocked.as_mut().zip(self.frames.get(&frame));
        if let Some(events) = mocked.and_then(|(case, frame)| case.answer(&frame.state)) {
            self.ready.extend(events.into_iter().map(|event| Signal { frame, turn, event }));
            return;
        }
        let (timeout, heartbeat) = (order.timeout_seconds, order.heartbeat_seconds);
        self.task(frame, turn, Work::Do(order));
        // The heartbeat of an activity begins when a worker takes it.
        let polled = self.tasks.last().is_some_and(|task| task.activity_arn().is_some());
        let heartbeat = heartbeat.filter(|_| !polled);
        for (seconds, heartbeat) in [(timeout, false), (heartbeat, true)] {
            let at = seconds
                .and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?))
                .and_then(|seconds| self.settling.now.checked_add_signed(seconds));
            if let Some(at) = at {
                self.keep(at, Signal { frame, turn, event: Event::TaskTimedOut { heartbeat } });
            }
        }
    }

    fn task(&mut self, frame: u64, turn: u64, work: Work) {
        let state = self.frames.get(&frame).map(|frame| frame.state.clone()).unwrap_or_default();
        self.tasks.push(Task { frame, turn, state, work });
    }

    fn start_child(&mut self, teller: u64, child: MapChild) {
        let above = &self.execution;
        let turn = child.frame.parent.as_ref().map_or(0, |parent| parent.turn);
        let index = child.frame.parent.as_ref().map_or(0, |parent| parent.index);
        let (id, name) = (ExecutionId::of_child(&child.run, index, child.again), (self.settling.ids)().to_string());
        let machine_arn = format!("{}/{}", above.machine_arn, child.label);
        let arn = match child.express {
            true => format!("{}:{name}:{id}", machine_arn.replacen(":stateMachine:", ":express:", 1)),
            false => format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":execution:", 1)),
        };
        let execution = Execution {
            arn,
            name,
            machine_arn,
            machine_name: format!("{}/{}", above.machine_name, child.label),
            role_arn: above.role_arn.clone(),
            input: serde_json::Value::clone(&child.frame.input),
            started_at: self.settling.now,
            redrive_count: 0,
            express: child.express,
            events: 0,
            frames: FIRST_FRAME,
            mocked: above.mocked.clone(),
        };
        self.children.push(NewExecution {
            id,
            execution,
            revision: self.revision,
            version_arn: None,
            alias_arn: None,
            started_by: self.started_by.clone(),
            attributes: serde_json::Map::new(),
            trace_header: None,
            above: Some(Above { execution: self.id, frame: teller, turn, tells: Tells::Map }),
            map_run_arn: Some(child.run.arn),
            frame: child.frame,
        });
    }

    /// The halted frames right below this one begin again.
    fn redrive_frames(&mut self, top: u64) {
        let turn = self.frames.get(&top).map_or(0, |frame| frame.turn);
        for child in self.below(top) {
            if let Some(frame) = self.frames.get(&child).filter(|frame| frame.halted.is_some()) {
                let signal = Signal { frame: child, turn: frame.turn, event: Event::Redrive { turn } };
                self.ready.push_back(signal);
            }
        }
    }

    /// Ends the frames below `top`. Where it is halted they are halted too, for a redrive; else they are forgotten.
    fn cancel(&mut self, top: u64) {
        let halts = self.frames.get(&top).is_some_and(|frame| frame.halted.is_some());
        self.children_stopped.insert(top);
        let mut above = vec![top];
        while let Some(parent) = above.pop() {
            let below = self.below(parent);
            for child in &below {
                if self.frames.get(child).is_some_and(|frame| starts_executions(&frame.phase)) {
                    self.children_stopped.insert(*child);
                }
                match self.frames.get_mut(child) {
                    Some(frame) if halts => {
                        frame.halt();
                        self.dirty.insert(*child);
                    }
                    _ => drop(self.frames.remove(child)),
                }
            }
            above.extend(below);
        }
    }

    fn below(&self, top: u64) -> Vec<u64> {
        let is_below = |id: u64, parent: Option<u64>| id != FIRST_FRAME && parent == Some(top);
        self.frames
            .values()
            .filter(|frame| is_below(frame.id, frame.parent.as_ref().map(|parent| parent.frame)))
            .map(|frame| frame.id)
            .collect()
    }
}

/// The run of a distributed `Map` in this phase.
pub(super) fn run_of(phase: &Phase) -> Option<MapRun> {
    match phase {
        Phase::Joining(join) | Phase::Writing(join) => join.run.clone(),
        Phase::Reading { run, .. } => Some(run.clone()),
        _ => None,
    }
}

/// Whether a frame in this phase may have started executions that run.
pub(super) fn starts_executions(phase: &Phase) -> bool {
    match phase {
        Phase::Joining(join) => join.run.is_some(),
        Phase::Task(order) => order.resource.contains(":states:startExecution"),
        _ => false,
    }
}
