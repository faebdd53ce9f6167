//! What a state does with an error: try again, catch it, or end its path.

use super::{
    advance::{Step, Turn},
    quota,
    types::{Command, Event, Outcome, Phase},
};
use crate::{
    definition::{Catcher, Language, StateType},
    history::Entry,
    jsonata, retry,
    scope::{Failure, Scope, error},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// The error of a task whose time has passed.
pub(super) const TIMEOUT: &str = "States.Timeout";
const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";

/// An error on its way to the state's retriers and catchers.
pub(super) enum Fault {
    /// An expression or a rule failed. The cause gets the state and its event in front.
    Evaluation(Failure),
    /// As [`Fault::Evaluation`], of a `Wait` that had begun: the history's event follows the entry.
    AfterEntry(Failure),
    /// A task failed, or a `Fail` state was entered.
    Failed { error: Option<String>, cause: Option<String> },
    /// Nobody heard of a task for too long: `States.HeartbeatTimeout` to retriers and catchers, `States.Timeout` to all
    /// others, as recorded.
    Heartbeat,
    /// A branch or an iteration failed, or too many children did.
    Children { error: Option<String>, cause: Option<String> },
    /// The path cannot go on whatever its state says.
    Deadly(Failure),
}

/// What became of an error, for whoever wants to know more than the history says.
pub(super) struct Handled {
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
    /// The retrier that is for it, whether or not it has tries left.
    pub(super) retrier: Option<usize>,
    /// The catcher that caught it.
    pub(super) catcher: Option<usize>,
}

impl Fault {
    pub(super) fn deadly(failure: Failure) -> Self {
        Self::Deadly(failure)
    }

    pub(super) fn after_entry(failure: Failure) -> Self {
        Self::AfterEntry(failure)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Evaluation(failure)
    }
}

impl Turn<'_> {
    pub(super) fn fault(&mut self, fault: Fault) -> Step {
        let children = matches!(fault, Fault::Children { .. });
        let evaluation = matches!(fault, Fault::Evaluation(_) | Fault::AfterEntry(_));
        let heartbeat = matches!(fault, Fault::Heartbeat);
        let (error, cause) = match fault {
            Fault::Failed { error, cause } | Fault::Children { error, cause } => (error, cause),
            Fault::Heartbeat => (Some(TIMEOUT.to_owned()), None),
            Fault::Deadly(failure) => {
                let (error, cause) = (Some(failure.error), Some(failure.cause));
                return self.end(Outcome::Failed { error, cause });
            }
            Fault::AfterEntry(failure) => self.evaluation(failure, true),
            Fault::Evaluation(failure) => self.evaluation(failure, false),
        };
        self.handled = Some(Handled { error: error.clone(), cause: cause.clone(), retrier: None, catcher: None });
        let Ok(state) = self.state() else { return self.end(Outcome::Failed { error, cause }) };
        if evaluation && error.as_deref() == Some(error::RUNTIME) {
            // Recorded: not even a catcher that names it catches it.
            return self.end(Outcome::Failed { error, cause });
        }
        let works = matches!(state.state_type, StateType::Map | StateType::Parallel);
        let children = children || (works && evaluation && error.as_deref() == Some(error::QUERY_EVALUATION));
        let named = error.as_deref().unwrap_or_default();
        let names: &[&str] = if heartbeat { &[HEARTBEAT_TIMEOUT, named] } else { &[named] };
        if let Some(step) = self.try_again(names) {
            return step;
        }
        if children {
            self.append(match state.state_type {
                StateType::Parallel => Entry::ParallelStateFailed,
                _ => Entry::MapStateFailed,
            });
        }
        let mut catchers = state.catch.iter().enumerate();
        if let Some((index, catcher)) = catchers.find(|(_, catcher)| listed(&catcher.error_equals, names)) {
            if let Some(handled) = &mut self.handled {
                handled.catcher = Some(index);
            }
            let output = json!({ "Error": error, "Cause": cause });
            return match self.caught(catcher, output) {
                Ok(step) => step,
                // What a catcher says is not caught again.
                Err(Fault::Evaluation(failure)) => {
                    let (error, cause) = self.evaluation(failure, false);
                    self.end(Outcome::Failed { error, cause })
                }
                Err(_) => self.end(Outcome::Failed { error, cause }),
            };
        }
        self.end(Outcome::Failed { error, cause })
    }

    fn evaluation(&mut self, failure: Failure, after_entry: bool) -> (Option<String>, Option<String>) {
        let Failure { error, cause, location } = failure;
        if error == quota::DATA_LIMIT_EXCEEDED {
            return (Some(error), Some(cause));
        }
        let (state, entered) = (self.frame.state.clone(), self.frame.entered);
        let cause = format!(
            "An error occurred while executing the state '{state}' (entered at the event id #{entered}). {cause}"
        );
        if error == error::QUERY_EVALUATION {
            // Recorded: what fails while a state is entered follows the event before the state.
            let entering = self.frame.last == self.frame.entered && !after_entry;
            let previous = if entering { self.frame.before } else { self.frame.last };
            let entry = Entry::EvaluationFailed { state, location, error: error.clone(), cause: cause.clone() };
            self.frame.last = self.append_aside(previous, entry);
        }
        (Some(error), Some(cause))
    }

    /// The first retrier that is for the error decides, even when it has no tries left.
    fn try_again(&mut self, names: &[&str]) -> Option<Step> {
        let state = self.state().ok()?;
        let index = state.retry.iter().position(|retrier| listed(&retrier.error_equals, names))?;
        if let Some(handled) = &mut self.handled {
            handled.retrier = Some(index);
        }
        let retrier = state.retry.get(index)?;
        let used = self.frame.tries.get_mut(index)?;
        if *used >= retrier.max_attempts {
            return None;
        }
        *used += 1;
        let attempt = *used;
        // The upper 53 bits make an even number between 0 and 1.
        let chance = ((self.wake.chance)() >> 11) as f64 / (1_u64 << 53) as f64;
        let delay = TimeDelta::from_std(retry::delay(retrier, attempt, chance)).ok()?;
        let at = self.wake.now.checked_add_signed(delay)?;
        let step = self.wait(Phase::Backoff);
        let signal = self.signal(Event::Timer);
        self.commands.push(Command::At { at, signal });
        Some(step)
    }

    fn caught(&mut self, catcher: &Catcher, error: Value) -> Result<Step, Fault> {
        let state = self.state()?;
        let context = self.context(None);
        let (assigned, output) = match state.language {
            Language::JsonPath => {
                let scope = self.scope(&error, &context);
                let assigned = self.assigned(catcher.assign.as_ref(), &scope, state.language)?;
                (assigned, self.placed(&catcher.result_path, self.frame.input.clone(), error.into())?)
            }
            Language::Jsonata => {
                let scope = Scope { error: Some(&error), ..self.scope(&self.frame.input, &context) };
                let assigned = self.assigned(catcher.assign.as_ref(), &scope, state.language)?;
                let output = match &catcher.output {
                    Some(output) => jsonata::fill(output, "Catch/Output", &scope)?.into(),
                    None => error.into(),
                };
                (assigned, output)
            }
        };
        self.exit(output, assigned, Some(catcher.next.clone()))
    }
}

fn listed(error_equals: &[String], names: &[&str]) -> bool {
    // Recorded: `States.ALL` catches a result that is too long.
    let all = error_equals.iter().any(|listed| listed == "States.ALL") && names.contains(&quota::DATA_LIMIT_EXCEEDED);
    all || names.iter().any(|name| retry::matches(error_equals, name))
}
