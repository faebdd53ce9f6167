//! `UpdateStateMachine`.

use super::find::{self, check_arn};
use super::settings::{
    self, DESCRIPTION_CHARS_MAX, Encryption, Logging, ROLE_CHARS_MAX, Settings, Tracing, check_definition,
    check_description, check_role,
};
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use octavo_domain_workflow::catalogue::{MachineUpdate, MachineUpdated, NewRevision, NewVersion};
use octavo_domain_workflow::definition::DEFINITION_BYTES_MAX;
use octavo_domain_workflow::engine::RevisionId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How often a change is tried over one that came in between.
pub(crate) const ATTEMPTS_MAX: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateInput {
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
    logging_configuration: Option<Logging>,
    tracing_configuration: Option<Tracing>,
    encryption_configuration: Option<Encryption>,
}

impl Input for UpdateInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineArn", &self.state_machine_arn);
        checks.length_if("definition", self.definition.as_ref(), 1..=DEFINITION_BYTES_MAX);
        checks.length_if("roleArn", self.role_arn.as_ref(), 1..=ROLE_CHARS_MAX);
        checks.length_if("versionDescription", self.version_description.as_ref(), 0..=DESCRIPTION_CHARS_MAX);
        settings::check(checks, self.logging_configuration.as_ref(), self.encryption_configuration.as_ref());
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateOutput {
    update_date: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
}

/// Gives a state machine a new revision, unless that would be the same as its current one. Executions that run keep theirs.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: UpdateInput) -> Result<Reply<UpdateOutput>, Fault> {
    let arn = &input.state_machine_arn;
    find::must_be_machine(arn)?;
    call.caller.must_be_operator("UpdateStateMachine", arn)?;
    check_description(input.publish, input.version_description.as_ref())?;
    let settings = Settings {
        logging: input.logging_configuration,
        tracing: input.tracing_configuration,
        encryption: input.encryption_configuration,
    };
    if input.definition.is_none() && input.role_arn.is_none() && settings == Settings::default() {
        let text = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be \
                    specified";
        return Err(Fault::new(Name::MissingRequiredParameter, text));
    }
    if let Some(role) = &input.role_arn {
        check_role(role)?;
    }
    for _ in 0..ATTEMPTS_MAX {
        let machine = find::machine_to_change(&deps, &call.caller, arn).await?;
        if let Some(definition) = &input.definition {
            check_definition(definition, machine.express)?;
        }
        let configuration = settings.over(&machine.configuration)?;
        let definition = input.definition.as_ref().unwrap_or(&machine.definition);
        let role_arn = input.role_arn.as_ref().unwrap_or(&machine.role_arn);
        let is_new = *definition != machine.definition
            || *role_arn != machine.role_arn
            || configuration != machine.configuration;
        let revision = is_new.then(|| NewRevision {
            id: RevisionId(deps.ids.next()),
            definition: definition.clone(),
            role_arn: role_arn.clone(),
            configuration,
        });
        let revision_id = match &revision {
            Some(revision) => Some(revision.id),
            None => (!machine.initial).then_some(machine.revision),
        };
        let update = MachineUpdate {
            arn: arn.clone(),
            expected: machine.revision,
            revision,
            publish: input.publish.then(|| NewVersion { description: input.version_description.clone() }),
            at: deps.clock.now(),
        };
        match deps.catalogue.machine_update(call.caller.tenant(), &update).await? {
            MachineUpdated::Done(version) => {
                deps.memory.forget(call.caller.tenant());
                let output = UpdateOutput {
                    update_date: update.at.into(),
                    revision_id: revision_id.map(|revision| revision.0.to_string()),
                    state_machine_version_arn: version.map(|version| version.arn),
                };
                return Ok(output.into());
            }
            MachineUpdated::Stale => {}
            MachineUpdated::TooManyVersions => return Err(Fault::too_many_versions()),
        }
    }
    Err(Fault::contended(arn))
}
