//! `CreateStateMachine`.

use super::settings::{
    self, DESCRIPTION_CHARS_MAX, Encryption, Logging, ROLE_CHARS_MAX, Settings, TYPES, Tracing, check_definition,
    check_description, check_role,
};
use crate::Deps;
use crate::executions::name;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Name, Reply};
use crate::tags::given::{self, Tag};
use octavo_domain_workflow::catalogue::{
    Machine, MachineCreated, MachineStatus, NewMachine, NewRevision, NewVersion, Version,
};
use octavo_domain_workflow::definition::DEFINITION_BYTES_MAX;
use octavo_domain_workflow::engine::RevisionId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateInput {
    name: String,
    definition: String,
    role_arn: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
    logging_configuration: Option<Logging>,
    tracing_configuration: Option<Tracing>,
    encryption_configuration: Option<Encryption>,
}

impl Input for CreateInput {
    fn check(&self, checks: &mut Checks) {
        name::check_length(checks, Some(&self.name));
        checks.length("definition", &self.definition, 1..=DEFINITION_BYTES_MAX);
        checks.length("roleArn", &self.role_arn, 1..=ROLE_CHARS_MAX);
        checks.one_of_if("type", self.kind.as_ref(), TYPES);
        checks.length_if("versionDescription", self.version_description.as_ref(), 0..=DESCRIPTION_CHARS_MAX);
        given::check(checks, &self.tags);
        settings::check(checks, self.logging_configuration.as_ref(), self.encryption_configuration.as_ref());
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateOutput {
    state_machine_arn: String,
    creation_date: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
}

/// Makes a state machine. The same again answers the one that is there; its role and tags stay as they were.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: CreateInput) -> Result<Reply<CreateOutput>, Fault> {
    name::check(&input.name)?;
    let arn = call.caller.arns.machine(&input.name);
    call.caller.must_be_operator("CreateStateMachine", &arn)?;
    check_role(&input.role_arn)?;
    check_description(input.publish, input.version_description.as_ref())?;
    let settings = Settings {
        logging: input.logging_configuration,
        tracing: input.tracing_configuration,
        encryption: input.encryption_configuration,
    };
    let configuration = settings.over(&settings::default_shown())?;
    let express = input.kind.as_deref() == Some("EXPRESS");
    check_definition(&input.definition, express)?;
    let new = NewMachine {
        name: input.name,
        express,
        revision: NewRevision {
            id: RevisionId(deps.ids.next()),
            definition: input.definition,
            role_arn: input.role_arn,
            configuration,
        },
        publish: input.publish.then_some(NewVersion { description: input.version_description }),
        tags: given::all(input.tags)?,
        by: call.caller.user().clone(),
        at: deps.clock.now(),
        arn,
    };
    let (created_at, version) = match deps.catalogue.machine_create(call.caller.tenant(), &new).await? {
        MachineCreated::New(version) => (new.at, version),
        MachineCreated::Exists(machine, version) => {
            if machine.status == MachineStatus::Deleting {
                return Err(Fault::machine_deleting(&new.arn));
            }
            if !is_the_same(&new, &machine, version.as_ref()) {
                let text = format!("State Machine Already Exists: '{}'", new.arn);
                return Err(Fault::new(Name::StateMachineAlreadyExists, text));
            }
            (machine.created_at, version.filter(|_| new.publish.is_some()))
        }
        MachineCreated::TooMany => {
            let text = "The maximum number of state machines has been reached";
            return Err(Fault::new(Name::StateMachineLimitExceeded, text));
        }
    };
    let output = CreateOutput {
        state_machine_arn: new.arn,
        creation_date: created_at.into(),
        state_machine_version_arn: version.map(|version| version.arn),
    };
    Ok(output.into())
}

/// Whether the same was asked for before, character by character. Role and tags are not looked at.
fn is_the_same(new: &NewMachine, machine: &Machine, version: Option<&Version>) -> bool {
    let published = match &new.publish {
        Some(publish) => version.is_some_and(|version| version.description == publish.description),
        None => true,
    };
    published
        && machine.definition == new.revision.definition
        && machine.express == new.express
        && machine.configuration == new.revision.configuration
}
