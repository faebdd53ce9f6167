//! A path that ended without success begins again: from where it stood, with what had succeeded by then.

use super::{
    advance::{FIRST_FRAME, Step, Turn},
    fault::Fault,
    quota,
    types::{Command, Halted, Join, Phase},
};
use crate::{
    definition::{Body, Mapping},
    history::Entry,
    scope::Failure,
};

impl Turn<'_> {
    /// `above` is the turn that the frame above waits in now.
    pub(super) fn redrive(&mut self, halted: Halted, above: u64) {
        self.frame.turn += 1;
        self.frame.phase = Phase::Ready;
        if let Some(parent) = &mut self.frame.parent {
            parent.turn = above;
        }
        if self.frame.id == FIRST_FRAME {
            self.execution.redrive_count += 1;
            let redrive_count = self.execution.redrive_count;
            self.frame.last = self.append_aside(self.execution.events, Entry::ExecutionRedriven { redrive_count });
            self.limit_time(self.wake.now);
        }
        self.frame.tries = vec![0; self.state().map_or(0, |state| state.retry.len())];
        let step = match halted {
            Halted::Before => Step::Enter,
            Halted::Within => self.guarded(Self::attempt),
            Halted::Joining(join) => match self.join_again(join) {
                Ok(step) => step,
                Err(fault) => self.fault(fault),
            },
        };
        self.run(step);
    }

    fn join_again(&mut self, mut join: Join) -> Result<Step, Fault> {
        let state = self.state()?;
        let place = |index: u32| join.outputs.get(index as usize);
        let open: Vec<u32> = (0..join.started)
            .filter(|index| join.failed.contains(index) || !matches!(place(*index), Some(Some(_))))
            .collect();
        join.ended = join.started - u32::try_from(open.len()).unwrap_or(join.started);
        self.wait(Phase::Ready);
        match &state.body {
            Body::Map(map) if join.run.is_some() => self.run_again(map, join, &open),
            Body::Map(map) => {
                self.commands.push(Command::RedriveFrames { frame: self.frame.id });
                self.iterate_to_the_limit(map, &mut join)?;
                self.frame.phase = Phase::Joining(join);
                Ok(Step::Wait)
            }
            _ => {
                self.commands.push(Command::RedriveFrames { frame: self.frame.id });
                self.frame.phase = Phase::Joining(join);
                Ok(Step::Wait)
            }
        }
    }

    fn run_again(&mut self, map: &Mapping, mut join: Join, open: &[u32]) -> Result<Step, Fault> {
        let Some(run) = &mut join.run else { return Ok(Step::Wait) };
        if run.redrive_count >= quota::REDRIVES_MAX {
            return Err(Failure::runtime("The Map Run has reached the maximum number of redrives.").into());
        }
        run.redrive_count += 1;
        let (map_run_arn, redrive_count) = (run.arn.clone(), run.redrive_count);
        let run = Box::new(run.clone());
        self.append(Entry::MapRunRedriven { map_run_arn, redrive_count });
        for index in open {
            if let Some(output) = join.outputs.get_mut(*index as usize) {
                *output = None;
            }
        }
        join.failed.clear();
        if (join.ended as usize) == join.outputs.len() {
            // Only the results could not be written.
            return self.mapped(map, join);
        }
        if map.express {
            // An Express execution does not go on from where it failed: its item gets a new one.
            for index in open {
                self.start_again(map, &join, *index)?;
            }
        } else if !open.is_empty() {
            self.commands.push(Command::RedriveChildren { run, indexes: open.to_vec(), turn: self.frame.turn });
        }
        self.iterate_to_the_limit(map, &mut join)?;
        self.frame.phase = Phase::Joining(join);
        Ok(Step::Wait)
    }
}
