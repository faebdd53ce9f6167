//! `UpdateStateMachineAlias`.

use super::routing::{self, RouteItem};
use crate::Deps;
use crate::machines::find::check_arn;
use crate::machines::settings::DESCRIPTION_CHARS_MAX;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use octavo_domain_workflow::catalogue::{AliasChange, AliasChanged};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateInput {
    state_machine_alias_arn: String,
    description: Option<String>,
    routing_configuration: Option<Vec<RouteItem>>,
}

impl Input for UpdateInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineAliasArn", &self.state_machine_alias_arn);
        checks.length_if("description", self.description.as_ref(), 0..=DESCRIPTION_CHARS_MAX);
        if let Some(routes) = &self.routing_configuration {
            routing::check(checks, routes);
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateOutput {
    update_date: Moment,
}

/// Changes where an alias sends starts, or its description.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: UpdateInput) -> Result<Reply<UpdateOutput>, Fault> {
    let arn = &input.state_machine_alias_arn;
    let (machine_arn, name) = routing::parse(arn)?;
    call.caller.must_be_operator("UpdateStateMachineAlias", arn)?;
    if input.description.is_none() && input.routing_configuration.is_none() {
        let text = "Either the description or the routing configuration must be specified";
        return Err(Fault::validation(text).because("MISSING_REQUIRED_PARAMETER"));
    }
    let routes = match &input.routing_configuration {
        Some(items) => {
            let (of, routes) = routing::read(items)?;
            if of != machine_arn {
                let text = format!("Routing configuration must contain versions of '{machine_arn}'. Received: '{of}'");
                return Err(Fault::validation(text).because("INVALID_ROUTING_CONFIGURATION"));
            }
            Some(routes)
        }
        None => None,
    };
    let change = AliasChange {
        machine_arn: machine_arn.to_owned(),
        name: name.to_owned(),
        description: input.description,
        routes,
        at: deps.clock.now(),
    };
    match deps.aliases.alias_update(call.caller.tenant(), &change).await? {
        AliasChanged::Done => Ok(UpdateOutput { update_date: change.at.into() }.into()),
        AliasChanged::Missing => Err(routing::missing()),
        AliasChanged::Deleting => Err(Fault::machine_deleting(machine_arn)),
    }
}
