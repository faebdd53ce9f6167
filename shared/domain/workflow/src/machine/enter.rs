//! Entering a state, and the states that need nobody else: `Pass`, `Choice`, `Wait`, `Succeed`, `Fail`.

use super::{
    advance::{Step, Turn},
    fault::Fault,
    quota,
    types::{Command, Event, Phase},
};
use crate::{
    definition::{Body, Condition, Failing, Language, Selected, Until},
    history::Entry,
    jsonata::{self, Kind},
    scope::{Failure, error},
    shared::Shared,
    template, timestamp,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// The cause of a choice that nothing answers.
const NO_CHOICE: &str = "Failed to transition out of the state. The state does not point to a next state.";

impl Turn<'_> {
    pub(super) fn enter(&mut self) -> Result<Step, Fault> {
        self.arrive()?;
        self.attempt()
    }

    /// The state is entered, and nothing of its work is done yet.
    pub(super) fn arrive(&mut self) -> Result<(), Fault> {
        if !self.execution.express && self.execution.events + 1 >= quota::EVENTS_MAX {
            return Err(Fault::deadly(Failure::runtime(quota::EVENTS_CAUSE)));
        }
        if self.execution.frames > quota::FRAMES_MAX {
            return Err(Fault::deadly(Failure::runtime(quota::FRAMES_CAUSE)));
        }
        let state = self.state().map_err(Fault::deadly)?;
        self.frame.before = self.frame.last;
        self.frame.entered_at = self.wake.now;
        self.frame.tries = vec![0; state.retry.len()];
        let (name, input) = (self.frame.state.clone(), self.frame.input.clone());
        self.frame.entered = self.append(Entry::StateEntered { state_type: state.state_type, name, input });
        Ok(())
    }

    /// One try of the state that has been entered.
    pub(super) fn attempt(&mut self) -> Result<Step, Fault> {
        let state = self.state()?;
        let context = self.context(None);
        let input = self.selected_input(&context)?;
        match &state.body {
            Body::Pass { result } => {
                let result = match (state.language, result, &state.arguments) {
                    (Language::JsonPath, Some(result), _) => result.clone().into(),
                    (Language::JsonPath, None, Some(parameters)) => {
                        template::fill(parameters, &self.scope(&input, &context))?.into()
                    }
                    (Language::JsonPath, None, None) => input,
                    (Language::Jsonata, ..) => return self.leave_without_result(&context),
                };
                self.leave_with(result, &context)
            }
            Body::Succeed => match state.language {
                Language::JsonPath => {
                    let output = self.selected_output(&state.output_path, input, &context)?;
                    self.exit(output, None, None)
                }
                Language::Jsonata => self.leave_without_result(&context),
            },
            Body::Fail { error, cause } => {
                let error = self.failing(error, "Error", &context)?;
                let cause = self.failing(cause, "Cause", &context)?;
                Err(Fault::Failed { error, cause })
            }
            Body::Choice { rules, default } => {
                let scope = self.scope(&input, &context);
                let mut chosen = None;
                for (index, rule) in rules.iter().enumerate() {
                    let holds = match &rule.condition {
                        Condition::JsonPath(rule) => rule.holds(&scope)?,
                        Condition::Jsonata(condition) => {
                            let field = format!("Choices[{index}]/Condition");
                            jsonata::fill_as(condition, &field, Kind::Boolean, &scope)? == Value::Bool(true)
                        }
                    };
                    if holds {
                        chosen = Some(rule);
                        break;
                    }
                }
                let (next, assign, output) = match (chosen, default) {
                    (Some(rule), _) => (&rule.next, rule.assign.as_ref(), rule.output.as_ref()),
                    (None, Some(default)) => (default, state.assign.as_ref(), state.output.as_ref()),
                    (None, None) => return Err(Failure::new("States.NoChoiceMatched", NO_CHOICE).into()),
                };
                let assigned = self.assigned(assign, &scope, state.language)?;
                let output = match state.language {
                    Language::JsonPath => self.selected_output(&state.output_path, input, &context)?,
                    Language::Jsonata => match output {
                        Some(output) => jsonata::fill(output, "Output", &scope)?.into(),
                        None => input,
                    },
                };
                self.exit(output, assigned, Some(next.clone()))
            }
            Body::Wait(until) => {
                let at = self.moment(until, &input, &context)?;
                let step = self.wait(Phase::Waiting);
                let signal = self.signal(Event::Timer);
                self.commands.push(Command::At { at, signal });
                Ok(step)
            }
            Body::Task { .. } => self.task(&input),
            Body::Parallel { branches } => self.parallel(branches, &input, &context),
            Body::Map(map) => self.map(map, &input, &context),
        }
    }

    /// A `Wait` is over.
    pub(super) fn waited(&mut self) -> Result<Step, Fault> {
        let state = self.state()?;
        let context = self.context(None);
        match state.language {
            Language::Jsonata => self.leave_without_result(&context),
            Language::JsonPath => {
                let input = self.selected_input(&context)?;
                let assigned = self.assigned(state.assign.as_ref(), &self.scope(&input, &context), state.language)?;
                let output = self.selected_output(&state.output_path, input, &context)?;
                self.exit(output, assigned, state.next.clone())
            }
        }
    }

    /// The input after `InputPath`.
    pub(super) fn selected_input(&self, context: &Value) -> Result<Shared, Failure> {
        match &self.state()?.input_path {
            Selected::Default => Ok(self.frame.input.clone()),
            Selected::Nothing => Ok(json!({}).into()),
            Selected::Path(path) if path == "$" => Ok(self.frame.input.clone()),
            Selected::Path(path) => template::read(path, &self.scope(&self.frame.input, context)).map(Shared::from),
        }
    }

    fn failing(&self, text: &Failing, field: &str, context: &Value) -> Result<Option<String>, Failure> {
        let scope = self.scope(&self.frame.input, context);
        let value = match text {
            Failing::None => return Ok(None),
            Failing::Text(text) if self.state()?.language == Language::Jsonata => {
                jsonata::fill_as(text, field, Kind::String, &scope)?
            }
            Failing::Text(text) => text.clone(),
            Failing::Path(path) => template::evaluate(path, &format!("{field}Path"), &scope)?,
        };
        Ok(Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    fn moment(&self, until: &Until, input: &Value, context: &Value) -> Result<DateTime<Utc>, Fault> {
        let scope = self.scope(input, context);
        match until {
            Until::Seconds(value) => {
                let value = match self.state()?.language {
                    Language::JsonPath => value.clone(),
                    Language::Jsonata => jsonata::fill_as(value, "Seconds", Kind::Number, &scope)?,
                };
                match seconds(&value).and_then(|seconds| self.wake.now.checked_add_signed(seconds)) {
                    Some(at) => Ok(at),
                    None => {
                        let cause = format!("The Seconds field cannot be parsed as a long value: {value}");
                        let mut failure = Failure::new(error::QUERY_EVALUATION, cause);
                        failure.location = Some("Seconds".to_owned());
                        Err(Fault::after_entry(failure))
                    }
                }
            }
            Until::SecondsPath(path) => {
                let value = template::read(path, &scope)?;
                seconds(&value).and_then(|seconds| self.wake.now.checked_add_signed(seconds)).ok_or_else(|| {
                    let shown = shown(&value);
                    let cause =
                        format!("The SecondsPath parameter cannot be parsed as a long value: {path} == {shown}");
                    Failure::runtime(cause).into()
                })
            }
            Until::Timestamp(value) => {
                let value = match self.state()?.language {
                    Language::JsonPath => value.clone(),
                    Language::Jsonata => jsonata::fill_as(value, "Timestamp", Kind::String, &scope)?,
                };
                value.as_str().and_then(timestamp::parse).ok_or_else(|| {
                    let shown = shown(&value);
                    let cause = format!(
                        "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {shown}"
                    );
                    let mut failure = Failure::new(error::QUERY_EVALUATION, cause);
                    failure.location = Some("Timestamp".to_owned());
                    Fault::after_entry(failure)
                })
            }
            Until::TimestampPath(path) => {
                let value = template::read(path, &scope)?;
                value.as_str().and_then(timestamp::parse).ok_or_else(|| {
                    let shown = shown(&value);
                    let cause = format!(
                        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {path} == {shown}"
                    );
                    Failure::runtime(cause).into()
                })
            }
        }
    }
}

/// A value inside a cause: texts without quotes.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whole seconds within what a `Wait` may wait. `2.0` is whole too: an expression may have computed it.
fn seconds(value: &Value) -> Option<TimeDelta> {
    let whole = value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        (number.fract() == 0.0 && (0.0..=quota::WAIT_SECONDS_MAX as f64).contains(&number)).then_some(number as u64)
    })?;
    (whole <= quota::WAIT_SECONDS_MAX).then(|| i64::try_from(whole).ok().and_then(TimeDelta::try_seconds)).flatten()
}
