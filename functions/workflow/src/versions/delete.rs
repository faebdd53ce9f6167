//! `DeleteStateMachineVersion`.

use crate::Deps;
use crate::machines::find;
use crate::protocol::{Call, Checks, Fault, Input, Name, Nothing, Reply};
use octavo_domain_workflow::arn::{ARN_BYTES_MAX, Resource};
use octavo_domain_workflow::catalogue::VersionDeleted;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteInput {
    state_machine_version_arn: String,
}

impl Input for DeleteInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("stateMachineVersionArn", &self.state_machine_version_arn, 1..=ARN_BYTES_MAX);
    }
}

/// Deletes a version that no alias names. Executions that run it go on; one that is not there is no error.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DeleteInput) -> Result<Reply<Nothing>, Fault> {
    let arn = &input.state_machine_version_arn;
    let parsed = find::parse(arn)?;
    let (Resource::Version { number, .. }, Some(machine_arn)) = (parsed.resource, parsed.machine_arn()) else {
        return Err(Fault::validation(format!("The ARN of a state machine version is needed. Received: '{arn}'")));
    };
    call.caller.must_be_operator("DeleteStateMachineVersion", arn)?;
    match deps.catalogue.version_delete(call.caller.tenant(), machine_arn, number).await? {
        VersionDeleted::Done => {
            deps.memory.forget(call.caller.tenant());
            Ok(Nothing {}.into())
        }
        VersionDeleted::Used(aliases) => {
            let text = format!(
                "Version to be deleted must not be referenced by an alias. \
                 Current list of aliases referencing this version: [{}]",
                aliases.join(", ")
            );
            Err(Fault::new(Name::ConflictException, text))
        }
    }
}
