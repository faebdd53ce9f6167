//! Within a wake: how an execution ends, and what the wake comes to.

use super::change::{Change, Chunk, Expected, Finished, MapRunEnd};
use super::execution::{Status, Tells};
use super::obey::run_of;
use super::settle::Room;
use crate::machine::{Ended, Event, Outcome, Phase, Signal};
use serde_json::{Value, json};

impl Room<'_> {
    pub(super) fn end(&mut self, ended: Ended) {
        let (status, output, error, cause) = match ended {
            Ended::Itself(Outcome::Succeeded(output)) => (Status::Succeeded, Some(output), None, None),
            Ended::Itself(Outcome::Failed { error, cause }) => (Status::Failed, None, error, cause),
            Ended::Aborted { error, cause } => (Status::Aborted, None, error, cause),
            Ended::TimedOut => (Status::TimedOut, None, None, None),
        };
        self.status = status;
        let finished = Finished { output, error, cause };
        if let Some(above) = self.above.filter(|above| above.tells != Tells::Map) {
            let event = self.told(above.tells, &finished);
            self.post(above.execution, Signal { frame: above.frame, turn: above.turn, event });
        }
        self.finished = Some(finished);
    }

    /// What a `.sync` task above is told: the description of this execution, with capital letters.
    fn told(&self, tells: Tells, finished: &Finished) -> Event {
        let shown = |value: &Value| match tells {
            Tells::SyncJson => value.clone(),
            _ => json!(value.to_string()),
        };
        let mut told = json!({
            "ExecutionArn": self.execution.arn,
            "Input": shown(&self.execution.input),
            "InputDetails": { "Included": true },
            "Name": self.execution.name,
            "RedriveCount": self.execution.redrive_count,
            "StartDate": self.execution.started_at.timestamp_millis(),
            "StateMachineArn": self.execution.machine_arn,
            "Status": self.status.as_str(),
            "StopDate": self.settling.now.timestamp_millis(),
        });
        if let Some(output) = &finished.output {
            told["Output"] = shown(output);
            told["OutputDetails"] = json!({ "Included": true });
            return Event::TaskSucceeded { output: told };
        }
        if let Some(error) = &finished.error {
            told["Error"] = json!(error);
        }
        if let Some(cause) = &finished.cause {
            told["Cause"] = json!(cause);
        }
        Event::TaskFailed { error: Some("States.TaskFailed".to_owned()), cause: Some(told.to_string()) }
    }

    pub(super) fn change(mut self) -> Result<Change, serde_json::Error> {
        self.limits_of_runs();
        self.runs_left();
        let ended = self.finished.is_some();
        if ended && (self.status == Status::Succeeded || self.execution.express) {
            self.frames.clear();
        }
        let shelves = self.shelves.put(&mut self.frames, &mut self.dirty);
        let turn = |id: u64| self.frames.get(&id).map(|frame| frame.turn);
        // What was begun and overtaken within this wake was never there.
        self.tasks.retain(|task| !ended && turn(task.frame) == Some(task.turn));
        self.kept.retain(|kept| {
            let whole = matches!(kept.signal.event, Event::TimeOut | Event::Abort { .. } | Event::Redrive { .. });
            !ended && (whole || turn(kept.signal.frame).is_some_and(|turn| turn == kept.signal.turn))
        });
        let turns = self.loaded.iter().filter_map(|(id, before)| Some((*id, turn(*id).filter(|now| now > before)?)));
        let turns = turns.collect();
        let gone = |id: &&u64| !self.frames.contains_key(*id) && !shelves.contains(*id);
        let frames_gone = self.loaded.keys().filter(gone).copied().collect();
        let history = Chunk::of(&self.records)?;
        let frames = self.frames.into_values().filter(|frame| self.dirty.contains(&frame.id)).collect();
        Ok(Change {
            id: self.id,
            expected: Expected::Seq(self.seq),
            at: self.settling.now,
            execution: self.execution,
            status: self.status,
            finished: self.finished,
            redriven: self.redriven,
            attributes: self.attributes_changed.then_some(self.attributes),
            history,
            frames,
            frames_gone,
            turns,
            tasks: self.tasks,
            tasks_accepted: Vec::new(),
            kept: self.kept,
            taken: self.taken,
            posted: self.posted,
            children: self.children,
            children_stopped: self.children_stopped.into_iter().collect(),
            runs: self.runs,
            runs_redriven: self.runs_redriven,
            runs_ended: self.runs_ended,
            goes_on: self.goes_on && !ended,
        })
    }

    /// A run whose `Map` does not wait for it any more, and that has not ended by itself, was stopped with it.
    fn runs_left(&mut self) {
        if self.runs_before.is_empty() && self.runs.is_empty() {
            return;
        }
        let waited: Vec<String> =
            self.frames.values().filter_map(|frame| run_of(&frame.phase)).map(|run| run.arn).collect();
        let begun = self.runs.iter().map(|run| run.arn.clone());
        for arn in self.runs_before.drain(..).chain(begun) {
            if !waited.contains(&arn) && self.runs_ended.iter().all(|ended| ended.arn != arn) {
                self.runs_ended.push(MapRunEnd { arn, status: Status::Aborted });
            }
        }
    }

    /// What is tolerated is known only after the event that says that a run has begun.
    fn limits_of_runs(&mut self) {
        for run in &mut self.runs {
            let (limit, found) = match self.frames.get(&run.frame).map(|frame| &frame.phase) {
                Some(Phase::Joining(join)) => (join.limit, join.run.as_ref()),
                Some(Phase::Reading { limit, run }) => (*limit, Some(run)),
                _ => continue,
            };
            run.max_concurrency = limit;
            if let Some(found) = found.filter(|found| found.arn == run.arn) {
                (run.tolerated_count, run.tolerated_percentage) = (found.tolerated_count, found.tolerated_percentage);
            }
        }
    }
}
