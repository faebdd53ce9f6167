//! The state at work.

use super::inspect::inspect;
use super::request::{Asked, Inspection, TestFault, TestRequest, read};
use crate::definition::StateType;
use crate::history::Entry;
use crate::machine::{
    advance::{FIRST_FRAME, Step, Turn},
    fault::{Fault, Handled},
    fork::{THRESHOLD, THRESHOLD_CAUSE},
    types::{Command, Event, Execution, Frame, Order, Phase, Wake},
};
use crate::retry;
use crate::shared::Shared;
use crate::timestamp::written;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::cell::Cell;

/// What came of a test.
pub enum Tested {
    /// The answer, as the API writes it.
    Done(Value),
    /// A task is to be done first.
    Call(Box<Pending>),
}

/// A test that waits for its task.
pub struct Pending {
    trial: Trial,
    order: Order,
}

/// Where and when a test is.
#[derive(Debug, Clone)]
pub struct Place {
    /// `arn:...:stateMachine:NAME` of a machine that need not exist.
    pub machine_arn: String,
    /// The moment.
    pub now: DateTime<Utc>,
    /// Chance: every number as likely as any other.
    pub seed: u64,
    /// The token that a task sees.
    pub token: String,
}

/// Tests a state.
pub fn begin(request: TestRequest, place: &Place) -> Result<Tested, TestFault> {
    let asked = read(request)?;
    let mut trial = Trial::new(asked, place);
    let outcome = trial.enter();
    match (&outcome, &trial.frame.phase, &trial.asked.mock) {
        (None, Phase::Task(order), None) => {
            let order = order.clone();
            Ok(Tested::Call(Box::new(Pending { trial, order })))
        }
        (None, _, Some(_)) => {
            let (outcome, result) = trial.mocked();
            Ok(Tested::Done(trial.answer(outcome, result.as_ref(), None)))
        }
        _ => Ok(Tested::Done(trial.answer(outcome, None, None))),
    }
}

impl Pending {
    /// The task.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The answer, after the task's last event. `exchange` is the task's HTTP request and response, which
    /// [`Inspection::Trace`] shows.
    pub fn answered(mut self, event: Event, exchange: Option<(Value, Value)>) -> Value {
        let result = match &event {
            Event::TaskSucceeded { output } => Some(output.clone()),
            _ => None,
        };
        let outcome = self.trial.tell(event);
        self.trial.answer(outcome, result.as_ref(), exchange)
    }
}

pub(super) struct Trial {
    pub(super) asked: Asked,
    pub(super) execution: Execution,
    /// The frame as it entered the state.
    pub(super) entered: Frame,
    pub(super) frame: Frame,
    pub(super) context: Value,
    pub(super) now: DateTime<Utc>,
    pub(super) seed: u64,
    token: String,
}

/// How the state's work ended.
struct Outcome {
    /// What it left with, and where to.
    left: Option<(Shared, Option<String>)>,
    handled: Option<Handled>,
    retries: bool,
}

impl Trial {
    fn new(asked: Asked, place: &Place) -> Self {
        let (now, machine_arn) = (place.now, place.machine_arn.clone());
        let machine_name = machine_arn.rsplit(':').next().unwrap_or_default().to_owned();
        let mut random = [0; 16];
        let drawn = Cell::new(place.seed);
        random[..8].copy_from_slice(&draw(&drawn).to_be_bytes());
        random[8..].copy_from_slice(&draw(&drawn).to_be_bytes());
        let name = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        let execution = Execution {
            arn: format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":express:", 1)),
            name,
            machine_arn,
            machine_name,
            role_arn: asked.role_arn.clone().unwrap_or_default(),
            input: asked.input.clone(),
            started_at: now,
            redrive_count: 0,
            express: true,
            // Its start is told already: the state is entered by the second event.
            events: 1,
            frames: FIRST_FRAME,
            mocked: None,
        };
        let mut frame = Frame::first(asked.scope, &asked.name, asked.input.clone(), now);
        frame.variables = asked.variables.clone();
        let (entered, token) = (frame.clone(), place.token.clone());
        let mut trial = Self { asked, execution, entered, frame, context: Value::Null, now, seed: place.seed, token };
        trial.context = trial.asked.context.clone().unwrap_or_else(|| trial.usual_context());
        trial
    }

    /// The context object where none is given: of an execution of a machine that has this state only.
    fn usual_context(&self) -> Value {
        let (execution, count) = (&self.execution, self.asked.configuration.retrier_retry_count.unwrap_or(0));
        let mut state = Map::new();
        state.insert("EnteredTime".to_owned(), json!(written(self.now)));
        state.insert("Name".to_owned(), json!(self.asked.name));
        let found = self.asked.definition.state(self.asked.scope, &self.asked.name);
        let kind = found.map(|state| state.state_type);
        if matches!(kind, Some(StateType::Task | StateType::Map | StateType::Parallel)) {
            state.insert("RetryCount".to_owned(), json!(count));
        }
        let mut context = json!({
            "Execution": {
                "Id": execution.arn,
                "Input": execution.input,
                "Name": execution.name,
                "RoleArn": execution.role_arn,
                "StartTime": written(self.now),
            },
            "State": state,
            "StateMachine": { "Id": execution.machine_arn, "Name": execution.machine_name },
        });
        let resource = match found.map(|state| &state.body) {
            Some(crate::definition::Body::Task { resource, .. }) => resource.as_str(),
            _ => "",
        };
        if resource.ends_with(".waitForTaskToken") {
            context["Task"] = json!({ "Token": self.token });
        }
        context
    }

    /// The state is entered, and does all that needs nobody else.
    fn enter(&mut self) -> Option<Outcome> {
        let count = self.asked.configuration.retrier_retry_count.unwrap_or(0);
        if let Some(failed) = self.work(|turn| turn.arrive().map(|()| Step::Wait)) {
            return Some(failed);
        }
        self.frame.tries.fill(count);
        self.entered = self.frame.clone();
        self.work(|turn| match turn.attempt() {
            // A wait is over at once.
            Ok(Step::Wait) if turn.frame.phase == Phase::Waiting => turn.waited(),
            other => other,
        })
    }

    /// Tells the task's answer.
    fn tell(&mut self, event: Event) -> Option<Outcome> {
        let Phase::Task(order) = self.frame.phase.clone() else { return None };
        self.work(|turn| Ok(turn.task_event(order, event)))
    }

    /// The mock is what the work comes to. The result is none if the work failed.
    fn mocked(&mut self) -> (Option<Outcome>, Option<Value>) {
        let configuration = self.asked.configuration.clone();
        match self.asked.mock.clone() {
            None => (None, None),
            Some(Err(mock)) => {
                let children = !matches!(self.frame.phase, Phase::Task(_));
                let (error, cause) = (mock.error, mock.cause);
                let fault = if children { Fault::Children { error, cause } } else { Fault::Failed { error, cause } };
                (self.work(|_| Err(fault)), None)
            }
            Some(Ok(output)) if matches!(self.frame.phase, Phase::Task(_)) => {
                let outcome = self.tell(Event::TaskSucceeded { output: output.clone() });
                (outcome, Some(output))
            }
            Some(Ok(_)) if self.exceeds(configuration.map_iteration_failure_count) => {
                let (error, cause) = (Some(THRESHOLD.to_owned()), Some(THRESHOLD_CAUSE.to_owned()));
                (self.work(|_| Err(Fault::Children { error, cause })), None)
            }
            Some(Ok(result)) => {
                let answered = result.clone();
                let outcome = self.work(|turn| {
                    let context = turn.context(None);
                    turn.leave_with_result(answered, &context)
                });
                (outcome, Some(result))
            }
        }
    }

    /// Whether so many failed iterations are more than the `Map` says that it tolerates. One that says nothing is not
    /// judged, as recorded.
    fn exceeds(&self, failed: Option<u64>) -> bool {
        let Some(failed) = failed.filter(|failed| *failed > 0) else { return false };
        let (run, items) = match &self.frame.phase {
            Phase::Joining(join) => (join.run.as_ref(), join.outputs.len()),
            Phase::Reading { run, .. } => (Some(run), super::inspect::read_items(&self.asked).map_or(0, |i| i.len())),
            _ => (None, 0),
        };
        let Some(run) = run else { return false };
        let share = failed as f64 * 100.0;
        run.tolerated_count.is_some_and(|most| failed > most)
            || run.tolerated_percentage.is_some_and(|most| share > most * items as f64)
    }

    /// Does a part of the work; none where the state then waits.
    fn work(&mut self, work: impl FnOnce(&mut Turn<'_>) -> Result<Step, Fault>) -> Option<Outcome> {
        let drawn = Cell::new(self.seed);
        let (chance, token) = (|| draw(&drawn), || self.token.clone());
        let wake = Wake { now: self.now, chance: &chance, token: &token, child_state: &|_| None };
        let mut turn = Turn {
            definition: &self.asked.definition,
            execution: &mut self.execution,
            frame: &mut self.frame,
            wake: &wake,
            commands: Vec::new(),
            halted: None,
            given: Some(&self.context),
            handled: None,
        };
        let step = match work(&mut turn) {
            Ok(step) => step,
            Err(fault) => turn.fault(fault),
        };
        let (commands, handled) = (turn.commands, turn.handled);
        let next = matches!(step, Step::Enter).then(|| self.frame.state.clone());
        let left = commands.into_iter().find_map(|command| match command {
            Command::Append(record) => match record.entry {
                Entry::StateExited { output, .. } => Some((output, next.clone())),
                _ => None,
            },
            _ => None,
        });
        let retries = self.frame.phase == Phase::Backoff;
        (left.is_some() || handled.is_some()).then_some(Outcome { left, handled, retries })
    }

    fn answer(self, outcome: Option<Outcome>, result: Option<&Value>, exchange: Option<(Value, Value)>) -> Value {
        let mut answer = Map::new();
        let mut details = Map::new();
        let mut put = |name: &str, value: Value| drop(answer.insert(name.to_owned(), value));
        let outcome = outcome.unwrap_or(Outcome { left: None, handled: None, retries: false });
        let status = match (&outcome.handled, &outcome.left) {
            (None, _) => "SUCCEEDED",
            (Some(_), Some(_)) => "CAUGHT_ERROR",
            (Some(_), None) if outcome.retries => "RETRIABLE",
            (Some(_), None) => "FAILED",
        };
        put("status", json!(status));
        if let Some((output, next)) = &outcome.left {
            put("output", json!(output.to_string()));
            if let Some(next) = next {
                put("nextState", json!(next));
            }
        }
        if let Some(handled) = &outcome.handled {
            if let Some(error) = &handled.error {
                put("error", json!(error));
            }
            if let Some(cause) = &handled.cause {
                put("cause", json!(cause));
            }
            if let Some(index) = handled.retrier {
                details.insert("retryIndex".to_owned(), json!(index));
                if let (true, Some(seconds)) = (outcome.retries, self.backoff_seconds(index)) {
                    details.insert("retryBackoffIntervalSeconds".to_owned(), json!(seconds));
                }
            }
            if let Some(index) = handled.catcher {
                details.insert("catchIndex".to_owned(), json!(index));
            }
        }
        if self.asked.inspection != Inspection::Info {
            let mut data = inspect(&self, result);
            if !details.is_empty() {
                data.insert("errorDetails".to_owned(), Value::Object(details));
            }
            if let (Inspection::Trace, Some((request, response))) = (self.asked.inspection, exchange) {
                data.insert("request".to_owned(), request);
                data.insert("response".to_owned(), response);
            }
            if !self.frame.variables.is_empty() {
                data.insert("variables".to_owned(), json!(Value::Object(self.frame.variables).to_string()));
            }
            put("inspectionData", Value::Object(data));
        }
        Value::Object(answer)
    }

    /// How long the next try of this retrier waits: without jitter, the longest that it may be.
    fn backoff_seconds(&self, retrier: usize) -> Option<u64> {
        let state = self.asked.definition.state(self.asked.scope, &self.asked.name)?;
        let used = *self.frame.tries.get(retrier)?;
        Some(retry::delay(state.retry.get(retrier)?, used, 1.0).as_secs())
    }
}

/// SplitMix64: the same numbers for the same seed.
pub(super) fn draw(state: &Cell<u64>) -> u64 {
    state.set(state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
    let mut mixed = state.get();
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
