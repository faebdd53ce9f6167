//! `PublishStateMachineVersion`.

use crate::Deps;
use crate::machines::find::{self, check_arn};
use crate::machines::settings::DESCRIPTION_CHARS_MAX;
use crate::machines::update::ATTEMPTS_MAX;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use octavo_domain_workflow::catalogue::{Machine, Publish, Published};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the revision is called that a state machine was created with.
const INITIAL: &str = "INITIAL";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishInput {
    state_machine_arn: String,
    revision_id: Option<String>,
    description: Option<String>,
}

impl Input for PublishInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineArn", &self.state_machine_arn);
        checks.length_if("description", self.description.as_ref(), 0..=DESCRIPTION_CHARS_MAX);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishOutput {
    creation_date: Moment,
    state_machine_version_arn: String,
}

/// Gives the current revision of a state machine a number. One that has a number keeps it.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: PublishInput) -> Result<Reply<PublishOutput>, Fault> {
    let arn = &input.state_machine_arn;
    find::must_be_machine(arn)?;
    call.caller.must_be_operator("PublishStateMachineVersion", arn)?;
    for _ in 0..ATTEMPTS_MAX {
        let machine = find::machine_to_change(&deps, &call.caller, arn).await?;
        let current = revision_name(&machine);
        if let Some(wanted) = input.revision_id.as_ref().filter(|wanted| **wanted != current) {
            let text = format!(
                "Failed to publish the State Machine version for revision {wanted}. \
                 The current State Machine revision is {current}."
            );
            return Err(Fault::new(Name::ConflictException, text));
        }
        let publish = Publish {
            machine_arn: arn.clone(),
            expected: machine.revision,
            description: input.description.clone(),
            at: deps.clock.now(),
        };
        match deps.catalogue.version_publish(call.caller.tenant(), &publish).await? {
            Published::Done(version) => {
                let output =
                    PublishOutput { creation_date: version.created_at.into(), state_machine_version_arn: version.arn };
                return Ok(output.into());
            }
            Published::Stale => {}
            Published::TooMany => return Err(Fault::too_many_versions()),
        }
    }
    Err(Fault::contended(arn))
}

fn revision_name(machine: &Machine) -> String {
    if machine.initial { INITIAL.to_owned() } else { machine.revision.0.to_string() }
}
