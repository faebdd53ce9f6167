//! A state machine for whoever asks for it.

use crate::Deps;
use crate::caller::Caller;
use crate::protocol::{Checks, Fault};
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::catalogue::{Machine, MachineStatus};

/// The longest ARN of a state machine, a version, an alias or an activity, in characters: the service's own.
pub(crate) const ARN_CHARS_MAX: usize = 256;

/// Checks the length of an ARN.
pub(crate) fn check_arn(checks: &mut Checks, member: &str, arn: &str) {
    checks.length(member, arn, 1..=ARN_CHARS_MAX);
}

/// What `arn` names, of a state machine: the machine itself, a version or an alias.
///
/// # Errors
///
/// `InvalidArn` for something else; `ValidationException` for a map state, which no operation of state machines takes.
pub(crate) fn parse(arn: &str) -> Result<Arn<'_>, Fault> {
    let parsed = Arn::parse(arn)?;
    match parsed.resource {
        Resource::Machine { .. } | Resource::Version { .. } | Resource::Alias { .. } => Ok(parsed),
        Resource::MapMachine { .. } => {
            let text = format!("The ARN of a map state cannot be used here: '{arn}'");
            Err(Fault::validation(text).because("API_DOES_NOT_SUPPORT_LABELED_ARNS"))
        }
        _ => Err(InvalidArn::wrong_type(&parsed).into()),
    }
}

/// Refuses all but a state machine's own name.
///
/// # Errors
///
/// As [`parse`], and `ValidationException` for the name of a version or an alias.
pub(crate) fn must_be_machine(arn: &str) -> Result<(), Fault> {
    match parse(arn)?.resource {
        Resource::Machine { .. } => Ok(()),
        _ => Err(Fault::validation(format!(
            "The ARN of a version or an alias cannot be used here, only that of a state machine: '{arn}'"
        ))),
    }
}

/// The state machine with this name, also while it is being deleted.
///
/// # Errors
///
/// `StateMachineDoesNotExist`.
pub(crate) async fn machine(deps: &Deps, caller: &Caller, arn: &str) -> Result<Machine, Fault> {
    deps.catalogue.machine_get(caller.tenant(), arn).await?.ok_or_else(|| Fault::no_machine(arn))
}

/// The state machine with this name, to be changed.
///
/// # Errors
///
/// `StateMachineDoesNotExist`, `StateMachineDeleting`.
pub(crate) async fn machine_to_change(deps: &Deps, caller: &Caller, arn: &str) -> Result<Machine, Fault> {
    let machine = machine(deps, caller, arn).await?;
    match machine.status {
        MachineStatus::Active => Ok(machine),
        MachineStatus::Deleting => Err(Fault::machine_deleting(arn)),
    }
}
