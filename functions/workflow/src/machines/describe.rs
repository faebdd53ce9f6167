//! `DescribeStateMachine`.

use super::find::{self, check_arn};
use crate::Deps;
use crate::executions::included::{INCLUDED_DATA, metadata_only};
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::catalogue::{Machine, MachineStatus};
use octavo_domain_workflow::definition::variable_references;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeInput {
    state_machine_arn: String,
    included_data: Option<String>,
}

impl Input for DescribeInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineArn", &self.state_machine_arn);
        checks.one_of_if("includedData", self.included_data.as_ref(), INCLUDED_DATA);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeOutput {
    state_machine_arn: String,
    name: String,
    status: &'static str,
    definition: Option<String>,
    role_arn: String,
    #[serde(rename = "type")]
    kind: &'static str,
    creation_date: Moment,
    /// `loggingConfiguration` and the like, as they were set.
    #[serde(flatten)]
    configuration: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variable_references: BTreeMap<String, Vec<String>>,
}

/// Shows a state machine as it is now or as a version of it was. An alias shows the machine as its first version has it.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DescribeInput) -> Result<Reply<DescribeOutput>, Fault> {
    let (arn, tenant) = (&input.state_machine_arn, call.caller.tenant());
    let parsed = Arn::parse(arn)?;
    let machine_arn = parsed.machine_arn().unwrap_or(arn);
    let mut number = None;
    let mut label = None;
    match parsed.resource {
        Resource::Machine { .. } => {}
        Resource::MapMachine { label: of, .. } => label = Some(of.to_owned()),
        Resource::Version { number: of, .. } => number = Some(of),
        Resource::Alias { alias, .. } => {
            let alias = deps.aliases.alias_get(tenant, machine_arn, alias).await?;
            let alias = alias.ok_or_else(|| Fault::no_machine(arn))?;
            number = alias.routes.first().map(|route| route.version);
        }
        _ => return Err(InvalidArn::wrong_type(&parsed).into()),
    }
    let mut shown = match number {
        None => describe(find::machine(&deps, &call.caller, machine_arn).await?),
        Some(number) => {
            let found = deps.catalogue.version_get(tenant, machine_arn, number).await?;
            let (version, machine) = found.ok_or_else(|| Fault::no_machine(arn))?;
            let mut shown = describe(machine);
            (shown.description, shown.creation_date) = (version.description, version.created_at.into());
            shown
        }
    };
    (shown.state_machine_arn, shown.label) = (arn.clone(), label);
    if metadata_only(input.included_data.as_ref()) {
        shown.definition = None;
    } else {
        shown.variable_references = shown.definition.as_deref().map(variable_references).unwrap_or_default();
    }
    Ok(shown.into())
}

fn describe(machine: Machine) -> DescribeOutput {
    DescribeOutput {
        state_machine_arn: machine.arn,
        name: machine.name,
        status: match machine.status {
            MachineStatus::Active => "ACTIVE",
            MachineStatus::Deleting => "DELETING",
        },
        definition: Some(machine.definition),
        role_arn: machine.role_arn,
        kind: if machine.express { "EXPRESS" } else { "STANDARD" },
        creation_date: machine.created_at.into(),
        configuration: machine.configuration,
        label: None,
        revision_id: (!machine.initial).then(|| machine.revision.0.to_string()),
        description: None,
        variable_references: BTreeMap::new(),
    }
}
