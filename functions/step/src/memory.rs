//! What a worker remembers of an execution between two answers, so that it need not be loaded again.
//!
//! Nothing rests on it: the next commit is on condition that nobody else has committed since. What is due, and limits of map
//! runs that somebody has set anew, are seen by a load alone; a bell makes the worker load.

use octavo_domain_workflow::engine::{Change, Loaded};
use octavo_domain_workflow::machine::Phase;

/// An execution with more frames is loaded again: to copy them costs more than to load the few that are needed.
const FRAMES_MAX: usize = 16;

/// An execution as this worker left it.
#[derive(Debug, Default)]
pub(crate) struct Memory(Option<Loaded>);

/// An execution before a wake, if it is to be remembered after it.
pub(crate) struct Before(Option<Loaded>);

impl Before {
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let small = loaded.frames.len() <= FRAMES_MAX;
        Self(small.then(|| Loaded { due: Vec::new(), ..loaded.clone() }))
    }
}

impl Memory {
    /// What is remembered; then it is not any more.
    pub(crate) fn take(&mut self) -> Option<Loaded> {
        self.0.take()
    }

    /// Remembers what a commit made true of an execution that goes on.
    pub(crate) fn keep(&mut self, before: Before, change: &Change) {
        let Before(Some(mut after)) = before else { return };
        if change.goes_on {
            return;
        }
        after.seq += 1;
        // One that began again had ended.
        (after.status, after.stopped_at, after.finished) = (change.status, None, None);
        after.execution = change.execution.clone();
        after.frames.retain(|frame| {
            !change.frames_gone.contains(&frame.id) && !change.frames.iter().any(|changed| changed.id == frame.id)
        });
        after.frames.extend(change.frames.iter().cloned());
        if let Some(attributes) = &change.attributes {
            after.attributes = attributes.clone();
        }
        self.remember(after);
    }

    /// Remembers an execution as it was loaded or left, with nothing due.
    pub(crate) fn remember(&mut self, execution: Loaded) {
        let runs = |phase: &Phase| match phase {
            Phase::Reading { .. } | Phase::Writing(_) => true,
            Phase::Joining(join) => join.run.is_some(),
            _ => false,
        };
        let frames = &execution.frames;
        if frames.len() <= FRAMES_MAX && !frames.iter().any(|frame| runs(&frame.phase)) {
            self.0 = Some(execution);
        }
    }
}
