//! `StartExecution`.

use super::begin::{Start, StartError, start};
use super::included::INCLUDED_DATA;
use super::shell::written;
use super::{input, name};
use crate::Deps;
use crate::caller::Caller;
use crate::machines::find::machine_to_change;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use octavo_domain_kernel::PortError;
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest `traceHeader`, in characters: the service's own.
const TRACE_HEADER_CHARS_MAX: usize = 256;
/// The longest ARN of a state machine, in characters: the service's own.
const MACHINE_ARN_CHARS_MAX: usize = 256;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartInput {
    pub(super) state_machine_arn: String,
    pub(super) name: Option<String>,
    pub(super) input: Option<String>,
    pub(super) trace_header: Option<String>,
    /// Of `StartSyncExecution` only.
    pub(super) included_data: Option<String>,
}

impl Input for StartInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("stateMachineArn", &self.state_machine_arn, 1..=MACHINE_ARN_CHARS_MAX);
        name::check_length(checks, self.name.as_ref());
        checks.length_if("traceHeader", self.trace_header.as_ref(), 0..=TRACE_HEADER_CHARS_MAX);
        checks.one_of_if("includedData", self.included_data.as_ref(), INCLUDED_DATA);
        if let Some(header) = self.trace_header.as_ref().filter(|header| !header.is_ascii()) {
            checks.fail("traceHeader", header, r"Member must satisfy regular expression pattern: \p{ASCII}*");
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartOutput {
    execution_arn: String,
    start_date: Moment,
}

/// Begins an execution. Whoever has a token of the tenant may.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: StartInput) -> Result<Reply<StartOutput>, Fault> {
    let machine_arn = input.state_machine_arn.clone();
    let started = match start(&deps, call.caller.tenant(), input.start(&call)?).await {
        Ok(started) => started,
        Err(error) => return Err(refused(&deps, &call.caller, error, &machine_arn).await),
    };
    let output = StartOutput { execution_arn: started.arn, start_date: started.at.into() };
    Ok(Reply { output, written: written(&deps).await })
}

impl StartInput {
    /// What is to begin, if it may.
    pub(super) fn start<'a>(&'a self, call: &'a Call) -> Result<Start<'a>, Fault> {
        let arn = Arn::parse(&self.state_machine_arn)?;
        match arn.resource {
            Resource::Machine { .. } | Resource::Version { .. } | Resource::Alias { .. } => {}
            Resource::MapMachine { .. } => {
                return Err(Fault::validation(format!(
                    "A Distributed Map state cannot be started by itself: {}",
                    arn.text
                )));
            }
            _ => return Err(InvalidArn::wrong_type(&arn).into()),
        }
        if let Some(name) = &self.name {
            name::check(name)?;
        }
        Ok(Start {
            machine_arn: &self.state_machine_arn,
            name: self.name.clone(),
            input: input::execution_input(self.input.as_deref())?,
            trace_header: self.trace_header.clone(),
            by: call.caller.user(),
        })
    }
}

/// Why nothing began, for the client.
pub(super) async fn refused(deps: &Deps, caller: &Caller, error: StartError, machine_arn: &str) -> Fault {
    match error {
        StartError::NoMachine => no_machine(deps, caller, machine_arn).await,
        StartError::Exists(arn) => {
            Fault::new(Name::ExecutionAlreadyExists, format!("Execution Already Exists: '{arn}'"))
        }
        StartError::WrongType => Fault::new(
            Name::StateMachineTypeNotSupported,
            "This operation is not supported by this type of state machine",
        ),
        StartError::Definition(error) => PortError::corrupt(error).into(),
        StartError::Port(error) => error.into(),
    }
}

/// There is nothing of this name, or its state machine is being deleted. Asked only here: a start looks for what can be
/// started.
async fn no_machine(deps: &Deps, caller: &Caller, arn: &str) -> Fault {
    let machine_arn = Arn::parse(arn).ok().and_then(|arn| arn.machine_arn()).unwrap_or(arn);
    match machine_to_change(deps, caller, machine_arn).await {
        Err(fault) if fault.name == Name::StateMachineDeleting => fault,
        _ => Fault::no_machine(arn),
    }
}
