//! Branches and iterations: starting them, and going on when they have ended.

use super::{
    advance::{Step, Turn},
    fault::Fault,
    quota,
    types::{Command, Frame, Halted, Item, Join, Outcome, Parent, Phase},
};
use crate::{
    definition::{Body, Language, Mapping, StateType},
    history::Entry,
    jsonata,
    scope::Failure,
    shared::Shared,
    template,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The error of a `Map` whose results could not be written.
const WRITER_FAILED: &str = "States.ResultWriterFailed";
/// The error of a distributed `Map` of which too many children failed.
pub(super) const THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
pub(super) const THRESHOLD_CAUSE: &str = "The specified tolerated failure threshold was exceeded";

impl Turn<'_> {
    pub(super) fn parallel(&mut self, branches: &[usize], input: &Shared, context: &Value) -> Result<Step, Fault> {
        let state = self.state()?;
        let scope = self.scope(input, context);
        let input: Shared = match (&state.arguments, state.language) {
            (None, _) => input.clone(),
            (Some(arguments), Language::JsonPath) => template::fill(arguments, &scope)?.into(),
            (Some(arguments), Language::Jsonata) => jsonata::fill(arguments, "Arguments", &scope)?.into(),
        };
        quota::payload(&self.frame.state, &input)?;
        self.append(Entry::ParallelStateStarted);
        let count = u32::try_from(branches.len()).unwrap_or(u32::MAX);
        self.wait(Phase::Ready);
        for (index, branch) in (0..count).zip(branches) {
            let frame = self.child(*branch, index, input.clone(), self.frame.last, self.frame.item.clone());
            self.commands.push(Command::Fork(Box::new(frame)));
        }
        self.frame.phase = Phase::Joining(Join {
            items: Vec::new(),
            batched: false,
            outputs: vec![None; branches.len()],
            started: count,
            ended: 0,
            failed: BTreeSet::new(),
            limit: 0,
            run: None,
        });
        Ok(Step::Wait)
    }

    /// A frame of this execution that tells this one when it ends.
    pub(super) fn child(&mut self, list: usize, index: u32, input: Shared, last: u64, item: Option<Item>) -> Frame {
        self.execution.frames += 1;
        let start_at = self.definition.lists.get(list).map_or("", |list| list.start_at.as_str());
        Frame {
            id: self.execution.frames,
            parent: Some(Parent { frame: self.frame.id, turn: self.frame.turn, index }),
            variables: self.frame.variables.clone(),
            item,
            last,
            ..Frame::first(list, start_at, input, self.wake.now)
        }
    }

    pub(super) fn child_ended(
        &mut self,
        mut join: Join,
        index: u32,
        last: u64,
        outcome: Outcome,
        in_task: bool,
    ) -> Step {
        let place = index as usize;
        if join.outputs.get(place).is_none_or(Option::is_some) {
            // Told twice: the first time counted.
            self.frame.phase = Phase::Joining(join);
            return Step::Wait;
        }
        join.ended += 1;
        let others = others(&join, index);
        let state = match self.state() {
            Ok(state) => state,
            Err(failure) => return self.fault(Fault::deadly(failure)),
        };
        let result = match &state.body {
            Body::Map(map) if join.run.is_some() => self.run_child_ended(map, join, index, outcome),
            Body::Map(map) => self.iteration_ended(map, join, index, last, outcome),
            _ => self.branch_ended(join, place, last, outcome),
        };
        match result {
            Ok(step) => step,
            Err(fault) => {
                if in_task && last == self.frame.last {
                    self.append_aside(last, Entry::TaskStateAborted);
                }
                self.abort_others(&others, state.state_type == StateType::Map);
                self.commands.push(Command::CancelChildren { frame: self.frame.id });
                self.fault(fault)
            }
        }
    }

    /// The limits of a run have changed: as many more children start as may run now. It does not wait for one to end.
    pub(super) fn more_children(&mut self, mut join: Join) -> Step {
        let started = match self.state().map(|state| &state.body) {
            Ok(Body::Map(map)) => self.iterate_to_the_limit(map, &mut join),
            Ok(_) => Ok(()),
            Err(failure) => return self.fault(Fault::deadly(failure)),
        };
        match started {
            Ok(()) => {
                self.frame.phase = Phase::Joining(join);
                Step::Wait
            }
            Err(fault) => self.fault(fault),
        }
    }

    /// What still runs when a branch or an iteration has failed does not run on.
    fn abort_others(&mut self, others: &[u32], iterations: bool) {
        for index in others {
            if iterations {
                let entry = Entry::MapIterationAborted { name: self.frame.state.clone(), index: *index };
                self.append_aside(self.frame.last, entry);
            }
            if (self.wake.child_state)(*index) == Some(StateType::Task) {
                self.append_aside(self.frame.last, Entry::TaskStateAborted);
            }
        }
    }

    fn branch_ended(&mut self, mut join: Join, place: usize, last: u64, outcome: Outcome) -> Result<Step, Fault> {
        self.frame.last = last;
        match outcome {
            Outcome::Failed { error, cause } => {
                self.halted = Some(Halted::Joining(join));
                Err(Fault::Children { error, cause })
            }
            Outcome::Succeeded(output) => {
                join.outputs[place] = Some(output.into());
                if (join.ended as usize) < join.outputs.len() {
                    self.frame.phase = Phase::Joining(join);
                    return Ok(Step::Wait);
                }
                self.append_aside(last, Entry::ParallelStateSucceeded);
                self.leave_with_result(into_outputs(join), &self.context(None))
            }
        }
    }

    fn iteration_ended(
        &mut self,
        map: &Mapping,
        mut join: Join,
        index: u32,
        last: u64,
        outcome: Outcome,
    ) -> Result<Step, Fault> {
        let name = self.frame.state.clone();
        match outcome {
            Outcome::Failed { error, cause } => {
                self.append_aside(last, Entry::MapIterationFailed { name, index });
                self.frame.last = last;
                self.halted = Some(Halted::Joining(join));
                Err(Fault::Children { error, cause })
            }
            Outcome::Succeeded(output) => {
                join.outputs[index as usize] = Some(output.into());
                let told = self.append_aside(last, Entry::MapIterationSucceeded { name, index });
                if (join.ended as usize) == join.outputs.len() {
                    self.frame.last = told;
                    return self.mapped(map, join);
                }
                if (join.started as usize) < join.items.len() {
                    // Recorded: what takes a free place follows the last event of who left it.
                    self.iterate(map, &mut join, last)?;
                }
                self.frame.phase = Phase::Joining(join);
                Ok(Step::Wait)
            }
        }
    }

    fn run_child_ended(&mut self, map: &Mapping, mut join: Join, index: u32, outcome: Outcome) -> Result<Step, Fault> {
        join.outputs[index as usize] = Some(match outcome {
            Outcome::Succeeded(output) => output.into(),
            Outcome::Failed { error, cause } => {
                join.failed.insert(index);
                let mut told = Map::new();
                told.extend(error.map(|error| ("Error".to_owned(), Value::String(error))));
                told.extend(cause.map(|cause| ("Cause".to_owned(), Value::String(cause))));
                Value::Object(told).into()
            }
        });
        if exceeded(&join) {
            self.halted = Some(Halted::Joining(join));
            return Err(self.run_failed(THRESHOLD, THRESHOLD_CAUSE));
        }
        if (join.ended as usize) == join.outputs.len() {
            return self.mapped(map, join);
        }
        // Not just one more: the limit may have been set anew while the run went on.
        self.iterate_to_the_limit(map, &mut join)?;
        self.frame.phase = Phase::Joining(join);
        Ok(Step::Wait)
    }

    /// All iterations have ended well enough.
    pub(super) fn mapped(&mut self, map: &Mapping, mut join: Join) -> Result<Step, Fault> {
        if let (Some(writer), Some(run)) = (&map.writer, join.run.clone()) {
            let context = self.context(None);
            let input = self.selected_input(&context)?;
            let writer = self.filled(writer, "ResultWriter", &self.scope(&input, &context))?;
            join.items = Vec::new();
            let results = outputs(&join);
            self.wait(Phase::Writing(join));
            let (frame, turn) = (self.frame.id, self.frame.turn);
            let map_run_arn = run.arn;
            self.commands.push(Command::WriteResults { frame, turn, map_run_arn, writer, results });
            return Ok(Step::Wait);
        }
        let distributed = join.run.is_some();
        self.map_done(distributed, into_outputs(join))
    }

    pub(super) fn results_written(&mut self, join: Join, written: Result<Value, String>) -> Step {
        let step = match written {
            Ok(output) => self.map_done(true, output),
            Err(cause) => {
                self.halted = Some(Halted::Joining(join));
                Err(self.run_failed(WRITER_FAILED, &cause))
            }
        };
        step.unwrap_or_else(|fault| self.fault(fault))
    }

    fn map_done(&mut self, distributed: bool, result: Value) -> Result<Step, Fault> {
        let started = self.frame.last;
        if distributed {
            self.append(Entry::MapRunSucceeded);
        }
        self.append_aside(self.frame.last, Entry::MapStateSucceeded);
        if distributed && self.frame.before != 0 {
            // Recorded: the exit follows the run's start, except in a `Map` that comes first.
            self.frame.last = started;
        }
        self.leave_with_result(result, &self.context(None))
    }

    /// The input of an iteration.
    pub(super) fn iteration_input(&self, map: &Mapping, item: &Item) -> Result<Value, Failure> {
        let Some(selector) = &map.selector else { return Ok(item.value.clone()) };
        let mut context = self.context(None);
        context["Map"] = serde_json::json!({ "Item": { "Index": item.index, "Value": item.value } });
        let input = self.selected_input(&context)?;
        let scope = self.scope(&input, &context);
        match self.state()?.language {
            Language::JsonPath => template::fill(selector, &scope),
            Language::Jsonata => jsonata::fill(selector, "ItemSelector", &scope),
        }
    }
}

/// The branches or iterations of this execution that run besides the one that has ended.
fn others(join: &Join, ended: u32) -> Vec<u32> {
    if join.run.is_some() {
        return Vec::new();
    }
    let runs = |index: &u32| *index != ended && matches!(join.outputs.get(*index as usize), Some(None));
    (0..join.started).filter(runs).collect()
}

fn into_outputs(join: Join) -> Value {
    Value::Array(join.outputs.into_iter().map(|output| output.map(Shared::into_value).unwrap_or_default()).collect())
}

fn outputs(join: &Join) -> Value {
    let value = |output: &Option<Shared>| output.as_deref().cloned().unwrap_or_default();
    Value::Array(join.outputs.iter().map(value).collect())
}

/// Whether more children failed than may. Where nothing is said, none may.
fn exceeded(join: &Join) -> bool {
    let Some(run) = &join.run else { return false };
    if join.failed.is_empty() {
        return false;
    }
    let failed = join.failed.len();
    let by_count = run.tolerated_count.map(|count| failed as u64 > count);
    let by_share = run.tolerated_percentage.map(|share| failed as f64 * 100.0 > share * join.outputs.len() as f64);
    match (by_count, by_share) {
        (None, None) => true,
        (count, share) => count.unwrap_or(false) || share.unwrap_or(false),
    }
}
