//! `DeleteStateMachineAlias`.

use super::routing;
use crate::Deps;
use crate::machines::find::check_arn;
use crate::protocol::{Call, Checks, Fault, Input, Nothing, Reply};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeleteInput {
    state_machine_alias_arn: String,
}

impl Input for DeleteInput {
    fn check(&self, checks: &mut Checks) {
        check_arn(checks, "stateMachineAliasArn", &self.state_machine_alias_arn);
    }
}

/// Deletes an alias; its versions stay.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: DeleteInput) -> Result<Reply<Nothing>, Fault> {
    let arn = &input.state_machine_alias_arn;
    let (machine_arn, name) = routing::parse(arn)?;
    call.caller.must_be_operator("DeleteStateMachineAlias", arn)?;
    if deps.aliases.alias_delete(call.caller.tenant(), machine_arn, name).await? {
        Ok(Nothing {}.into())
    } else {
        Err(routing::missing())
    }
}
