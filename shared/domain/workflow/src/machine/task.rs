//! Tasks: handing one out, and what is told of it.

use super::{
    advance::{Step, Turn},
    fault::{Fault, TIMEOUT},
    quota,
    types::{Command, Event, Order, Phase},
};
use crate::{
    definition::{Body, Language},
    history::{Entry, TaskService},
    jsonata::{self, Kind},
    template,
};
use serde_json::Value;

impl Turn<'_> {
    pub(super) fn task(&mut self, input: &Value) -> Result<Step, Fault> {
        let state = self.state()?;
        let Body::Task { resource, timeout, heartbeat, credentials } = &state.body else { return Ok(Step::Wait) };
        let token = (self.wake.token)();
        let context = self.context(Some(&token));
        let scope = self.scope(input, &context);
        let parameters = match (&state.arguments, state.language) {
            (None, _) => input.clone(),
            (Some(arguments), Language::JsonPath) => template::fill(arguments, &scope)?,
            (Some(arguments), Language::Jsonata) => jsonata::fill(arguments, "Arguments", &scope)?,
        };
        quota::payload(&self.frame.state, &parameters)?;
        let credentials = match (credentials, state.language) {
            (None, _) => None,
            (Some(credentials), Language::JsonPath) => Some(template::fill(credentials, &scope)?),
            (Some(credentials), Language::Jsonata) => {
                Some(jsonata::fill_as(credentials, "Credentials", Kind::Object, &scope)?)
            }
        };
        let timeout_seconds = self.whole(timeout, "TimeoutSeconds", &scope)?;
        let heartbeat_seconds = self.whole(heartbeat, "HeartbeatSeconds", &scope)?;
        let region = self.execution.machine_arn.split(':').nth(3).unwrap_or_default().to_owned();
        self.append(Entry::TaskScheduled {
            service: TaskService::of(resource),
            region,
            parameters: parameters.clone(),
            timeout_seconds,
            heartbeat_seconds,
            credentials: credentials.clone(),
        });
        let resource = resource.clone();
        let order = Order {
            resource,
            parameters,
            credentials,
            timeout_seconds,
            heartbeat_seconds,
            token,
            started: false,
            submitted: false,
        };
        self.wait(Phase::Task(order.clone()));
        self.commands.push(Command::Schedule { frame: self.frame.id, turn: self.frame.turn, order });
        Ok(Step::Wait)
    }

    pub(super) fn task_event(&mut self, order: Order, event: Event) -> Step {
        let service = TaskService::of(&order.resource);
        match event {
            Event::TaskStarted { worker } => {
                if !order.started {
                    self.append(Entry::TaskStarted { service, worker });
                }
                self.frame.phase = Phase::Task(Order { started: true, ..order });
                Step::Wait
            }
            Event::TaskSubmitted { output } => {
                self.append(Entry::TaskSubmitted { service, output });
                self.frame.phase = Phase::Task(Order { submitted: true, ..order });
                Step::Wait
            }
            Event::TaskSucceeded { output } => {
                let name = match &service {
                    TaskService::Integration { service, .. } => service,
                    TaskService::Function { resource } | TaskService::Activity { resource } => resource,
                };
                if let Err(failure) = quota::payload(name, &output) {
                    let (error, cause) = (Some(failure.error), Some(failure.cause));
                    self.append(Entry::TaskFailed { service, error: error.clone(), cause: cause.clone() });
                    return self.fault(Fault::Failed { error, cause });
                }
                self.append(Entry::TaskSucceeded { service, output: output.clone() });
                let context = self.context(Some(&order.token));
                match self.leave_with_result(output, &context) {
                    Ok(step) => step,
                    Err(fault) => self.fault(fault),
                }
            }
            Event::TaskFailed { error, cause } => {
                self.append(Entry::TaskFailed { service, error: error.clone(), cause: cause.clone() });
                self.fault(Fault::Failed { error, cause })
            }
            Event::TaskTimedOut { heartbeat } => {
                // Recorded: the history says the same of both.
                let told = Some(TIMEOUT.to_owned());
                self.append(Entry::TaskTimedOut { service, error: told, cause: None });
                let error = Some(TIMEOUT.to_owned());
                self.fault(if heartbeat { Fault::Heartbeat } else { Fault::Failed { error, cause: None } })
            }
            _ => {
                self.frame.phase = Phase::Task(order);
                Step::Wait
            }
        }
    }
}
