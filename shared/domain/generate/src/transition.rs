//! From one step to the next: the only place where a generation changes.

use crate::limits::TRIES_MAX;
use crate::{Change, Generation, Outline, Paid, Section, Source, Status, Trouble};
use chrono::{DateTime, Utc};
use octavo_domain_kernel::OutboxEntry;

/// What is to be done at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Find what is to be read.
    Gather,
    /// Plan the sections.
    Outline,
    /// Write this section, counted from 0.
    Write(usize),
    /// Make the document.
    Assemble,
}

/// A section that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// In Markdown, without the heading.
    pub text: String,
    /// Whether the answer was cut off.
    pub cut: bool,
    /// The call.
    pub paid: Paid,
}

/// What became of a step's task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// [`Task::Gather`]: this is read.
    Gathered(Vec<Source>),
    /// [`Task::Outline`]: this is the plan.
    Outlined {
        /// The title that the plan has; the order's own stands above it.
        title: Option<String>,
        /// Planned sections, 1 or more.
        sections: Vec<Section>,
        /// The call.
        paid: Paid,
    },
    /// [`Task::Write`]: this is the text.
    Written(Written),
    /// [`Task::Assemble`]: the document is there.
    Assembled,
    /// Any: not now. The step stays, until it was tried [`TRIES_MAX`] times.
    Postponed(Trouble),
    /// Any: never, unless somebody changes something.
    Failed(Trouble),
}

/// A change, decided on the step that the generation was read at.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// That step.
    pub expected_step: i64,
    /// The generation as it is to be.
    pub generation: Generation,
    /// Places of the sections that are new or changed.
    pub sections: Vec<usize>,
}

impl Transition {
    /// Whether the message of the next step is to be sent: not after the last one, and not where the present step's own
    /// message will come again.
    pub fn goes_on(&self) -> bool {
        self.generation.step > self.expected_step && !self.generation.status.has_ended()
    }

    /// As the store takes it.
    pub fn with(self, outbox: Vec<OutboxEntry>) -> Change {
        Change { expected_step: self.expected_step, generation: self.generation, sections: self.sections, outbox }
    }
}

/// Why a change is not possible in the present phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has ended, or its document is being made: nothing is left to cancel.
    #[error("it is {}, too late to cancel it", .0.as_str())]
    TooLate(Status),
    /// Only what failed is retried.
    #[error("it is {}, and only what has failed can be retried", .0.as_str())]
    NotFailed(Status),
    /// The outcome is not one of the present task: a defect of the caller.
    #[error("the outcome is not one of what is to be done")]
    OtherTask,
}

impl Generation {
    /// What is to be done now; none if it has ended.
    pub fn task(&self) -> Option<Task> {
        match self.status {
            Status::Queued => Some(Task::Gather),
            Status::Outlining => Some(Task::Outline),
            Status::Writing => match self.sections.iter().position(|section| section.text.is_none()) {
                Some(place) => Some(Task::Write(place)),
                None => Some(Task::Assemble),
            },
            Status::Assembling => Some(Task::Assemble),
            Status::Done | Status::Failed | Status::Cancelled => None,
        }
    }

    /// The generation after `outcome` of its present task.
    pub fn advance(&self, outcome: Outcome, at: DateTime<Utc>) -> Result<Transition, Refused> {
        let task = self.task().ok_or(Refused::OtherTask)?;
        let mut next = self.clone();
        let mut sections = Vec::new();
        match (task, outcome) {
            (Task::Gather, Outcome::Gathered(found)) => {
                next.sources = Some(found);
                if let Outline::Given(given) = &self.order.outline {
                    let planned = given.iter().map(|given| Section::planned(&given.heading, &given.instructions));
                    next.sections = planned.collect();
                    sections = (0..next.sections.len()).collect();
                }
            }
            (Task::Outline, Outcome::Outlined { title, sections: planned, paid }) if !planned.is_empty() => {
                next.title = self.title.clone().or(title);
                sections = (0..planned.len()).collect();
                next.sections = planned;
                next.outlined_by = Some(paid);
            }
            (Task::Write(place), Outcome::Written(written)) => {
                let Written { text, cut, paid } = written;
                next.sections[place] =
                    Section { text: Some(text), cut, paid: Some(paid), ..self.sections[place].clone() };
                sections = vec![place];
            }
            (Task::Assemble, Outcome::Assembled) => {
                return Ok(self.changed(Generation { status: Status::Done, ..next }, Vec::new(), None, at));
            }
            (_, Outcome::Postponed(trouble)) if self.tries + 1 < TRIES_MAX => {
                next.tries += 1;
                next.trouble = Some(trouble);
                next.updated_at = self.updated_at.max(at);
                return Ok(Transition { expected_step: self.step, generation: next, sections });
            }
            (_, Outcome::Postponed(trouble) | Outcome::Failed(trouble)) => {
                return Ok(self.changed(Generation { status: Status::Failed, ..next }, Vec::new(), Some(trouble), at));
            }
            _ => return Err(Refused::OtherTask),
        }
        next.status = next.phase();
        Ok(self.changed(next, sections, None, at))
    }

    /// The generation stopped; none if it was stopped already.
    pub fn cancel(&self, at: DateTime<Utc>) -> Result<Option<Transition>, Refused> {
        match self.status {
            Status::Cancelled => Ok(None),
            // Nothing is left to save: the document may be there at this moment.
            Status::Assembling | Status::Done | Status::Failed => Err(Refused::TooLate(self.status)),
            Status::Queued | Status::Outlining | Status::Writing => {
                let next = Generation { status: Status::Cancelled, ..self.clone() };
                Ok(Some(self.changed(next, Vec::new(), None, at)))
            }
        }
    }

    /// The generation begun again where it failed: what is written stays.
    pub fn retry(&self, at: DateTime<Utc>) -> Result<Transition, Refused> {
        if self.status != Status::Failed {
            return Err(Refused::NotFailed(self.status));
        }
        let next = Generation { status: self.phase(), retries: self.retries.saturating_add(1), ..self.clone() };
        Ok(self.changed(next, Vec::new(), None, at))
    }

    /// The phase that what is there leads to.
    fn phase(&self) -> Status {
        if self.sources.is_none() {
            Status::Queued
        } else if self.sections.is_empty() {
            Status::Outlining
        } else if self.sections.iter().any(|section| section.text.is_none()) {
            Status::Writing
        } else {
            Status::Assembling
        }
    }

    fn changed(
        &self,
        next: Generation,
        sections: Vec<usize>,
        trouble: Option<Trouble>,
        at: DateTime<Utc>,
    ) -> Transition {
        // Never backwards, whatever the machine's clock does.
        let updated_at = self.updated_at.max(at);
        let generation = Generation { step: self.step + 1, tries: 0, trouble, updated_at, ..next };
        Transition { expected_step: self.step, generation, sections }
    }
}

#[cfg(test)]
mod tests;
