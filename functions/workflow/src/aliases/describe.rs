//! `DescribeStateMachineAlias`.

use super::routing::{self, RouteItem};
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeInput {
    state_machine_alias_arn: String,
}

impl Input for DescribeInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineAliasArn", &self.state_machine_alias_arn);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeOutput {
    state_machine_alias_arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    routing_configuration: Vec<RouteItem>,
    creation_date: Moment,
    update_date: Moment,
}

/// Shows an alias.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DescribeInput) -> Result<Reply<DescribeOutput>, Fault> {
    let (machine_arn, name) = routing::parse(&input.state_machine_alias_arn)?;
    let alias = deps.aliases.alias_get(call.caller.tenant(), machine_arn, name).await?;
    let alias = alias.ok_or_else(routing::missing)?;
    let output = DescribeOutput {
        routing_configuration: routing::shown(&alias),
        state_machine_alias_arn: alias.arn,
        name: alias.name,
        description: alias.description,
        creation_date: alias.created_at.into(),
        update_date: alias.updated_at.into(),
    };
    Ok(output.into())
}
