//! One wake of one frame.

use super::{
    fault::{Fault, Handled, TIMEOUT},
    quota,
    types::{Command, Ended, Event, Execution, Frame, Halted, Outcome, Phase, Signal, Wake},
};
use crate::{
    definition::{Definition, State, StateType},
    history::{Entry, Record},
    jsonata,
    scope::{Failure, Scope},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Tells a frame what happened, and answers what is to be done. The execution and the frame are changed: they are
/// kept together with what the commands say, or not at all. A signal of an earlier turn, and any to a frame that has
/// ended, changes nothing; only [`Event::Redrive`] wakes a frame that is halted.
pub fn advance(
    definition: &Definition,
    execution: &mut Execution,
    frame: &mut Frame,
    signal: Signal,
    wake: &Wake<'_>,
) -> Vec<Command> {
    jsonata::begin_signal();
    let mut turn =
        Turn { definition, execution, frame, wake, commands: Vec::new(), halted: None, given: None, handled: None };
    let stops = matches!(signal.event, Event::Abort { .. } | Event::TimeOut) && turn.frame.id == FIRST_FRAME;
    if turn.frame.phase != Phase::Ended && (stops || signal.turn == turn.frame.turn) {
        turn.take(signal.event);
    } else if let Event::Redrive { turn: above } = signal.event
        && let Some(halted) = turn.frame.halted.take()
    {
        turn.redrive(*halted, above);
    }
    turn.commands
}

/// The id of an execution's own frame.
pub const FIRST_FRAME: u64 = 1;

pub(super) struct Turn<'a> {
    pub(super) definition: &'a Definition,
    pub(super) execution: &'a mut Execution,
    pub(super) frame: &'a mut Frame,
    pub(super) wake: &'a Wake<'a>,
    pub(super) commands: Vec<Command>,
    /// Where the path stands, if not within its state, should it end without success now.
    pub(super) halted: Option<Halted>,
    /// The context object that expressions see instead of the execution's own.
    pub(super) given: Option<&'a Value>,
    /// What became of the last error of this wake.
    pub(super) handled: Option<Handled>,
}

/// Whether the frame goes on now.
pub(super) enum Step {
    /// With the state that it is in now.
    Enter,
    /// Not before the next signal.
    Wait,
}

impl<'a> Turn<'a> {
    fn take(&mut self, event: Event) {
        let step = match (event, std::mem::replace(&mut self.frame.phase, Phase::Ready)) {
            (Event::Go, Phase::Ready) => {
                if self.execution.events == 0 {
                    self.begin();
                }
                Step::Enter
            }
            (Event::Timer, Phase::Waiting) => self.guarded(Self::waited),
            (Event::Timer, Phase::Backoff) => self.guarded(Self::attempt),
            (Event::Abort { error, cause }, phase) => self.stop(
                phase,
                Entry::ExecutionAborted { error: error.clone(), cause: cause.clone() },
                Ended::Aborted { error, cause },
            ),
            (Event::TimeOut, phase) => {
                self.stop(phase, Entry::ExecutionTimedOut { error: None, cause: None }, Ended::TimedOut)
            }
            (Event::ChildEnded { index, last, outcome, in_task }, Phase::Joining(join)) => {
                self.child_ended(join, index, last, outcome, in_task)
            }
            (Event::Go, Phase::Joining(join)) if join.run.is_some() => self.more_children(join),
            (Event::ItemsRead { items }, Phase::Reading { limit, run }) => self.items_read(limit, run, Ok(items)),
            (Event::ItemsUnread { cause }, Phase::Reading { limit, run }) => self.items_read(limit, run, Err(cause)),
            (Event::ResultsWritten { output }, Phase::Writing(join)) => self.results_written(join, Ok(output)),
            (Event::ResultsUnwritten { cause }, Phase::Writing(join)) => self.results_written(join, Err(cause)),
            (event, Phase::Task(order)) => self.task_event(order, event),
            (_, phase) => {
                self.frame.phase = phase;
                Step::Wait
            }
        };
        self.run(step);
    }

    pub(super) fn run(&mut self, mut step: Step) {
        let mut entered = 0;
        while matches!(step, Step::Enter) {
            if entered == quota::STATES_PER_WAKE_MAX || jsonata::spent() > quota::EVALUATION_PER_WAKE_MAX {
                // One wake is one transaction: a long chain of states is cut, so that it stays a short one.
                self.wait(Phase::Ready);
                let signal = self.signal(Event::Go);
                self.commands.push(Command::At { at: self.wake.now, signal });
                return;
            }
            entered += 1;
            step = self.guarded(Self::enter);
        }
    }

    /// Does a part of a state's work; a failure goes to the state's retriers and catchers.
    pub(super) fn guarded(&mut self, work: fn(&mut Self) -> Result<Step, Fault>) -> Step {
        match work(self) {
            Ok(step) => step,
            Err(fault) => self.fault(fault),
        }
    }

    fn begin(&mut self) {
        let entry =
            Entry::ExecutionStarted { input: self.frame.input.clone(), role_arn: self.execution.role_arn.clone() };
        // The first state follows nothing: its `previous` is 0, as the start's own.
        self.append_aside(0, entry);
        self.limit_time(self.execution.started_at);
    }

    /// The execution may go on for `TimeoutSeconds` from this moment.
    pub(super) fn limit_time(&mut self, from: DateTime<Utc>) {
        let seconds = match (self.definition.timeout_seconds, self.execution.express) {
            (given, true) => Some(given.unwrap_or(u64::MAX).min(quota::EXPRESS_SECONDS_MAX)),
            (given, false) => given.map(|seconds| seconds.min(quota::STANDARD_SECONDS_MAX)),
        };
        if let Some(seconds) = seconds
            && (self.frame.parent.is_none() || self.execution.express)
            && let Some(at) = i64::try_from(seconds)
                .ok()
                .and_then(chrono::TimeDelta::try_seconds)
                .and_then(|seconds| from.checked_add_signed(seconds))
        {
            let signal = self.signal(Event::TimeOut);
            self.commands.push(Command::At { at, signal });
        }
    }

    fn stop(&mut self, phase: Phase, entry: Entry, ended: Ended) -> Step {
        if self.execution.events == 0 {
            // It was stopped before its first wake: its history tells of the start all the same.
            self.begin();
        }
        self.commands.push(Command::CancelChildren { frame: self.frame.id });
        self.append_aside(0, entry);
        self.frame.phase = phase;
        self.frame.halt();
        self.commands.push(Command::End(ended.clone()));
        if let Some(parent) = self.frame.parent.clone() {
            // A child execution of a distributed `Map`: to its parent it has failed.
            let (error, cause) = match ended {
                Ended::Aborted { error, cause } => (error, cause),
                _ => (Some(TIMEOUT.to_owned()), None),
            };
            let outcome = Outcome::Failed { error, cause };
            let event = Event::ChildEnded { index: parent.index, last: 0, outcome, in_task: false };
            self.commands.push(Command::Tell(Signal { frame: parent.frame, turn: parent.turn, event }));
        }
        Step::Wait
    }

    /// The path ends here: the execution does, or the parent is told.
    pub(super) fn end(&mut self, outcome: Outcome) -> Step {
        self.frame.phase = Phase::Ended;
        if matches!(outcome, Outcome::Failed { .. }) {
            self.frame.halted = Some(Box::new(self.halted.take().unwrap_or(Halted::Within)));
        }
        // The first frame of a child execution has a parent too: in another execution.
        if self.frame.id == FIRST_FRAME {
            let entry = match &outcome {
                Outcome::Succeeded(output) => Entry::ExecutionSucceeded { output: output.clone().into() },
                Outcome::Failed { error, cause } => {
                    Entry::ExecutionFailed { error: error.clone(), cause: cause.clone() }
                }
            };
            self.append(entry);
            self.commands.push(Command::End(Ended::Itself(outcome.clone())));
        }
        if let Some(parent) = self.frame.parent.clone() {
            let in_task = matches!(outcome, Outcome::Failed { .. })
                && self.frame.id != FIRST_FRAME
                && self.state().is_ok_and(|state| state.state_type == StateType::Task);
            let event = Event::ChildEnded { index: parent.index, last: self.frame.last, outcome, in_task };
            self.commands.push(Command::Tell(Signal { frame: parent.frame, turn: parent.turn, event }));
        }
        Step::Wait
    }

    /// Begins a new wait: signals of earlier ones no longer count.
    pub(super) fn wait(&mut self, phase: Phase) -> Step {
        self.frame.turn += 1;
        self.frame.phase = phase;
        Step::Wait
    }

    pub(super) fn signal(&self, event: Event) -> Signal {
        Signal { frame: self.frame.id, turn: self.frame.turn, event }
    }

    /// Writes an event that the next one follows.
    pub(super) fn append(&mut self, entry: Entry) -> u64 {
        let id = self.append_aside(self.frame.last, entry);
        self.frame.last = id;
        id
    }

    /// Writes an event that stands aside of the path.
    pub(super) fn append_aside(&mut self, previous: u64, entry: Entry) -> u64 {
        self.execution.events += 1;
        let id = self.execution.events;
        self.commands.push(Command::Append(Record { id, previous, at: self.wake.now, entry }));
        id
    }

    pub(super) fn state(&self) -> Result<&'a State, Failure> {
        self.definition.state(self.frame.scope, &self.frame.state).ok_or_else(|| {
            // Checked at creation: only a definition that is not the frame's own comes here.
            Failure::runtime(format!("The state '{}' is not in the definition.", self.frame.state))
        })
    }

    /// What an expression of the state may see. The pieces are lent by the caller.
    pub(super) fn scope<'s>(&'s self, input: &'s Value, context: &'s Value) -> Scope<'s> {
        Scope {
            input,
            context,
            variables: &self.frame.variables,
            result: None,
            error: None,
            chance: self.wake.chance,
            now: self.wake.now,
        }
    }
}
